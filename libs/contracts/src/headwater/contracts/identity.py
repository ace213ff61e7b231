"""Who may see and do what, as every service applies it; and the feed that distributes it."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

INSTALLATION = "service:installation"
"""The account that owns the keys that an installation creates for itself, and those created on its own machine."""
USER = "user:"
"""Prefix of the account of a user, before the subject."""

# A prefix that ends with one of these needs no separator after it.
ENDINGS = "/:.-_@#|"
# Characters that begin a part of a namespace. Dots do so in airflow.team, but not in an address: s3://acme.private is
# another bucket than s3://acme. Hyphens never do, for s3://acme-private is another bucket too.
SEPARATORS = ("/", ":", ".")
SEPARATORS_OF_ADDRESSES = ("/", ":")


class Extent(NamedTuple):
    """The namespaces of some prefixes: those in `exact`, and those whose text begins with one of `beginnings`.

    Stores compare these two, so that every query language applies the same rule as `covers`.
    """

    exact: tuple[str, ...]
    beginnings: tuple[str, ...]


@lru_cache(maxsize=4096)
def extent(prefixes: tuple[str, ...]) -> Extent:
    """A prefix covers itself and every namespace that continues it after a separator, or after its own last character
    when that is one of ENDINGS; the empty prefix covers every namespace."""
    exact: dict[str, None] = {}
    beginnings: dict[str, None] = {}
    for prefix in prefixes:
        if prefix == "" or prefix[-1] in ENDINGS:
            beginnings[prefix] = None
        else:
            exact[prefix] = None
            separators = SEPARATORS_OF_ADDRESSES if "://" in prefix else SEPARATORS
            beginnings |= dict.fromkeys(prefix + separator for separator in separators)
    return Extent(tuple(exact), tuple(beginnings))


def covers(outer: str, inner: str) -> bool:
    """Whether everything that `inner` (a namespace or a prefix) covers is also covered by the prefix `outer`.

    Of two prefixes one covers the other, or they have no namespace in common.
    """
    return within((outer,), inner)


def within(prefixes: Sequence[str], namespace: str) -> bool:
    """Whether one of the prefixes covers `namespace`."""
    exact, beginnings = extent(tuple(prefixes))
    return namespace in exact or namespace.startswith(beginnings)


class Visible(msgspec.Struct, frozen=True):
    """What a principal may see: everything, or the namespaces that one of `prefixes` covers."""

    everything: bool = False
    prefixes: tuple[str, ...] = ()

    def allows(self, namespace: str) -> bool:
        return self.everything or within(self.prefixes, namespace)


ALL = Visible(everything=True)


def narrowed(prefixes: Iterable[str], within: Iterable[str]) -> tuple[str, ...]:
    """The prefixes of exactly those namespaces that are covered both by one of `prefixes` and by one of `within`."""
    limits = set(within)
    both = set()
    for prefix in set(prefixes):
        for limit in limits:
            if covers(limit, prefix):
                both.add(prefix)
            elif covers(prefix, limit):
                both.add(limit)
    return tuple(sorted(one for one in both if not any(other != one and covers(other, one) for other in both)))


class Binding(msgspec.Struct, frozen=True):
    """A role held for the namespaces that `prefix` covers ("" = all)."""

    role: str
    prefix: str = ""


class ApiKeyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a service needs to check an API key without calling auth; what it grants is in `holdings.key_holdings`.

    `digest`: HMAC-SHA256 of the secret, hex. `owner`: the account it belongs to, `user:<subject>` or INSTALLATION.
    `permissions` apply to `prefixes`, and `dataset:annotate` to `annotate`. `parent`: id of the key that created it.
    """

    id: str
    digest: str
    owner: str
    permissions: tuple[str, ...]
    prefixes: tuple[str, ...] = ("",)
    annotate: tuple[str, ...] = ()
    parent: str | None = None
    expires_at: int | None = None
    revoked: bool = False


class SubjectRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A user for other services: a random subject reference, its epoch (older tokens are invalid), its bindings."""

    subject: str
    epoch: int
    disabled: bool
    bindings: tuple[Binding, ...]


class IdentityChanges(msgspec.Struct, frozen=True, kw_only=True):
    """Response of `GET /internal/v1/identity/changes?since=`: all that changed after `since`, with the new cursor."""

    cursor: int
    jwks: dict[str, Any]
    pepper_id: str
    keys: list[ApiKeyRecord]
    subjects: list[SubjectRecord]
