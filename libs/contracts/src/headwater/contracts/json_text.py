"""Turns JSON as real producers write it into valid JSON.

Python's encoder writes NaN, Infinity and lone surrogates without complaint, and `\\u0000` is legal
JSON that stores refuse. A valid text is returned unchanged, as the same bytes; an invalid one is changed only where it
is invalid.
"""

import re
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import msgspec

from headwater.contracts.refusals import FieldError, Invalid, NotJson

T = TypeVar("T")

DEEPEST = 256
"""Levels of nesting that are accepted; the most deeply nested facets seen have a few dozen."""

REPLACEMENT = "\ufffd".encode()
_BOM = b"\xef\xbb\xbf"

# An unterminated string is one token up to the end, so that scanning stays linear.
_TOKENS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|-?Infinity|NaN', re.DOTALL)
_STRINGS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_ESCAPES = re.compile(
    rb"(?P<pair>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(?P<bad>\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2}))"
    rb"|\\.",
    re.DOTALL,
)
_MISSING = re.compile(r"Object missing required field `(.*)`")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"{}[]"))
_ONE_BRACKET = bytes.maketrans(b"[]", b"{}")
_decode_elements = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Mended(NamedTuple):
    """`text` holds `marker` (a character that the sender did not use) where a character was unstorable."""

    text: bytes
    marker: bytes | None
    notes: tuple[str, ...]

    @property
    def value(self) -> bytes:
        return self.text if self.marker is None else self.text.replace(self.marker, REPLACEMENT)


def check_text(body: bytes) -> None:
    """Raise NotJson unless the bytes are UTF-8, and Invalid when they nest too deep."""
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError as error:
            raise NotJson(f"byte {error.start} is not UTF-8: send JSON in UTF-8") from None
    if len(body) - len(body.translate(None, b"{[")) > DEEPEST and _too_deep(body):
        raise Invalid([FieldError("", f"nested deeper than {DEEPEST} levels: flatten it")])


def _too_deep(body: bytes) -> bool:
    brackets = _STRINGS.sub(b"", body).translate(_ONE_BRACKET, _NOT_BRACKETS)
    for _ in range(DEEPEST):
        inner = brackets.replace(b"{}", b"")
        if len(inner) == len(brackets):
            break
        brackets = inner
    return b"{" in brackets


def may_hold_nul(body: bytes) -> bool:
    """Whether the escape of U+0000 may occur: the one invalid character that decoders accept."""
    return b"\\" in body and b"\\u0000" in body


def mend(body: bytes) -> Mended:
    """Replace NaN and Infinity by null, and NUL and lone surrogates by a marker; all else stays byte for byte."""
    notes = []
    if body.startswith(_BOM):
        body, notes = body[len(_BOM) :], ["a byte order mark was removed"]
    marker = _unused_character(body)
    tokens = _Mender(marker)
    text = _TOKENS.sub(tokens.token, body)
    if tokens.numbers:
        notes.append(f"NaN or Infinity became null, {tokens.numbers} times")
    if tokens.characters:
        notes.append(f"NUL or lone surrogates became U+FFFD, {tokens.characters} times")
    return Mended(text, marker if tokens.characters else None, tuple(notes))


class _Mender:
    """Rewrites one token at a time and counts what it changed."""

    def __init__(self, marker: bytes) -> None:
        self._marker = marker
        self.numbers = self.characters = 0

    def token(self, match: re.Match[bytes]) -> bytes:
        text = match.group()
        if not text.startswith(b'"'):
            self.numbers += 1
            return b"null"
        return _ESCAPES.sub(self._escape, text) if b"\\u" in text else text

    def _escape(self, match: re.Match[bytes]) -> bytes:
        if match.lastgroup != "bad":
            return match.group()
        self.characters += 1
        return self._marker


def _unused_character(body: bytes) -> bytes:
    """A Unicode noncharacter that the body contains neither literally nor escaped."""
    escapes = body.lower() if b"\\u" in body else b""
    for code in range(0xFDD0, 0xFDF0):
        if chr(code).encode() not in body and b"\\u%04x" % code not in escapes:
            return chr(code).encode()
    raise Invalid([FieldError("", "uses every Unicode noncharacter: send text")])


def elements(body: bytes) -> list[bytes]:
    """The elements of a JSON array as sent, invalid ones included. Raises NotJson, or Invalid when it is not an array.

    The structure of an invalid array is read from a copy of equal length whose strings and non-numbers are blanked.
    """
    try:
        return [bytes(raw) for raw in _decode_elements(body)]
    except (msgspec.DecodeError, RecursionError):
        outline = _TOKENS.sub(_blank, body)
    found, position = [], 0
    for raw in decode(_decode_elements, outline):
        element = bytes(raw)
        start = outline.index(element, position)
        position = start + len(element)
        found.append(body[start:position])
    return found


def _blank(match: re.Match[bytes]) -> bytes:
    text = match.group()
    if not text.startswith(b'"'):
        return b"1".ljust(len(text), b"0")
    closed = len(text) > 1 and text.endswith(b'"')
    return b'"' + b"x" * (len(text) - 2) + b'"' if closed else text


def decode(decoder: Callable[[bytes], T], text: bytes) -> T:
    """Decode, or raise NotJson or Invalid with the path of the field."""
    try:
        return decoder(text)
    except msgspec.ValidationError as error:
        raise Invalid([field_error(error)]) from None
    except msgspec.DecodeError as error:
        raise NotJson(f"{error}: send one JSON text in UTF-8" if text else "the body is empty: send JSON") from None
    except RecursionError:
        raise Invalid([FieldError("", f"nested deeper than {DEEPEST} levels: flatten it")]) from None


def field_error(error: msgspec.ValidationError) -> FieldError:
    """Path and sentence: ``Expected `int` - at `$.limit` `` concerns `limit`, a missing field itself."""
    about, _, path = str(error).partition(" - at `$")
    path = path.rstrip("`").lstrip(".")
    missing = _MISSING.fullmatch(about)
    if missing is None:
        return FieldError(path, about)
    return FieldError(f"{path}.{missing[1]}" if path else missing[1], "is missing: it is needed")
