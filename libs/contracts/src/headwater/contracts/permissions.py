"""Who may do what: the closed list of permissions, and the roles that hold them."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from headwater.contracts.identity import Binding


class Permission(NamedTuple):
    """`resource:action`. `scoped`: a binding with a namespace prefix grants it too, within that prefix."""

    name: str
    about: str
    scoped: bool = True


PERMISSIONS = (
    Permission("ingest:write", "send lineage, model, prediction, label and metric events"),
    Permission(
        "dataset:annotate",
        "change owners, tags, documentation, symlinks and lifecycle of datasets, and declare datasets",
    ),
    Permission("lineage:read", "see the graph: search, scenes, columns, runs"),
    Permission("lineage:export", "export the whole graph"),
    Permission("models:read", "see models and their versions"),
    Permission("metrics:read", "see metrics"),
    Permission("predictions:read", "look up single predictions"),
    Permission("evaluations:run", "evaluate arrays without storing them"),
    Permission("alerts:read", "see alerts and their rules"),
    Permission("alerts:write", "create, change and remove alert rules"),
    Permission("stats:read", "see counts of nodes and events"),
    Permission("account:use", "one's own account: profile, sessions, password; every user holds it", scoped=False),
    Permission("operations:read", "read the Prometheus series of the product from another machine", scoped=False),
    Permission("audit:read", "read the audit trail", scoped=False),
    Permission("user:manage", "create, change and disable users", scoped=False),
    Permission("key:manage", "create and revoke one's own API keys; with user:manage, of others who hold no more"),
    Permission("dead-letter:read", "see records that could not be handled", scoped=False),
    Permission("dead-letter:redrive", "redrive or discard such records", scoped=False),
    Permission("internal:read", "services only: keys, subjects and epochs through the identity feed", scoped=False),
)

NAMES = frozenset(permission.name for permission in PERMISSIONS)
SERVICE_ONLY = frozenset({"internal:read"})
EVERY_USER = "account:use"
UNSCOPED = frozenset(permission.name for permission in PERMISSIONS if not permission.scoped)


class Role(NamedTuple):
    name: str
    about: str
    permissions: frozenset[str]


_SEE = frozenset({"lineage:read", "models:read", "metrics:read", "predictions:read", "alerts:read", "stats:read"})
_WORK = _SEE | {"evaluations:run", "lineage:export", "ingest:write", "alerts:write", "key:manage"}
_TEND = _WORK | {"dataset:annotate", "dead-letter:read", "dead-letter:redrive"}

ROLES = (
    Role("owner", "everything; only an owner makes other owners", NAMES - SERVICE_ONLY),
    Role("admin", "everything except making owners", NAMES - SERVICE_ONLY),
    Role(
        "security_auditor",
        "reads everything, the audit trail too, and changes nothing",
        _SEE | {"audit:read", "operations:read"},
    ),
    Role("steward", "maintains datasets, rules and dead letters", _TEND),
    Role("engineer", "sends events, creates keys and rules", _WORK),
    Role("viewer", "sees", _SEE | {"evaluations:run"}),
    Role("producer", "sends events and sees nothing", frozenset({"ingest:write"})),
)

BY_NAME: Mapping[str, Role] = {role.name: role for role in ROLES}


def prefixes_by_permission(bindings: Iterable[Binding]) -> dict[str, tuple[str, ...]]:
    """What the bindings grant: for each permission the namespace prefixes on which it holds.

    Permissions that are not scoped need a binding on all namespaces. Unknown roles grant nothing.
    """
    found: dict[str, set[str]] = {}
    for binding in bindings:
        role = BY_NAME.get(binding.role)
        for name in role.permissions if role else ():
            if binding.prefix == "" or name not in UNSCOPED:
                found.setdefault(name, set()).add(binding.prefix)
    return {name: ("",) if "" in prefixes else tuple(sorted(prefixes)) for name, prefixes in found.items()}
