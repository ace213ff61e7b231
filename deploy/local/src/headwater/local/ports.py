"""Free loopback ports, below the range that the kernel hands to outgoing connections.

So a server that is killed finds its port still free when it comes back.
"""

import random
import socket

_RANGE = range(20_000, 32_000)


def free_port() -> int:
    """A port on which nothing listens now."""
    for port in random.sample(_RANGE, 200):
        with socket.socket() as candidate:
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port among 200 tried between {_RANGE.start} and {_RANGE.stop}")
