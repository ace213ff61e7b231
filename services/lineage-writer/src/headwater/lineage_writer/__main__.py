"""Entry point of the lineage-writer: `python -m headwater.lineage_writer`."""

from headwater.lineage_writer.service import SERVICE
from headwater.runtime.hosting.program import run


def main() -> None:
    """Serve and work until SIGTERM; a worker that fails ends the program with an error."""
    raise SystemExit(run(SERVICE))


if __name__ == "__main__":
    main()
