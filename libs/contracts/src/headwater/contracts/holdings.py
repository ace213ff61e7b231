"""What an account or an API key may do at this moment, as namespace prefixes by permission. Pure.

KeyRefused       the key grants nothing; the message is the reason
└── OwnerUnknown its owner or its parent is not known here, perhaps because it is new
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from headwater.contracts.identity import INSTALLATION, USER, ApiKeyRecord, SubjectRecord, covers, narrowed
from headwater.contracts.permissions import EVERY_USER, NAMES, SERVICE_ONLY, UNSCOPED, prefixes_by_permission

Holdings = Mapping[str, tuple[str, ...]]

ANNOTATE = "dataset:annotate"
EVERYTHING: Holdings = dict.fromkeys(sorted(NAMES - SERVICE_ONLY - {EVERY_USER}), ("",))
"""What the installation holds: nothing of a personal account, and nothing reserved for services."""
DEEPEST = 8
"""Maximum length of a chain of keys, each created with the one before."""
_NOT_VALID = "The API key is not valid."


class KeyRefused(Exception):
    """The key grants nothing; the message is the reason."""


class OwnerUnknown(KeyRefused):
    """Its owner or its parent is not known here, perhaps because it is new."""


class KeyHoldings(NamedTuple):
    """What a key grants, until a moment in microseconds (None: indefinitely) unless something changes before."""

    held: dict[str, tuple[str, ...]]
    until: int | None


def common(one: Holdings, other: Holdings) -> dict[str, tuple[str, ...]]:
    """What both grant, and nothing else."""
    done: dict[tuple[tuple[str, ...], tuple[str, ...]], tuple[str, ...]] = {}
    found = {}
    for name in one.keys() & other.keys():
        pair = (one[name], other[name])
        if pair not in done:  # the permissions of a role have the same prefixes
            done[pair] = narrowed(*pair)
        if done[pair]:
            found[name] = done[pair]
    return found


def missing(wanted: Holdings, held: Holdings) -> tuple[str, str] | None:
    """The first permission, with its prefix, that is requested and not held; None when all are held."""
    for name in sorted(wanted):
        for prefix in wanted[name]:
            if not any(covers(limit, prefix) for limit in held.get(name, ())):
                return name, prefix
    return None


def given(key: ApiKeyRecord) -> dict[str, tuple[str, ...]]:
    """What a key was granted at creation. A permission that is not scoped applies to all namespaces or not at all."""
    everywhere = "" in key.prefixes
    prefixes = ("",) if everywhere else key.prefixes
    found = {name: prefixes for name in key.permissions if everywhere or name not in UNSCOPED}
    annotated = {*found.get(ANNOTATE, ()), *key.annotate}
    return found | {ANNOTATE: tuple(sorted(annotated))} if annotated else found


def line_of(key: ApiKeyRecord, key_of: Callable[[str], ApiKeyRecord | None]) -> list[ApiKeyRecord]:
    """The key, its parent, and so on up to the one that a user or the installation created. Raises KeyRefused."""
    line = [key]
    while line[-1].parent is not None:
        parent = key_of(line[-1].parent)
        if parent is None:
            raise OwnerUnknown(_NOT_VALID)
        if len(line) >= DEEPEST or parent.owner != key.owner:
            raise KeyRefused(_NOT_VALID)
        line.append(parent)
    return line


def key_holdings(
    key: ApiKeyRecord,
    *,
    key_of: Callable[[str], ApiKeyRecord | None],
    subject_of: Callable[[str], SubjectRecord | None],
    now: int,
) -> KeyHoldings:
    """What a key grants at `now`: what it was granted, limited to what its parents were granted and its owner holds
    now.

    key_of, subject_of: look up known keys by id and known users by subject. Raises KeyRefused.
    """
    line = line_of(key, key_of)
    ends = [link.expires_at for link in line if link.expires_at is not None]
    if any(link.revoked for link in line):
        raise KeyRefused("The API key was revoked.")
    if ends and min(ends) <= now:
        raise KeyRefused("The API key has expired.")
    held = dict(_account_holdings(key.owner, subject_of))
    for link in line:
        held = common(given(link), held)
    return KeyHoldings(held, min(ends, default=None))


def _account_holdings(account: str, subject_of: Callable[[str], SubjectRecord | None]) -> Holdings:
    if account == INSTALLATION:
        return EVERYTHING
    if not account.startswith(USER):
        raise KeyRefused(_NOT_VALID)
    record = subject_of(account.removeprefix(USER))
    if record is None:
        raise OwnerUnknown(_NOT_VALID)
    if record.disabled:
        raise KeyRefused("The owner of the API key is disabled.")
    return prefixes_by_permission(record.bindings)
