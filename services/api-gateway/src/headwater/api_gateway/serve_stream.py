"""Entry point of the stream program: `main()` puts `gevent_stream` in the place of this process."""

import os
import sys

PROGRAM = "headwater.api_gateway.gevent_stream"


def main() -> None:
    """Become the stream program. It needs an interpreter of its own: gevent must come before every other import."""
    os.execv(sys.executable, [sys.executable, "-m", PROGRAM])


if __name__ == "__main__":
    main()
