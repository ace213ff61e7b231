"""Requests to the embedded product: from a browser, a rebound name, a foreign page and a TLS proxy."""

from collections.abc import Iterator

import pytest
import requests

from tests.integration.bad_events import LINEAGE, run_event
from tests.integration.commands import succeeds, wrong
from tests.product import Product, running

pytestmark = pytest.mark.embedded
LOGIN = "/api/v1/auth/login"
STREAM = "/api/v1/stream"
PUBLIC = "https://headwater.example"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    data = tmp_path_factory.mktemp("open") / "data"
    with running(data, "--port", "0", "--open-ingest", "--open-read") as started:
        yield started


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    data = tmp_path_factory.mktemp("proxied") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEADWATER_TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8")
        patch.setenv("HEADWATER_ALLOWED_HOSTS", "also.example")
        with running(data, "--port", "0", "--public-url", PUBLIC) as started:
            yield started


def read(product: Product, path: str, host: str) -> int:
    with requests.get(product.url + path, headers={"Host": host}, timeout=20, stream=True) as answer:
        return answer.status_code


@pytest.mark.parametrize("path", ["/", "/livez", "/api/v1/graph/search?q=a", "/api/v1/models", STREAM, "/nothing"])
def test_a_rebound_name_reads_nothing_of_an_open_product(opened: Product, path: str) -> None:
    for name in ("evil.example", "auth", "api-gateway:8642"):
        assert read(opened, path, name) == 421
    for name in ("localhost:1", "127.0.0.1", "[::1]:8642"):
        assert read(opened, path, name) in (200, 404)


def test_a_foreign_page_sends_nothing_to_an_open_product(opened: Product) -> None:
    def sent(**headers: str) -> int:
        with_dashes = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.post(opened.url + LINEAGE, json=run_event(), headers=with_dashes, timeout=20).status_code

    assert sent() == 201
    assert sent(Origin=opened.url, Sec_Fetch_Site="same-origin") == 201
    assert sent(Origin="https://evil.example") == sent(Origin="null") == sent(Sec_Fetch_Site="cross-site") == 403
    simple = {"Content-Type": "text/plain"}
    assert requests.post(opened.url + LINEAGE, data=b"{}", headers=simple, timeout=20).status_code == 415


def test_behind_a_tls_proxy_cookies_and_origins_follow_the_public_url(proxied: Product) -> None:
    asked = {"username": "admin", "password": proxied.admin_password}

    def login(**headers: str) -> requests.Response:
        return requests.post(proxied.url + LOGIN, json=asked, headers=headers, timeout=20)

    answered = login(Host="headwater.example", Origin=PUBLIC)
    assert answered.status_code == 200
    cookies = answered.headers["Set-Cookie"]
    assert cookies.count("__Host-headwater_") == cookies.count("Secure") == cookies.count("HttpOnly") == 2
    assert login(Origin=PUBLIC).status_code == 200
    assert login(Host="also.example").status_code == 200
    assert login(Host="headwater.example", Origin="http://headwater.example").status_code == 403
    assert login(Host="evil.example").status_code == 421


def test_a_locked_name_is_unlocked_by_a_command(proxied: Product) -> None:
    def login(password: str) -> int:
        asked = {"username": "admin", "password": password}
        return requests.post(proxied.url + LOGIN, json=asked, timeout=20).status_code

    while login("wrong") != 429:
        continue
    succeeds("user", "unlock", "admin", "--data-dir", proxied.data_dir)
    assert login(str(proxied.admin_password)) == 200
    assert wrong("user", "unlock", "nobody", "--data-dir", proxied.data_dir)


@pytest.mark.parametrize(
    ("flags", "variables", "named"),
    [
        (["--public-url", "headwater.example"], {}, "public_url"),
        (["--public-url", "https://headwater.example", "--open-read"], {}, "--public-url"),
        ([], {"HEADWATER_TRUSTED_PROXIES": "proxy"}, "trusted_proxies"),
        ([], {"HEADWATER_ALLOWED_HOSTS": "*"}, "allowed_hosts"),
    ],
)
def test_what_cannot_be_is_said_before_anything_starts(flags: list[str], variables: dict[str, str], named: str) -> None:
    assert named in wrong("up", "--ephemeral", *flags, code=2, **variables)


def test_behind_a_trusted_proxy_callers_are_counted_by_their_own_address(proxied: Product) -> None:
    def guess(client: str, number: int) -> int:
        headers = {"X-Forwarded-For": f"6.6.6.{number}, {client}, 10.0.0.2"}
        asked = {"username": "stranger", "password": "wrong"}
        return requests.post(proxied.url + LOGIN, json=asked, headers=headers, timeout=20).status_code

    assert [guess("192.0.2.1", number) for number in range(6)] == [401] * 5 + [429]
    assert guess("198.51.100.1", 0) == 401
