"""The client address of a request behind proxies: only entries of trusted proxies are used."""

import ipaddress
import re
from collections.abc import Iterable

from headwater.runtime.settings import SettingsError

UNKNOWN = "unknown"
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Some proxies add the port: `192.0.2.1:4711`, `[2001:db8::1]:4711`.
_WITH_PORT = re.compile(r"([0-9.]+):[0-9]+|\[([^\]]+)\](?::[0-9]+)?")


class TrustedProxies:
    """Networks of proxies whose `X-Forwarded-For` is trusted; none by default. Raises SettingsError."""

    def __init__(self, networks: Iterable[str] = ()) -> None:
        self._networks = tuple(_network(text) for text in networks)

    def client(self, peer: str, forwarded_for: str = "") -> str:
        """The client's address: the rightmost of `forwarded_for`, then `peer`, that is not a trusted proxy.

        Each proxy appends the address that it sees, so whatever a client sent itself is to the left of that and is
        never used. An entry that is not an address ends the search: then the last address found is used.
        """
        nearest = parsed(peer)
        if nearest is None:
            return peer or UNKNOWN
        for entry in reversed(forwarded_for.split(",")):
            if not self._trusts(nearest) or (further := parsed(entry)) is None:
                break
            nearest = further
        return str(nearest)

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def parsed(text: str) -> Address | None:
    """An address without its port and zone; an IPv4-mapped IPv6 address as IPv4. None when it is not an address."""
    text = text.strip()
    if found := _WITH_PORT.fullmatch(text):
        text = found[1] or found[2]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def subscriber(address: str) -> str:
    """The part of an address that identifies a subscriber: the first 64 bits of IPv6."""
    found = parsed(address)
    if found is None:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise SettingsError(
            f"trusted_proxies: {text[:100]!r} is not a network ({error}): use 10.0.0.2,10.1.0.0/16"
        ) from None
