"""The authenticated principal, and the header in which one service passes it to another."""

import base64
import binascii
from typing import Literal

import msgspec

from headwater.contracts.identity import ALL, Visible
from headwater.contracts.permissions import UNSCOPED
from headwater.contracts.problems import Problems
from headwater.runtime.settings import Secret
from headwater.runtime.web.problem import Problem

NOTHING = Visible()


class Principal(msgspec.Struct, frozen=True):
    """The principal of a request.

    subject: opaque reference (`key:<id>` for an API key), safe in logs, records and audit.
    permissions: what the principal may do somewhere. prefixes: where, by permission; None means on all of `visible`.
    visible: namespaces the principal may see; on a route, those for which it holds the route's permission.
    session: id of a user's session, empty for all others.
    """

    subject: str
    permissions: frozenset[str]
    visible: Visible
    kind: Literal["user", "key", "service", "open"] = "user"
    prefixes: dict[str, tuple[str, ...]] | None = None
    session: str = ""

    def may(self, permission: str, namespace: str | None = None) -> bool:
        """Whether the permission is held for `namespace`; None: for any namespace."""
        if permission not in self.permissions:
            return False
        return namespace is None or self.sees(permission).allows(namespace)

    def sees(self, permission: str) -> Visible:
        """The namespaces for which `permission` is held."""
        if permission not in self.permissions:
            return NOTHING
        if self.prefixes is None:
            return self.visible
        return visible(self.prefixes.get(permission, ()))

    def on(self, permission: str) -> "Principal":
        """The same principal with `visible` narrowed to where `permission` is held."""
        seen = self.sees(permission)
        return self if seen == self.visible else msgspec.structs.replace(self, visible=seen)


def visible(prefixes: tuple[str, ...]) -> Visible:
    """Prefixes as grants; the empty prefix is everything."""
    return ALL if "" in prefixes else Visible(prefixes=prefixes)


def granted(
    subject: str,
    kind: Literal["user", "key", "service", "open"],
    prefixes: dict[str, tuple[str, ...]],
    session: str = "",
) -> Principal:
    """A principal with these prefixes by permission. Outside routes, `visible` is where it may read lineage, else
    wherever it has any permission."""
    everywhere = tuple(sorted({prefix for name in prefixes.keys() - UNSCOPED for prefix in prefixes[name]}))
    seen = visible(prefixes.get("lineage:read", everywhere))
    return Principal(subject, frozenset(prefixes), seen, kind, prefixes, session)


def forwarded_headers(principal: Principal, service_token: Secret) -> dict[str, str]:
    """Headers with which one service sends a request to another on behalf of a principal."""
    encoded = base64.urlsafe_b64encode(msgspec.json.encode(principal)).decode()
    return {"Authorization": f"Bearer {service_token.reveal()}", "Headwater-Principal": encoded}


def forwarded_principal(header: str) -> Principal:
    """The principal in the header; to be trusted only beside the service token. Raises Problem."""
    try:
        return msgspec.json.decode(base64.b64decode(header, altchars=b"-_", validate=True), type=Principal)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise Problem(Problems.UNAUTHENTICATED, "The forwarded principal cannot be decoded.") from None
