"""The product's own monitoring: series and readiness of all its processes at one address."""

import contextlib
import signal
import socket
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import psutil
import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from headwater.embedded.status import MOST_REQUESTS
from tests.patience import LONG, eventually
from tests.product import Product, running

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(240)]
PROBLEM_SECONDS = 15.0
HOSTED = {"api-gateway", "auth", "ingest-gateway", "lineage-writer", "metrics-engine", "alerting"}


def scraped(url: str, **headers: str) -> dict[str, list[tuple[dict[str, str], float]]]:
    """Labels and value of each sample by name. Raises AssertionError if a family occurs twice."""
    answer = requests.get(f"{url}/metrics", headers=headers, timeout=LONG)
    assert answer.status_code == HTTPStatus.OK, answer.text
    families = list(text_string_to_metric_families(answer.text))
    assert len(families) == len({family.name for family in families})
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in families:
        for sample in family.samples:
            found.setdefault(sample.name, []).append((dict(sample.labels), sample.value))
    return found


def up(series: dict[str, list[tuple[dict[str, str], float]]]) -> dict[str, float]:
    return {labels["process"]: value for labels, value in series["headwater_process_up"]}


@contextlib.contextmanager
def halted(process: psutil.Process) -> Iterator[None]:
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def test_the_series_of_both_processes_stand_at_one_address(product: Product) -> None:
    eventually(lambda: up(scraped(product.url)) == {"front": 1, "workers": 1})
    series = scraped(product.url)
    assert {labels["service"] for samples in series.values() for labels, _ in samples} >= HOSTED
    assert [value for labels, value in series["headwater_active_writer"]] == [1]


@pytest.mark.parametrize("elsewhere", [{"Host": "192.0.2.1:8642"}, {"X-Forwarded-For": "192.0.2.9"}])
def test_beyond_this_machine_the_series_need_a_permission(
    product: Product, token: str, elsewhere: dict[str, str]
) -> None:
    stranger = requests.get(f"{product.url}/metrics", headers=elsewhere, timeout=LONG)
    assert stranger.status_code == HTTPStatus.UNAUTHORIZED
    producer = elsewhere | {"Authorization": f"Bearer {product.producer_key}"}
    refused = requests.get(f"{product.url}/metrics", headers=producer, timeout=LONG)
    assert (refused.status_code, "operations:read" in refused.text) == (HTTPStatus.FORBIDDEN, True)
    key = requests.post(
        f"{product.url}/api/v1/keys",
        json={"name": "prometheus", "permissions": ["operations:read"]},
        headers={"Authorization": f"Bearer {token}"},
        timeout=LONG,
    )
    assert key.status_code == HTTPStatus.CREATED, key.text
    assert scraped(product.url, Authorization=f"Bearer {key.json()['secret']}", **elsewhere)["headwater_process_up"]


def test_halted_workers_turn_readiness_and_a_scrape_goes_on_without_them(product: Product) -> None:
    def ready() -> requests.Response:
        return requests.get(f"{product.url}/readyz", timeout=LONG)

    assert ready().status_code == HTTPStatus.OK
    with halted(product.child("workers")):
        eventually(lambda: ready().status_code == HTTPStatus.SERVICE_UNAVAILABLE, seconds=PROBLEM_SECONDS)
        assert "has not moved" in ready().json()["dependencies"]["workers"]["message"]
        eventually(lambda: up(scraped(product.url)) == {"front": 1, "workers": 0}, seconds=PROBLEM_SECONDS)
    eventually(lambda: ready().status_code == HTTPStatus.OK)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def test_a_port_of_its_own_answers_scrapes_and_probes_to_anybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("HEADWATER_METRICS_PORT", str(port))
    monkeypatch.setenv("HEADWATER_ALLOWED_HOSTS", "watched.example")
    with running(tmp_path / "data", "--port", "0") as product:
        url = f"http://127.0.0.1:{port}"
        assert scraped(url, Host="127.0.0.1", **{"X-Forwarded-For": "192.0.2.9"})["headwater_process_up"]
        assert requests.get(f"{url}/readyz", timeout=LONG).status_code == HTTPStatus.OK
        assert requests.get(f"{url}/api/v1/models", timeout=LONG).status_code == HTTPStatus.NOT_FOUND
        assert scraped(url, Host="watched.example")["headwater_process_up"]
        threads = product.child("front").num_threads
        before = threads()
        with contextlib.ExitStack() as slow:
            for _ in range(2 * MOST_REQUESTS):
                slow.enter_context(socket.create_connection(("127.0.0.1", port)))
            eventually(lambda: threads() >= before + MOST_REQUESTS)
            assert threads() < before + MOST_REQUESTS + 8
        eventually(lambda: answers(f"{url}/livez"))


def answers(url: str) -> bool:
    """Connections beyond the limit are closed."""
    with contextlib.suppress(requests.ConnectionError):
        return requests.get(url, timeout=LONG).status_code == HTTPStatus.OK
    return False


def test_a_port_that_is_taken_ends_the_start_and_names_the_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("HEADWATER_METRICS_PORT", str(taken.getsockname()[1]))
        with pytest.raises(RuntimeError, match=r"metrics_port: port \d+ of 127\.0\.0\.1 cannot be opened"):
            Product(tmp_path / "data").start()
