"""Page cursors: opaque to the caller, checked when they come back."""

import base64
import binascii
from typing import TypeVar

import msgspec

_T = TypeVar("_T")


def write_cursor(place: tuple[object, ...]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).rstrip(b"=").decode()


def read_cursor(text: str | None, place: type[_T]) -> _T | None:
    """The place a cursor names. Raises ValueError when it is none of ours."""
    if text is None:
        return None
    try:
        raw = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=place)
    except (binascii.Error, msgspec.MsgspecError, UnicodeError):
        raise ValueError("cursor: not one that this list gave; begin again without it") from None
