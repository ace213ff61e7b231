"""A time limit of connections to a gevent server, for the head of a request and between requests."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import gevent
from gevent.local import local

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Patient:
    """Around an application: the timer of a connection is paused while one of its requests is in progress.

    Each connection has a greenlet of its own; `server` creates a server that starts its timer.
    """

    def __init__(self, app: "WSGIApplication", seconds: float) -> None:
        self._app, self._seconds = app, seconds
        self._clock = local()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        self._clock.timeout.cancel()
        return _Closing(self._app(environ, start_response), self._start)

    def server(self, kind: Any) -> Any:
        """A subclass of `kind`, a gevent server, whose connections are closed when they take too long."""
        patient = self

        class PatientServer(kind):  # type: ignore[misc]
            def handle(self, client: Any, address: Any) -> None:
                with patient.watching(), contextlib.closing(client):
                    super().handle(client, address)

        return PatientServer

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Around a connection: ends it without an error when its time is up."""
        self._start()
        try:
            yield
        except gevent.Timeout as timeout:
            if timeout is not self._clock.timeout:
                raise
        finally:
            self._clock.timeout.close()

    def _start(self) -> None:
        self._clock.timeout = gevent.Timeout.start_new(self._seconds)


class _Closing:
    """A response after which the timer runs again."""

    def __init__(self, pieces: Iterable[bytes], after: Callable[[], None]) -> None:
        self._pieces, self._after = pieces, after

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)

    def close(self) -> None:
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()
        self._after()
