"""Entry point of alerting: `python -m headwater.alerting`."""

from headwater.alerting.service import SERVICE
from headwater.runtime.hosting.program import run


def main() -> None:
    """Serve and work until SIGTERM; a worker that fails ends the program with an error."""
    raise SystemExit(run(SERVICE))


if __name__ == "__main__":
    main()
