"""Entry point of the stream program: `main()` replaces this process by `gevent_stream`."""

import os
import sys

PROGRAM = "headwater.api_gateway.gevent_stream"


def main() -> None:
    """Execute the stream program. It needs a new interpreter: gevent must be imported before everything else."""
    os.execv(sys.executable, [sys.executable, "-m", PROGRAM])


if __name__ == "__main__":
    main()
