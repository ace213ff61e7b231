"""Page cursors, one protocol for every list: opaque to the caller, fully checked when they are sent back.

A cursor is base64url of a JSON array: the version of this format, a digest of the list and its filters, and the
position of the last row shown. It is neither a secret nor a grant: a forged one yields a page that the caller may read
anyway, or a refusal.
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
    """The text is not a cursor of this list with these filters."""

    def __init__(self) -> None:
        super().__init__("is not a cursor of this list with these filters: start again without it")


class CursorOf(Generic[P]):
    """The cursors of one list. `place`: a tuple type of `Whole` and `RowId` that identifies a row in the list's order.

    `filters` are all that select the rows; a cursor is valid only with equal filters.
    """

    def __init__(self, name: str, place: type[P]) -> None:
        self._name = name
        self._decoder = msgspec.json.Decoder(tuple[int, str, place])  # type: ignore[valid-type]

    def write(self, place: P, *filters: object) -> str:
        packed = _encode([VERSION, self._digest(filters), place])
        return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()

    def read(self, text: str | None, *filters: object) -> P | None:
        """The place; None without a cursor. Raises CursorRefused for any text that `write` would not have written."""
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
