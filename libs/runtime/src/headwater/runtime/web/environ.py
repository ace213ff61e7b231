"""Converts an ASGI request to the environment that WSGI and the checks of `web` read."""

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_CONSTANT: dict[str, Any] = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
    "wsgi.input_terminated": True,
}
_KEYS: dict[bytes, str] = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}
_KEYS_MOST = 1_000


def environ_of(scope: Any) -> "WSGIEnvironment":
    """The WSGI environment of an HTTP request without `wsgi.input`; paths from their raw bytes."""
    raw: bytes = scope["raw_path"]
    question: bytes = scope["query_string"]
    path = raw.decode("latin-1")
    client, server = scope["client"] or ("unknown", 0), scope["server"] or ("localhost", 80)
    environ: dict[str, Any] = {
        **_CONSTANT,
        "REQUEST_METHOD": scope["method"],
        "PATH_INFO": unquote_to_bytes(raw).decode("latin-1") if "%" in path else path,
        "QUERY_STRING": question.decode("latin-1"),
        "REQUEST_URI": f"{path}?{question.decode('latin-1')}" if question else path,
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.url_scheme": scope["scheme"],
    }
    _add_headers(environ, scope["headers"])
    return environ


def _add_headers(environ: dict[str, Any], headers: Iterable[tuple[bytes, bytes]]) -> None:
    for name, value in headers:
        if b"_" in name:
            continue  # X_Y and X-Y have the same key here, and our services trust X-Y
        key, text = _key(name), value.decode("latin-1")
        if key in environ:
            text = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{text}"
        environ[key] = text


def _key(name: bytes) -> str:
    known = _KEYS.get(name)
    if known is None:
        known = "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
        if len(_KEYS) < _KEYS_MOST:
            _KEYS[name] = known
    return known
