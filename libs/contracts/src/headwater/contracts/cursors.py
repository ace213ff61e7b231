"""Page cursors, one protocol for every list: opaque to the caller, checked whole when they come back.

A cursor is base64url of a JSON array: the version of this form, a digest of the list and its filters, and the place
of the last row shown. It is no secret and no grant: who forges one gets a page that they may have anyway, or a refusal.
"""

import base64
import binascii
import hashlib
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from msgspec import Meta

P = TypeVar("P", bound=tuple[Any, ...])
VERSION = 1
LONGEST = 300
CursorText = Annotated[str, Meta(max_length=LONGEST, description="`next_cursor` of the page before")]
Whole = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
"""An integer that every store can hold."""
RowId = Annotated[str, Meta(pattern="^[!-~]{1,64}$")]
_encode = msgspec.json.Encoder(order="deterministic").encode


class CursorRefused(ValueError):
    """The text is no cursor of this list, or of this list with other filters."""

    def __init__(self) -> None:
        super().__init__("not one that this list gave for these filters: begin again without it")


class CursorOf(Generic[P]):
    """The cursors of one list. `place`: a tuple type of `Whole` and `RowId`, which names one row in the list's order.

    `filters` are all that selects the rows; a cursor is good for equal ones alone.
    """

    def __init__(self, name: str, place: type[P]) -> None:
        self._name = name
        self._decoder = msgspec.json.Decoder(tuple[int, str, place])  # type: ignore[valid-type]

    def write(self, place: P, *filters: object) -> str:
        packed = _encode([VERSION, self._digest(filters), place])
        return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()

    def read(self, text: str | None, *filters: object) -> P | None:
        """The place; None without a cursor. Raises CursorRefused for all that `write` would not have written."""
        if text is None:
            return None
        if len(text) > LONGEST:
            raise CursorRefused
        try:
            packed = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
            version, digest, place = self._decoder.decode(packed)
        except (binascii.Error, msgspec.MsgspecError, UnicodeError, RecursionError):
            raise CursorRefused from None
        if (version, digest) != (VERSION, self._digest(filters)) or self.write(place, *filters) != text:
            raise CursorRefused
        found: P = place
        return found

    def _digest(self, filters: tuple[object, ...]) -> str:
        return hashlib.blake2b(_encode([self._name, filters]), digest_size=8).hexdigest()
