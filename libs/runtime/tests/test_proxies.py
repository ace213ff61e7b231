"""Which client address counts behind proxies."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.runtime.settings import SettingsError, load
from headwater.runtime.web.proxies import TrustedProxies, subscriber
from headwater.runtime.web.request_policy import WebSettings

PROXIES = TrustedProxies(["10.0.0.0/8", "127.0.0.1", "2001:db8:f::/48"])
TRUSTED = st.one_of(
    st.ip_addresses(network="10.0.0.0/8"), st.ip_addresses(network="2001:db8:f::/48"), st.just("127.0.0.1")
).map(str)
STRANGERS = st.one_of(
    st.ip_addresses(network="192.0.2.0/24"),
    st.ip_addresses(network="2001:db8:1::/48"),
).map(str)
FORGED = st.one_of(st.text(alphabet="0123456789abcdef:.,[]% _x-", max_size=60), TRUSTED, STRANGERS)


@given(client=STRANGERS, forged=FORGED, hops=st.lists(TRUSTED, min_size=1, max_size=4))
def test_what_a_client_writes_itself_never_matters(client: str, forged: str, hops: list[str]) -> None:
    *between, peer = hops
    honest = ", ".join([client, *between])
    expected = str(ipaddress.ip_address(client))
    assert PROXIES.client(peer, honest) == expected
    assert PROXIES.client(peer, f"{forged},{honest}") == expected
    assert PROXIES.client(client, f"{forged},{honest}") == expected


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "9.9.9.9", "192.0.2.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "9.9.9.9", "9.9.9.9"),
        ("10.0.0.1", "1.1.1.1, 9.9.9.9 ,10.0.0.2", "9.9.9.9"),
        ("10.0.0.1", "9.9.9.9:4711", "9.9.9.9"),
        ("10.0.0.1", "[2001:db8::9]:4711", "2001:db8::9"),
        ("10.0.0.1", "::ffff:9.9.9.9", "9.9.9.9"),
        ("::ffff:10.0.0.1", "9.9.9.9", "9.9.9.9"),
        ("10.0.0.1", "fe80::1%eth0", "fe80::1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "9.9.9.9, unknown", "10.0.0.1"),
        ("10.0.0.1", "9.9.9.9, _hidden, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "9.9.9.9,", "10.0.0.1"),
        ("", "9.9.9.9", "unknown"),
        ("socket", "9.9.9.9", "socket"),
    ],
)
def test_the_rightmost_address_that_no_trusted_proxy_has_counts(peer: str, forwarded: str, client: str) -> None:
    assert PROXIES.client(peer, forwarded) == client


def test_without_a_setting_nobody_is_believed() -> None:
    assert TrustedProxies().client("127.0.0.1", "9.9.9.9") == "127.0.0.1"


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("10.0.0.7", "10.0.0.7"),
        ("::ffff:10.0.0.7", "10.0.0.7"),
        ("2001:db8:0:7::1", "2001:db8:0:7::/64"),
        ("2001:db8:0:7:ffff::2", "2001:db8:0:7::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
    ],
)
def test_addresses_are_counted_by_subscriber(address: str, counted: str) -> None:
    assert subscriber(address) == counted


@pytest.mark.parametrize("network", ["10.0.0.1/8", "10.0.0.0/33", "proxy.example", "*"])
def test_a_setting_that_is_no_network_is_refused_and_named(network: str) -> None:
    with pytest.raises(SettingsError, match=f"trusted_proxies: '{network[:2]}".replace("*", r"\*")):
        load(WebSettings, environ={"HEADWATER_TRUSTED_PROXIES": f"127.0.0.1,{network}"})
