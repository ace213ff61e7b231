"""Event ids, one protocol for every record on the bus: a header, or else the digest that the gateway would set."""

import hashlib
from collections.abc import Iterable

HEADER = "event_id"
_LONG = 65_536
_DIGITS = b"0123456789abcdef"


def event_id(value: bytes) -> str:
    """32 hex characters of SHA-256: equal bytes are one event."""
    if len(value) > _LONG:
        return hashlib.sha256(value).hexdigest()[:32]
    # Above 2047 bytes at once hashlib releases the GIL, and acquiring it again costs more than the digest.
    digest, view = hashlib.sha256(), memoryview(value)
    for at in range(0, len(value), 2047):
        digest.update(view[at : at + 2047])
    return digest.hexdigest()[:32]


def event_id_header(event_id: str) -> tuple[str, bytes]:
    """The event id of a record on the bus, as bytes."""
    return HEADER, event_id.encode()


def event_id_of(headers: Iterable[tuple[str, bytes]], value: bytes) -> str:
    """The event id of a record: hex characters, 32 where the product set it."""
    for name, stated in headers:
        if name == HEADER:
            if len(stated) == 32 and not stated.strip(_DIGITS):  # as the product sets it
                return stated.decode()
            try:
                return bytes.fromhex(stated.decode("ascii")).hex()
            except ValueError:
                break
    return event_id(value)
