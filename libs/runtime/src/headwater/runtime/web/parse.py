"""Parsing of a request: its query, its body, its principal."""

import zlib
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

import flask
import msgspec
from flask.globals import request_ctx

from headwater.contracts import json_text
from headwater.contracts.json_text import field_error
from headwater.contracts.problems import Problems
from headwater.runtime.web.problem import Problem, invalid

T = TypeVar("T", bound=msgspec.Struct)
B = TypeVar("B")
BODY_LIMIT = 1_000_000
GZIP_MEMBERS = 16


def query(wanted: type[T]) -> T:
    """The query string as a struct. 400 with the parameter that is wrong, unknown or given twice.

    An empty value of an optional parameter counts as absent. A parameter whose type is a list may be repeated.
    """
    fields = {field.encode_name: field for field in msgspec.structs.fields(wanted)}
    refuse_unknown(fields.keys())
    given: dict[str, Any] = {}
    for name, values in flask.request.args.lists():
        field = fields[name]
        if any("\0" in value for value in values):
            raise wrong_parameter(name, "U+0000 is not allowed.")
        if _takes_many(field.type):
            given[name] = values
        elif len(values) > 1:
            raise wrong_parameter(name, "Give it once.")
        elif values[0] != "" or field.required:
            given[name] = values[0]
    try:
        return msgspec.convert(given, wanted, strict=False)
    except msgspec.ValidationError as error:
        name, message = field_error(error)
        raise wrong_parameter(name, message) from None


def refuse_unknown(known: Collection[str]) -> None:
    """400 with the first unknown parameter of the request, and the known ones."""
    for name in flask.request.args:
        if name not in known:
            names = ", ".join(sorted(known)) or "none"
            raise wrong_parameter(name, f"There is no such parameter; known: {names}.")


def wrong_parameter(name: str, message: str) -> Problem:
    name = name[:100]
    return Problem(
        Problems.INVALID_QUERY, f"{name}: {message}" if name else message, errors=[{"field": name, "message": message}]
    )


def _takes_many(kind: Any) -> bool:
    while hasattr(kind, "__metadata__"):
        kind = kind.__origin__
    return getattr(kind, "__origin__", kind) in (list, tuple, set, frozenset)


def body(wanted: type[B], limit: int = BODY_LIMIT) -> B:
    """The JSON body as `wanted`. `limit`: bytes after decompression.

    400 when it is not JSON, 413 when too large, 415 for another type, 422 with the field that violates the schema.
    """
    return decode(raw_body(limit), wanted)


def raw_body(limit: int = BODY_LIMIT, media: tuple[str, ...] = ("application/json",)) -> bytes:
    """The body's bytes, decompressed, not parsed. A missing Content-Type passes."""
    return plain_body(flask.request.environ, read_body, limit, media)


def plain_body(
    environ: Mapping[str, Any],
    read: Callable[[int], bytes],
    limit: int,
    media: tuple[str, ...] = ("application/json",),
) -> bytes:
    """As `raw_body`, for a request given by its WSGI environment; `read(limit)` returns the body as it was sent."""
    kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if kind and kind not in media and not (kind.endswith("+json") and "application/json" in media):
        raise Problem(Problems.MEDIA_TYPE, f"{kind[:80]} is not accepted here: send {' or '.join(media)}.")
    coding = environ.get("HTTP_CONTENT_ENCODING", "identity").strip().lower()
    if coding not in ("identity", "", "gzip", "x-gzip"):
        raise Problem(Problems.MEDIA_TYPE, f"Content-Encoding {coding[:40]!r} is not accepted: send gzip or none.")
    data = read(limit)
    return _gunzip(data, limit) if coding.endswith("gzip") else data


def refuse_body() -> None:
    """422 unless the request has no body, or an empty object, which some clients send instead."""
    environ = flask.request.environ
    if environ.get("CONTENT_LENGTH", "") in ("", "0") and "HTTP_TRANSFER_ENCODING" not in environ:
        return
    given = decode(data, dict[str, Any]) if (data := raw_body()) else {}
    for name in given:
        message = "There is no such field: this request takes no body."
        raise invalid(name[:100], message)


def read_body(limit: int) -> bytes:
    """The body of the current request as it was sent. Raises Problem 413 when it has more than `limit` bytes."""
    request = request_ctx.request
    length = request.content_length
    if length is not None and length > limit:
        raise too_large(limit)
    data = request.stream.read(limit + 1)
    if len(data) > limit:
        raise too_large(limit)
    return data


def too_large(limit: int) -> Problem:
    return Problem(Problems.TOO_LARGE, f"The body may have at most {limit:,} bytes after decompression.")


def _gunzip(data: bytes, limit: int) -> bytes:
    """Decompress all members of a gzip body, never more than `limit` bytes.

    Each member copies the rest of the body, so many tiny ones would take quadratic time: they are refused.
    """
    pieces: list[bytes] = []
    room = limit + 1
    try:
        while data:
            if len(pieces) == GZIP_MEMBERS:
                raise Problem(Problems.NOT_JSON, f"The gzip body has more than {GZIP_MEMBERS} members: send one.")
            stream = zlib.decompressobj(wbits=31)
            piece = stream.decompress(data, room)
            if len(piece) >= room:
                raise too_large(limit)
            if not stream.eof:
                raise Problem(Problems.NOT_JSON, "The gzip body is truncated.")
            pieces.append(piece)
            room -= len(piece)
            data = stream.unused_data
    except zlib.error as error:
        raise Problem(Problems.NOT_JSON, f"Content-Encoding is gzip, but the body is not: {error}.") from None
    return b"".join(pieces)


def decode(data: bytes, wanted: type[B]) -> B:
    """JSON bytes as `wanted`; raises the problems of `body`."""
    try:
        if json_text.may_hold_nul(data):
            _refuse_nul(msgspec.json.decode(data))
        return msgspec.json.decode(data, type=wanted)
    except msgspec.ValidationError as error:
        field, message = field_error(error)
        raise Problem(
            Problems.INVALID,
            f"{field}: {message}" if field else message,
            errors=[{"field": field, "message": message}],
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(Problems.NOT_JSON, f"{error}.") from None
    except RecursionError:
        raise Problem(Problems.NOT_JSON, "The JSON is nested too deeply.") from None


def _refuse_nul(value: Any, field: str = "") -> None:
    """422 with the field that contains U+0000, which is legal in JSON but cannot be stored as text."""
    if isinstance(value, str):
        if "\0" in value:
            message = "U+0000 is not allowed: remove it."
            raise invalid(field, message)
    elif isinstance(value, dict):
        for name, inner in value.items():
            path = f"{field}.{name}" if field else name
            _refuse_nul(name, path.replace("\0", "\\u0000")[:200])
            _refuse_nul(inner, path[:200])
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _refuse_nul(inner, f"{field}[{index}]")
