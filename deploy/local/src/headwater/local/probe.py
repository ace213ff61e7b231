"""Readiness probes in the server's own protocol: a bare connect succeeds long before a server can serve."""

import socket
import struct

_SECONDS = 2.0


def kafka(port: int) -> bool:
    """ApiVersions v0 is answered without an error code."""
    request = struct.pack(">hhih", 18, 0, 1, -1)
    answer = _exchange(port, struct.pack(">i", len(request)) + request, 10)
    return len(answer) == 10 and struct.unpack(">iih", answer)[1:] == (1, 0)


def bolt(port: int) -> bool:
    """The Bolt handshake agrees on a version."""
    offers = struct.pack(">IIII", 0x00000405, 0x00020404, 0, 0)
    answer = _exchange(port, b"\x60\x60\xb0\x17" + offers, 4)
    return len(answer) == 4 and answer != bytes(4)


def postgres(port: int, user: str) -> bool:
    """StartupMessage 3.0 is answered by a request for authentication, not by "starting up"."""
    parameters = b"user\0" + user.encode() + b"\0database\0postgres\0\0"
    message = struct.pack(">II", 8 + len(parameters), 196608) + parameters
    return _exchange(port, message, 1) == b"R"


def _exchange(port: int, request: bytes, length: int) -> bytes:
    """Send, then read `length` bytes; fewer when the server is not there or hangs up."""
    answer = b""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_SECONDS) as connection:
            connection.sendall(request)
            while len(answer) < length:
                part = connection.recv(length - len(answer))
                if not part:
                    break
                answer += part
    except OSError:
        pass
    return answer
