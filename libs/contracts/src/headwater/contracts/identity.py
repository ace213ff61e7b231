"""Who may see and do what, as every service understands it; and the feed that tells them."""

from collections.abc import Iterable
from typing import Any

import msgspec

INSTALLATION = "service:installation"
"""The account that owns the keys which an installation makes for itself, and those made on its own machine."""
USER = "user:"
"""Before a user's subject it names their account."""


class Visible(msgspec.Struct, frozen=True):
    """What an asker may see: everything, or the namespaces that begin with one of `prefixes`."""

    everything: bool = False
    prefixes: tuple[str, ...] = ()

    def allows(self, namespace: str) -> bool:
        return self.everything or namespace.startswith(self.prefixes)


ALL = Visible(everything=True)


def covers(outer: str, inner: str) -> bool:
    """Whether a grant on prefix `outer` holds on every namespace on which one on prefix `inner` holds."""
    return outer == "" or Visible(prefixes=(outer,)).allows(inner)


def narrowed(prefixes: Iterable[str], within: Iterable[str]) -> tuple[str, ...]:
    """The prefixes of exactly those namespaces that lie both under one of `prefixes` and under one of `within`."""
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
    """A role held on the namespaces that begin with `prefix` ("" = all)."""

    role: str
    prefix: str = ""


class ApiKeyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a service needs to check an API key without calling auth; what it gives is in `holdings.key_holdings`.

    `digest`: HMAC-SHA256 of the secret, hex. `owner`: the account it belongs to, `user:<subject>` or INSTALLATION.
    `permissions` hold on `prefixes`, and `dataset:annotate` on `annotate`. `parent`: id of the key that made it.
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
    """A user as others know it: a random subject reference, its epoch (older tokens are dead), its bindings."""

    subject: str
    epoch: int
    disabled: bool
    bindings: tuple[Binding, ...]


class IdentityChanges(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `GET /internal/v1/identity/changes?since=`: all that changed after `since`, with the new cursor."""

    cursor: int
    jwks: dict[str, Any]
    pepper_id: str
    keys: list[ApiKeyRecord]
    subjects: list[SubjectRecord]
