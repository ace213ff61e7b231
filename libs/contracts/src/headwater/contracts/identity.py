"""Who may see and do what, as every service understands it; and the feed that tells them."""

from typing import Any

import msgspec


class Visible(msgspec.Struct, frozen=True):
    """What an asker may see: everything, or the namespaces that begin with one of `prefixes`."""

    everything: bool = False
    prefixes: tuple[str, ...] = ()

    def allows(self, namespace: str) -> bool:
        return self.everything or namespace.startswith(self.prefixes)


ALL = Visible(everything=True)


class Binding(msgspec.Struct, frozen=True):
    """A role held on the namespaces that begin with `prefix` ("" = all)."""

    role: str
    prefix: str = ""


class ApiKeyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a service needs to check an API key without calling auth.

    `digest`: HMAC-SHA256 of the secret, hex. `permissions` hold on namespaces that begin with a prefix.
    """

    id: str
    digest: str
    permissions: tuple[str, ...]
    prefixes: tuple[str, ...] = ("",)
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
