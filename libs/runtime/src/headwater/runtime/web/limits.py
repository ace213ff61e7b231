"""Time limits and number limits of connections, so that slow clients cannot exhaust a server."""

import ipaddress
from collections.abc import Callable, Iterable
from typing import Annotated, Protocol

from msgspec import Meta

from headwater.runtime.web.request_policy import WebSettings

HEAD_GRACE = 2.0
"""Seconds after which a connection with an incomplete head may be closed for a new one."""


class ConnectionLimits(WebSettings, frozen=True, kw_only=True):
    """Limits of the built-in HTTP server of a program."""

    head_seconds: Annotated[float, Meta(description="seconds for the head of a request to arrive", gt=0)] = 15.0
    body_seconds: Annotated[
        float,
        Meta(description="seconds for a body beyond its time at `body_rate`, or without reading a response", gt=0),
    ] = 20.0
    body_rate: Annotated[int, Meta(description="minimum rate of a long body, bytes per second", ge=1)] = 8192
    idle_seconds: Annotated[float, Meta(description="seconds a connection may be idle between requests", gt=0)] = 3600.0
    connections: Annotated[
        int, Meta(description="maximum of open connections; the one idle for longest is closed for a new one", ge=1)
    ] = 2000
    connections_per_address: Annotated[
        int, Meta(description="of these from one address (IPv6: one /64); 0: no limit, for a proxy in front", ge=0)
    ] = 500


class Limited(Protocol):
    """The interface of a connection for the registry."""

    address: str

    def rests(self, now: float) -> float | None:
        """Since when it may be closed for others; None while a request is in progress."""
        ...

    def give_way(self) -> None:
        """Close at once."""
        ...

    def check(self, now: float) -> None:
        """End it when it took too long."""
        ...


class Connections:
    """All open connections of one server. Used on the thread of its event loop alone."""

    def __init__(self, limits: ConnectionLimits, clock: Callable[[], float]) -> None:
        self.limits, self.clock = limits, clock
        self._open: set[Limited] = set()
        self._by_address: dict[str, set[Limited]] = {}

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, connection: Limited) -> bool:
        """Admit it, closing an idle one if necessary. False when all are busy."""
        near = self._by_address.get(connection.address, set())
        most = self.limits.connections_per_address
        if most and len(near) >= most and not self._make_room(near):
            return False
        if len(self._open) >= self.limits.connections and not self._make_room(self._open):
            return False
        self._open.add(connection)
        self._by_address.setdefault(connection.address, set()).add(connection)
        return True

    def leave(self, connection: Limited) -> None:
        """Remove a closed connection. A no-op for one that was never admitted or is removed already."""
        if connection not in self._open:
            return
        self._open.discard(connection)
        near = self._by_address[connection.address]
        near.discard(connection)
        if not near:
            del self._by_address[connection.address]

    def sweep(self) -> None:
        """End every connection that took too long."""
        now = self.clock()
        for connection in list(self._open):
            connection.check(now)

    def _make_room(self, among: Iterable[Limited]) -> bool:
        now = self.clock()
        resting = [(since, id(found), found) for found in among if (since := found.rests(now)) is not None]
        if not resting:
            return False
        longest = min(resting)[2]
        self.leave(longest)
        longest.give_way()
        return True


def address_of(peer: object) -> str:
    """The key by which the connections of one client are counted: its IPv4 address, or its IPv6 network."""
    host = peer[0] if isinstance(peer, tuple) and peer else "unknown"
    if ":" not in host:
        return str(host)
    found = ipaddress.ip_address(host.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or ipaddress.ip_network((int(found) >> 64 << 64, 64)))
