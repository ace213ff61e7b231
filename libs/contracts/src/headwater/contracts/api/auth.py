"""Requests and responses about accounts."""

from typing import Literal

import msgspec


class LoginRequest(msgspec.Struct, forbid_unknown_fields=True):
    username: str
    password: str
    totp: str | None = None


class RegisterRequest(msgspec.Struct, forbid_unknown_fields=True):
    username: str
    password: str
    display_name: str | None = None


class TokenAnswer(msgspec.Struct, kw_only=True):
    access_token: str
    token_type: str = "Bearer"
    expires_in: int = 300


class Me(msgspec.Struct, kw_only=True):
    subject: str
    username: str
    display_name: str | None = None
    roles: list[str] = []
    permissions: list[str] = []


class KeySummary(msgspec.Struct, kw_only=True):
    """What a key was granted. Each request is limited to what its owner holds at that moment.

    `owner`: `user:<subject>`, or `service:installation` for a key that the installation or its operator made;
    `owner_name`: the user's name. `parent`: id of the key that created it; when that key ends, this one ends too.
    `annotate`: prefixes of namespaces whose datasets it may annotate. `last_used_at`: to the minute.
    """

    id: str
    name: str
    owner: str
    owner_name: str | None = None
    parent: str | None = None
    permissions: list[str]
    prefixes: list[str]
    annotate: list[str] = []
    created_at: str
    expires_at: str | None = None
    last_used_at: str | None = None
    revoked: bool = False
    state: Literal["active", "revoked", "expired", "owner disabled"]


class NewKey(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A key of the caller's own; a key creates keys for its own owner. `annotate`: prefixes of namespaces ("" = all)
    whose datasets it may annotate, beside the jobs on `prefixes`."""

    name: str
    permissions: tuple[str, ...] = ("ingest:write",)
    prefixes: tuple[str, ...] = ("",)
    annotate: tuple[str, ...] = ()
    expires_days: int = 365


class CreatedKey(KeySummary, kw_only=True):
    """`secret` is shown only once."""

    secret: str


class KeyPage(msgspec.Struct, kw_only=True):
    items: list[KeySummary]
    next_cursor: str | None = None


class BindingGrant(msgspec.Struct, forbid_unknown_fields=True):
    """A role on the namespaces that begin with `prefix` ("" = all)."""

    role: str
    prefix: str = ""


class UserSummary(msgspec.Struct, kw_only=True):
    subject: str
    username: str
    display_name: str | None = None
    disabled: bool = False
    bindings: list[BindingGrant] = []
    created_at: str


class UserPage(msgspec.Struct, kw_only=True):
    items: list[UserSummary]
    next_cursor: str | None = None


class NewUser(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    username: str
    password: str
    display_name: str | None = None
    bindings: tuple[BindingGrant, ...] = (BindingGrant("viewer"),)


class BindingsChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """All roles of a user from now on."""

    bindings: list[BindingGrant]


class PasswordChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    current: str
    new: str


class SessionSummary(msgspec.Struct, kw_only=True):
    """`current`: the session that sends the request."""

    id: str
    created_at: str
    used_at: str
    expires_at: str
    current: bool = False


class SessionPage(msgspec.Struct, kw_only=True):
    items: list[SessionSummary]
