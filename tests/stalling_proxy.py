"""A TCP proxy on loopback that stalls on command: it keeps accepting, and forwards nothing."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from functools import partial

CHUNK = 65_536


class StallingProxy:
    """Between a client and `host:port`. Stalled connections continue after `resume`, unless they were cut off."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._changed = threading.Condition()
        self._closed = False
        self._left: int | None = None  # the server's bytes until it stalls; None: unlimited
        self._clients: list[socket.socket] = []
        self._servers: list[socket.socket] = []
        self._cut_off: set[socket.socket] = set()
        self.accepted = 0
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()

    def stall(self, *, after_bytes: int = 0) -> None:
        """Forward nothing from now on, or after so many more of the server's bytes."""
        with self._changed:
            self._left = after_bytes

    def resume(self, *, cut_off: bool = False) -> None:
        """Forward everything again. cut_off: old connections stay stalled for ever, and only the server closes them."""
        with self._changed:
            if cut_off:
                self._cut_off.update(self._clients)
            self._left = None
            self._changed.notify_all()
        for server in list(self._servers) if cut_off else []:
            _end(server)

    def cut_off(self) -> None:
        """Existing connections stay stalled for ever; new ones work."""
        self.stall()
        self.resume(cut_off=True)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for connection in [self._listener, *self._clients, *self._servers]:
            _end(connection)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.accepted += 1
                threading.Thread(target=self._serve, args=(client,), name="proxy", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, socket.create_connection(self._target) as server:
            with self._changed:
                self._clients.append(client)
                self._servers.append(server)
            answers = partial(self._pump, server, client, client, answers=True)
            answering = threading.Thread(target=answers, name="proxy", daemon=True)
            answering.start()
            self._pump(client, server, client, answers=False)
            answering.join()

    def _pump(self, source: socket.socket, sink: socket.socket, client: socket.socket, *, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                while data:
                    passing = self._await_passage(client, len(data), answers=answers)
                    sink.sendall(data[:passing])
                    data = data[passing:]
            self._await_passage(client, 0, answers=False)
        _end(source)
        _end(sink)

    def _await_passage(self, client: socket.socket, length: int, *, answers: bool) -> int:
        """How many of `length` bytes pass now, once some may. Raises OSError when the proxy is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or (self._left != 0 and client not in self._cut_off))
            if self._closed:
                raise OSError("closed")
            if self._left is None or not answers:
                return length
            passing = min(length, self._left)
            self._left -= passing
            return passing


@contextlib.contextmanager
def stalling_proxy(port: int) -> Iterator[StallingProxy]:
    """In front of a server on loopback, for the duration of the block."""
    proxy = StallingProxy("127.0.0.1", port)
    try:
        yield proxy
    finally:
        proxy.close()


def _end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        connection.close()
