"""The description of the product's API, for programs and for people."""

import functools

import flask
import msgspec

from headwater.contracts.description import DESCRIPTION
from headwater.runtime.web.openapi_page import CONTENT_SECURITY_POLICY, page
from headwater.runtime.web.routes import Routes

routes = Routes(tag="operations")
_OPEN = "the description of the API contains no data"


@routes.get("/api/v1/openapi.json", public=_OPEN, answers={})
def openapi() -> flask.Response:
    """The API of the whole product as OpenAPI 3.1."""
    return flask.Response(_document(), mimetype="application/json")


@routes.get("/docs", public=_OPEN, answers={}, headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY})
def docs() -> flask.Response:
    """The API of the whole product as a page."""
    return flask.Response(_page(), mimetype="text/html")


@functools.cache
def _document() -> bytes:
    return msgspec.json.encode(DESCRIPTION)


@functools.cache
def _page() -> str:
    return page(DESCRIPTION)
