"""What the sender of a lineage event may change on shared datasets.

The ingest gateway decides it once, when it accepts the event, and writes the decision into the record's header
`grants`. Readers of the record use only that header, so that a rebuild does not depend on current permissions; a record
without it grants nothing.
"""

from collections.abc import Container, Iterable
from typing import NamedTuple

import msgspec

from headwater.contracts.lineage import is_deleted

HEADER = "grants"
EVERYTHING = b"*"
"""The header of a sender who holds both permissions on all namespaces."""

ANNOTATIONS = frozenset({"documentation", "lifecycleStateChange", "ownership", "symlinks", "tags"})
"""Dataset facets that need `dataset:annotate` even when sent by a job that reads or writes the dataset."""


class Grants(NamedTuple):
    """Namespaces named in the event on which its sender held `dataset:annotate`, and `ingest:write`."""

    annotate: Container[str] = frozenset()
    write: Container[str] = frozenset()


class _Everywhere:
    def __contains__(self, namespace: object) -> bool:
        return True


class _Listed(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    annotate: tuple[str, ...] = ()
    write: tuple[str, ...] = ()


NO_GRANTS = Grants()
"""Of a record without the header."""
ALL_GRANTS = Grants(_Everywhere(), _Everywhere())

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Listed).decode


def encode_grants(annotate: Iterable[str], write: Iterable[str]) -> bytes:
    """The header of a sender whose permissions are limited; equal sets give equal bytes."""
    return _encode(_Listed(tuple(sorted(annotate)), tuple(sorted(write))))


def decode_grants(header: bytes) -> Grants:
    """What a record's header grants; ALL_GRANTS itself for EVERYTHING. Raises DecodeError."""
    if header == EVERYTHING:
        return ALL_GRANTS
    listed = _decode(header)
    return Grants(frozenset(listed.annotate), frozenset(listed.write))


def needs_annotate(facet: str, value: bytes) -> bool:
    """Whether a dataset facet in a run or job event changes what others see, beyond describing what the job saw."""
    return facet in ANNOTATIONS or is_deleted(value)
