"""Which host names and origins belong to a program."""

import pytest

from headwater.contracts.problems import Problems
from headwater.runtime.settings import SettingsError
from headwater.runtime.web.hosts import AllowedHosts, is_local
from headwater.runtime.web.problem import Problem

PUBLIC = AllowedHosts("https://headwater.example", names=["also.example"], internal_names=["auth"])


def refusal(hosts: AllowedHosts, method: str = "GET", **headers: str) -> Problems | None:
    environ = {"REQUEST_METHOD": method, **{f"HTTP_{name.upper()}": value for name, value in headers.items()}}
    try:
        hosts.check(environ)
    except Problem as problem:
        return problem.problem
    return None


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:8642",
        "localhost.",
        "127.0.0.1:8642",
        "127.8.8.8",
        "[::1]:8642",
        "0.0.0.0:8642",
        "10.244.0.7:8000",
        "[2001:db8::7]",
        "headwater.example",
        "Headwater.Example.:443",
        "also.example:9",
        "auth:8000",
        "",
    ],
)
def test_own_names_and_literal_addresses_are_answered(host: str) -> None:
    assert refusal(PUBLIC, host=host) is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8642",
        "localhost.evil.example",
        "evil-localhost",
        "127.0.0.1.evil.example",
        "127.0.0.1.nip.io",
        "headwater.example.evil.example",
        "headwater.example@evil.example",
        "headwater.example, evil.example",
        "evil.example,headwater.example",
        "::1",
        "[127.0.0.1]",
        "[::1",
        "127.1",
        "2130706433",
        "localhost:80:80",
        "localhost/evil",
        ".",
        ":8642",
        "localhost\x00",
        "x" * 5000,
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_other_names_are_refused_with_any_method(host: str, method: str) -> None:
    assert refusal(PUBLIC, method, host=host) is Problems.MISDIRECTED


def test_nobody_is_called_by_the_names_of_another() -> None:
    assert refusal(AllowedHosts(), host="headwater.example") is Problems.MISDIRECTED
    assert refusal(AllowedHosts(), host="auth:8000") is Problems.MISDIRECTED


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("headwater.example", "https://headwater.example"),
        ("127.0.0.1:8642", "https://headwater.example"),
        ("127.0.0.1:8642", "http://127.0.0.1:8642"),
        ("localhost:8642", "http://localhost:8642"),
        ("localhost", "http://localhost"),
        ("[::1]:8642", "http://[::1]:8642"),
        ("also.example", "http://also.example"),
        ("also.example:443", "https://also.example"),
        ("also.example:80", "http://also.example"),
        ("192.168.1.5:8642", "http://192.168.1.5:8642"),
    ],
)
@pytest.mark.parametrize("site", ["same-origin", "cross-site", None])
def test_own_pages_change_things(host: str, origin: str, site: str | None) -> None:
    headers = {"host": host, "origin": origin} | ({"sec_fetch_site": site} if site else {})
    assert refusal(PUBLIC, "POST", **headers) is None


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("headwater.example", "https://evil.example"),
        ("headwater.example", "http://headwater.example"),
        ("headwater.example", "https://headwater.example:8443"),
        ("headwater.example", "https://headwater.example.evil.example"),
        ("headwater.example", "null"),
        ("headwater.example", ""),
        ("localhost:8642", "http://localhost:3000"),
        ("localhost:8642", "http://127.0.0.1:8642"),
        ("localhost:8642", "http://localhost"),
        ("localhost:8642", "ftp://localhost:8642"),
        ("localhost:8642", "http://localhost:8642, https://evil.example"),
        ("auth:8000", "http://auth:8000"),
        ("", "http://"),
        ("", "https://evil.example"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND", "get"])
def test_foreign_pages_change_nothing(host: str, origin: str, method: str) -> None:
    assert refusal(PUBLIC, method, host=host, origin=origin) is Problems.FORBIDDEN
    assert refusal(PUBLIC, method, host=host, origin=origin, sec_fetch_site="same-origin") is Problems.FORBIDDEN


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "odd"])
def test_a_browser_that_names_no_origin_is_judged_by_its_fetch_metadata(site: str) -> None:
    assert refusal(PUBLIC, "POST", host="localhost", sec_fetch_site=site) is Problems.FORBIDDEN


@pytest.mark.parametrize("headers", [{}, {"sec_fetch_site": "none"}, {"sec_fetch_site": "same-origin"}])
def test_producers_scripts_and_own_pages_pass(headers: dict[str, str]) -> None:
    assert refusal(PUBLIC, "POST", host="localhost", **headers) is None


def test_reading_needs_no_origin_for_links_lead_here_from_everywhere() -> None:
    assert refusal(PUBLIC, host="headwater.example", origin="https://else.example", sec_fetch_site="cross-site") is None


@pytest.mark.parametrize("name", ["*", "*.a.example", "https://a.example", "a.example:80", "", "a..b", "é.example"])
def test_a_setting_that_is_no_name_is_refused_and_named(name: str) -> None:
    with pytest.raises(SettingsError, match="allowed_hosts"):
        AllowedHosts(names=[name])


@pytest.mark.parametrize(
    "url",
    ["a.example", "ftp://a.example", "https://", "https://a.example/path", "http://me@a.example", "http://a.example:x"],
)
def test_a_public_url_that_is_no_address_is_refused_and_named(url: str) -> None:
    with pytest.raises(SettingsError, match="public_url"):
        AllowedHosts(url)


@pytest.mark.parametrize(
    ("address", "headers", "local"),
    [
        ("127.0.0.1", {"HTTP_HOST": "localhost:8642"}, True),
        ("::1", {"HTTP_HOST": "[::1]:8642"}, True),
        ("127.0.0.1", {}, True),
        ("127.0.0.1", {"HTTP_HOST": "headwater.example"}, False),
        ("127.0.0.1", {"HTTP_HOST": "10.0.0.5:8642"}, False),
        ("127.0.0.1", {"HTTP_HOST": "localhost", "HTTP_X_FORWARDED_FOR": "127.0.0.1"}, False),
        ("127.0.0.1", {"HTTP_HOST": "localhost", "HTTP_FORWARDED": "for=127.0.0.1"}, False),
        ("10.0.0.5", {"HTTP_HOST": "localhost"}, False),
        ("", {"HTTP_HOST": "localhost"}, False),
    ],
)
def test_a_caller_is_local_on_loopback_by_a_name_of_this_machine_and_through_no_proxy(
    address: str, headers: dict[str, str], local: bool
) -> None:
    assert is_local({"REMOTE_ADDR": address, **headers}) is local
