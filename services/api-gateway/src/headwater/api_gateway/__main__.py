"""Entry point of the api-gateway: `python -m headwater.api_gateway`."""

from headwater.api_gateway.service import SERVICE
from headwater.runtime.hosting.program import run


def main() -> None:
    """Serve and work until SIGTERM; a worker that fails ends the program with an error."""
    raise SystemExit(run(SERVICE))


if __name__ == "__main__":
    main()
