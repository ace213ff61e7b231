"""Who asks, once that is known; and how a program of ours tells another."""

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
    visible: namespaces the principal may see; on a route, those on which the route's permission holds.
    session: id of a user's session, empty for all others.
    """

    subject: str
    permissions: frozenset[str]
    visible: Visible
    kind: Literal["user", "key", "service", "open"] = "user"
    prefixes: dict[str, tuple[str, ...]] | None = None
    session: str = ""

    def may(self, permission: str, namespace: str | None = None) -> bool:
        """Whether the permission holds on `namespace`; None asks whether it holds anywhere."""
        if permission not in self.permissions:
            return False
        return namespace is None or self.sees(permission).allows(namespace)

    def sees(self, permission: str) -> Visible:
        """The namespaces on which `permission` holds."""
        if permission not in self.permissions:
            return NOTHING
        if self.prefixes is None:
            return self.visible
        return visible(self.prefixes.get(permission, ()))

    def on(self, permission: str) -> "Principal":
        """The same principal with `visible` narrowed to where `permission` holds."""
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
    """A viewer with these prefixes by permission. Outside routes it sees where it may read lineage, else
    wherever it may do anything."""
    everywhere = tuple(sorted({prefix for name in prefixes.keys() - UNSCOPED for prefix in prefixes[name]}))
    seen = visible(prefixes.get("lineage:read", everywhere))
    return Principal(subject, frozenset(prefixes), seen, kind, prefixes, session)


def forwarded_headers(principal: Principal, service_token: Secret) -> dict[str, str]:
    """Headers with which one program tells another on whose behalf it asks."""
    told = base64.urlsafe_b64encode(msgspec.json.encode(principal)).decode()
    return {"Authorization": f"Bearer {service_token.reveal()}", "Headwater-Principal": told}


def forwarded_principal(header: str) -> Principal:
    """The viewer in the header; believe it only beside the service token. Raises Problem."""
    try:
        return msgspec.json.decode(base64.b64decode(header, altchars=b"-_", validate=True), type=Principal)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise Problem(Problems.UNAUTHENTICATED, "The forwarded viewer cannot be read.") from None
