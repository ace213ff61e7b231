"""Requests to the distributed product through nginx: from a rebound name, a foreign page and a proxy."""

import pytest
import requests

from tests.distributed import PROGRAMS, DistributedProduct
from tests.integration.bad_events import LINEAGE, run_event

pytestmark = pytest.mark.timeout(240)
LOGIN = "/api/v1/auth/login"


@pytest.mark.parametrize("path", ["/", "/livez", "/api/v1/models", "/api/v1/stream"])
def test_a_rebound_name_reads_nothing(distributed: DistributedProduct, path: str) -> None:
    def status(host: str) -> int:
        headers = {"Host": host, "Authorization": f"Bearer {distributed.producer_key}"}
        return requests.get(distributed.url + path, headers=headers, timeout=20).status_code

    assert status("evil.example") == 421
    assert status("localhost:1") != 421


def test_a_foreign_page_sends_nothing_and_a_producer_does(distributed: DistributedProduct) -> None:
    def sent(headers: dict[str, str]) -> int:
        return distributed.post(LINEAGE, run_event(), headers=headers).status_code

    assert sent({}) == sent({"Origin": distributed.url}) == 201
    assert sent({"Origin": "https://evil.example"}) == sent({"Sec-Fetch-Site": "cross-site"}) == 403
    assert sent({"Host": "evil.example"}) == 421


def test_what_watches_the_programs_reaches_them_by_name_and_by_address(distributed: DistributedProduct) -> None:
    processes = distributed._running()["processes"]
    for name in PROGRAMS:
        metrics = processes[name]["ready"].replace("/readyz", "/metrics")
        for host in (f"{name}:8000", "10.244.0.7:8000", "localhost"):
            assert requests.get(metrics, headers={"Host": host}, timeout=20).status_code == 200
        assert requests.get(metrics, headers={"Host": "evil.example"}, timeout=20).status_code == 421


def test_callers_are_counted_by_the_address_that_the_last_proxy_saw(distributed: DistributedProduct) -> None:
    """The proxy in front of nginx is on this machine, like nginx itself: both are trusted."""

    def guess(client: str, number: int) -> int:
        headers = {"X-Forwarded-For": f"6.6.6.{number}, {client}"}
        asked = {"username": "stranger", "password": "wrong"}
        return requests.post(distributed.url + LOGIN, json=asked, headers=headers, timeout=20).status_code

    assert [guess("192.0.2.1", number) for number in range(6)] == [401] * 5 + [429]
    assert guess("198.51.100.1", 0) == 401


def test_a_page_of_the_product_logs_in_by_either_name_of_this_machine(distributed: DistributedProduct) -> None:
    asked = {"username": "admin", "password": distributed.admin_password}
    for url in (distributed.url, distributed.url.replace("127.0.0.1", "localhost")):
        headers = {"Origin": url, "Sec-Fetch-Site": "same-origin"}
        assert requests.post(url + LOGIN, json=asked, headers=headers, timeout=20).status_code == 200
