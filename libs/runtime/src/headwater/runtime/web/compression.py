"""Compresses responses for clients that accept gzip: a scene of 2,001 nodes is 1.2 MB of JSON."""

import zlib

import flask

SMALLEST = 1_024
# Level 1 gives nearly all of the gain on JSON, in a third of the time.
_LEVEL = 1
_TYPES = frozenset({"application/json", "application/problem+json", "text/html", "text/plain"})


def compress_answer(response: flask.Response) -> flask.Response:
    """The same response, compressed if accepted and worthwhile. Streams are left unchanged."""
    if response.is_streamed or response.direct_passthrough or response.mimetype not in _TYPES:
        return response
    body = response.get_data()
    if len(body) < SMALLEST or "Content-Encoding" in response.headers:
        return response
    response.vary.add("Accept-Encoding")
    if flask.request.accept_encodings["gzip"] > 0:
        packer = zlib.compressobj(_LEVEL, wbits=31)
        response.set_data(packer.compress(body) + packer.flush())
        response.headers["Content-Encoding"] = "gzip"
    return response
