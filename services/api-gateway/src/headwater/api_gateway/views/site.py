"""The dashboard's files: the built frontend, and its page for every path that the frontend routes itself."""

import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import flask
from werkzeug.security import safe_join

from headwater.api_gateway.settings import Settings
from headwater.contracts.problems import Problems
from headwater.runtime.web.problem import Problem
from headwater.runtime.web.routes import Routes

# The graph layout uses WebAssembly. Styles set by scripts are in attributes: they cannot run code or load anything.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "style-src 'self'",
        "style-src-attr 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HASHED = "assets/"
NOT_BUILT = (
    "<!doctype html><html lang='en'><title>Headwater</title>"
    "<p>The API is up; the dashboard was not built. Run <code>make frontend</code> and start again.</p></html>"
)


routes = Routes()
_PAGE: Mapping[str, Any] = {
    "public": "the dashboard's files contain no data",
    "any_query": "pages of the dashboard keep their state in the query string, which only the browser reads",
    "answers": {},
    "example": {"path": {"path": "lineage"}},
}


@routes.get("/", **_PAGE)
@routes.get("/<page:path>", **_PAGE)
def page(settings: Settings, path: str = "") -> flask.Response:
    """A file of the dashboard; its page for every other path outside the API."""
    static_dir = Path(settings.static_dir)
    if not settings.static_dir or not (static_dir / "index.html").is_file():
        return sealed(flask.Response(NOT_BUILT, mimetype="text/html"), "no-store")
    file = safe_join(str(static_dir), path) if path else None
    if file is not None and Path(file).is_file():
        return kept(packed(file), path)
    if path.startswith(HASHED):
        raise Problem(Problems.NOT_FOUND, "This file belongs to another build: reload the page.")
    return sealed(packed(str(static_dir / "index.html")), "no-cache")


def packed(file: str) -> flask.Response:
    """A file, or its compressed version from the build for clients that accept gzip."""
    media, _ = mimetypes.guess_type(file)
    # Python's own table and the system's differ here; proxies compress by this type.
    media = "text/javascript" if file.endswith(".js") else media
    smaller = Path(f"{file}.gz")
    if not smaller.is_file():
        return flask.send_file(file, mimetype=media, conditional=True)
    wanted = flask.request.accept_encodings["gzip"] > 0
    response = flask.send_file(smaller if wanted else file, mimetype=media, conditional=True)
    response.vary.add("Accept-Encoding")
    if wanted:
        response.headers["Content-Encoding"] = "gzip"
    return response


def kept(response: flask.Response, path: str) -> flask.Response:
    """Files with their hash in the name never change; all others are revalidated."""
    return sealed(response, "public, max-age=31536000, immutable" if path.startswith(HASHED) else "no-cache")


def sealed(response: flask.Response, cache: str) -> flask.Response:
    response.headers["Cache-Control"] = cache
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return response
