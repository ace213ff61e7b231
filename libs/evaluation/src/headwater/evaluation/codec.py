"""Compact bytes for states: a version, a kind, then integers and texts with their lengths in front."""

from headwater.evaluation.exact import Exact

VERSION = 1


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
        return bytes(self._out)

    def _sized(self, body: bytes) -> None:
        size = len(body)
        while size >= 0x80:
            self._out.append(size & 0x7F | 0x80)
            size >>= 7
        self._out.append(size)
        self._out += body


class Reader:
    """Reads what a `Writer` of the same kind wrote. Raises ValueError on anything else."""

    def __init__(self, data: bytes, kind: str) -> None:
        if len(data) < 2 or data[0] != VERSION or data[1] != ord(kind):
            raise ValueError(f"not a state of kind {kind!r} in version {VERSION}: it begins with {data[:2]!r}")
        self._data = data
        self._at = 2

    def integer(self) -> int:
        return int.from_bytes(self._sized(), "big", signed=True)

    def text(self) -> str:
        return self._sized().decode()

    def exact(self) -> Exact:
        return Exact(self.integer(), self.integer())

    def done(self) -> None:
        if self._at != len(self._data):
            raise ValueError(f"{len(self._data) - self._at} bytes are left after the state")

    def _sized(self) -> bytes:
        size = shift = 0
        while True:
            if self._at >= len(self._data):
                raise ValueError("the state is cut short")
            byte = self._data[self._at]
            self._at += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        body = self._data[self._at : self._at + size]
        if len(body) != size:
            raise ValueError("the state is cut short")
        self._at += size
        return body
