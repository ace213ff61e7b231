"""Compact encoding of states: a version, a kind, integers and texts with length prefixes, and a checksum.

A change of the format is a new version; the reader of older versions is kept.
"""

import zlib

from headwater.evaluation.exact import Exact

VERSION = 1
_CHECKSUM = 4


class UnreadableState(ValueError):
    """The bytes are not a state that this program can read; the message is the reason, in one line."""


class Writer:
    """Appends values to a buffer. Equal states give equal bytes."""

    def __init__(self, kind: str) -> None:
        self._out = bytearray((VERSION, ord(kind)))

    def integer(self, value: int) -> None:
        body = value.to_bytes((value.bit_length() + 8) // 8, "big", signed=True)
        self._sized(body)

    def text(self, value: str) -> None:
        self._sized(value.encode())

    def exact(self, value: Exact) -> None:
        self.integer(value.mantissa)
        self.integer(value.exponent)

    def done(self) -> bytes:
        return bytes(self._out) + _checksum(self._out)

    def _sized(self, body: bytes) -> None:
        size = len(body)
        while size >= 0x80:
            self._out.append(size & 0x7F | 0x80)
            size >>= 7
        self._out.append(size)
        self._out += body


class Reader:
    """Reads what a `Writer` of the same kind wrote. Raises UnreadableState on anything else."""

    def __init__(self, data: bytes, kind: str) -> None:
        if data and data[0] > VERSION:
            raise UnreadableState(
                f"a state of version {data[0]}, this program reads up to {VERSION}: use a newer version"
            )
        body = data[:-_CHECKSUM]
        if len(body) < 2 or body[0] != VERSION or body[1] != ord(kind):
            raise UnreadableState(f"not a state of kind {kind!r} in version {VERSION}: it begins with {data[:2]!r}")
        if _checksum(body) != data[-_CHECKSUM:]:
            raise UnreadableState("the state is damaged: its checksum is wrong")
        self._data = body
        self._at = 2

    def integer(self) -> int:
        return int.from_bytes(self._sized(), "big", signed=True)

    def text(self) -> str:
        return self._sized().decode()

    def exact(self) -> Exact:
        return Exact(self.integer(), self.integer())

    def done(self) -> None:
        if self._at != len(self._data):
            raise UnreadableState(f"{len(self._data) - self._at} bytes are left after the state")

    def _sized(self) -> bytes:
        size = shift = 0
        while True:
            if self._at >= len(self._data):
                raise UnreadableState("the state is truncated")
            byte = self._data[self._at]
            self._at += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        body = self._data[self._at : self._at + size]
        if len(body) != size:
            raise UnreadableState("the state is truncated")
        self._at += size
        return body


def _checksum(body: bytes | bytearray) -> bytes:
    return zlib.crc32(body).to_bytes(_CHECKSUM, "big")
