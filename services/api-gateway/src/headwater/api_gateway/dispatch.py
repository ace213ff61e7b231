"""Several programs behind one origin: in embedded mode this is what nginx is in distributed mode."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# What the ingest-gateway owns: prefixes that take these methods. GET on the same path stays with the api-gateway.
INGEST_ROUTES = (
    ("POST", "/api/v1/lineage"),
    ("POST", "/api/v1/predictions"),
    ("POST", "/api/v1/labels"),
    ("POST", "/api/v1/metrics"),
    ("POST", "/api/v1/models/events"),
)
STREAM_ROUTE = ("GET", "/api/v1/stream")


class Mount(NamedTuple):
    """Requests of `method` on `prefix`, or below it, go to `app`."""

    method: str
    prefix: str
    app: "WSGIApplication"

    def takes(self, method: str, path: str) -> bool:
        return method == self.method and (path == self.prefix or path.startswith(self.prefix + "/"))


class Dispatcher:
    """A WSGI application that passes each request to the first mount that takes it, else to `default`."""

    def __init__(self, mounts: Sequence[Mount], default: "WSGIApplication") -> None:
        self._mounts = tuple(mounts)
        self._default = default

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        for mount in self._mounts:
            if mount.takes(method, path):
                return mount.app(environ, start_response)
        return self._default(environ, start_response)


def one_origin(*, gateway: "WSGIApplication", ingest: "WSGIApplication", stream: "WSGIApplication") -> Dispatcher:
    """The product's one address: write routes to the ingest-gateway, the stream to its program, the rest here."""
    mounts = [Mount(method, prefix, ingest) for method, prefix in INGEST_ROUTES]
    return Dispatcher([*mounts, Mount(*STREAM_ROUTE, stream)], gateway)
