"""Entry point of the ingest gateway: `python -m headwater.ingest_gateway`."""

import flask

from headwater.ingest_gateway.service import SERVICE
from headwater.runtime.hosting.program import proxied, run_proxied


def application() -> flask.Flask:
    """In each worker process."""
    return proxied(SERVICE)


def main() -> None:
    """Serve until SIGTERM."""
    run_proxied(
        SERVICE,
        "headwater.ingest_gateway.__main__:application",
        processes=lambda settings: settings.workers,
    )


if __name__ == "__main__":
    main()
