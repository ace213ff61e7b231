"""The format of an API key, `hw_<id>_<secret><checksum>`, and the digest that is stored."""

import hashlib
import hmac
import secrets
import zlib
from typing import NamedTuple

from headwater.runtime.settings import Secret

PREFIX = "hw_"
ID_LENGTH = 12
SECRET_LENGTH = 43  # of 62 characters: 256 bits
CHECKSUM_LENGTH = 6
_SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_KNOWN = frozenset(_SIGNS)
_LENGTH = len(PREFIX) + ID_LENGTH + 1 + SECRET_LENGTH + CHECKSUM_LENGTH


class ApiKey(NamedTuple):
    """`id` is public and names the key in lists and logs."""

    id: str
    secret: str

    def text(self) -> str:
        """The full text of the key."""
        front = f"{PREFIX}{self.id}_{self.secret}"
        return front + _checksum(front)


def mint() -> ApiKey:
    """A new random key."""
    return ApiKey(_random(ID_LENGTH), _random(SECRET_LENGTH))


def parse(text: str) -> ApiKey | None:
    """The key in `text`, or None when it is invalid or mistyped: the checksum detects that without a look-up."""
    if len(text) != _LENGTH or not text.startswith(PREFIX):
        return None
    key_id, separator, rest = text[len(PREFIX) :].partition("_")
    if len(key_id) != ID_LENGTH or not separator or not _KNOWN.issuperset(key_id + rest):
        return None
    front, checksum = text[:-CHECKSUM_LENGTH], text[-CHECKSUM_LENGTH:]
    return ApiKey(key_id, rest[:SECRET_LENGTH]) if _checksum(front) == checksum else None


def digest(pepper: Secret, secret: str) -> str:
    """The stored and compared digest: HMAC-SHA256 of the secret, hex."""
    return hmac.new(pepper.reveal().encode(), secret.encode(), hashlib.sha256).hexdigest()


def _random(length: int) -> str:
    return "".join(secrets.choice(_SIGNS) for _ in range(length))


def _checksum(front: str) -> str:
    number = zlib.crc32(front.encode())
    signs = []
    for _ in range(CHECKSUM_LENGTH):
        number, rest = divmod(number, len(_SIGNS))
        signs.append(_SIGNS[rest])
    return "".join(reversed(signs))
