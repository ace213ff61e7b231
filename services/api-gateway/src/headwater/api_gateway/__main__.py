"""Entry point of the api-gateway: `python -m headwater.api_gateway`."""

import flask

from headwater.api_gateway.service import SERVICE
from headwater.runtime.hosting.program import proxied, run_proxied


def application() -> flask.Flask:
    """In each worker process."""
    return proxied(SERVICE)


def main() -> None:
    """Serve until SIGTERM."""
    run_proxied(SERVICE, "headwater.api_gateway.__main__:application")


if __name__ == "__main__":
    main()
