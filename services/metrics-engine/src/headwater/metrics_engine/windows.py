"""Tumbling windows of event time, and the slices of a row."""

from collections.abc import Iterator, Mapping, Sequence

from headwater.contracts.metrics import Slice, Window

UNSLICED = ("", "")
OTHER = "other"
SliceKey = tuple[str, str]


def window_at(moment: int, seconds: int) -> Window:
    """The window of `seconds`, counted from 1970 UTC, that holds a moment (microseconds)."""
    length = seconds * 1_000_000
    start = moment // length * length
    return Window(start, start + length)


def slice_keys(row: Mapping[str, str], declared: Mapping[str, Sequence[str]]) -> Iterator[SliceKey]:
    """All rows together, then the row's value of each declared slice; undeclared values count as `other`."""
    yield UNSLICED
    for name, values in declared.items():
        value = row.get(name)
        yield name, value if value is not None and value in values else OTHER


def as_slice(key: SliceKey) -> Slice | None:
    return None if key == UNSLICED else Slice(*key)
