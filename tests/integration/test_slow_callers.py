"""Slow, many or expensive clients: others are served, and those are disconnected."""

import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests.conftest import SETTINGS
from tests.distributed import DistributedProduct
from tests.integration.bad_events import LINEAGE, run_event
from tests.patience import eventually
from tests.product import Product, running

pytestmark = pytest.mark.embedded
LIMITS = {
    "HEADWATER_HEAD_SECONDS": "2",
    "HEADWATER_BODY_SECONDS": "2",
    "HEADWATER_CONNECTIONS_PER_ADDRESS": "100",
    "HEADWATER_STREAM_CLIENTS_PER_USER": "2",
    "HEADWATER_STREAM_HEARTBEAT": "0.1",
}


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in LIMITS.items():
            patch.setenv(name, value)
        with running(tmp_path_factory.mktemp("slow") / "data") as started:
            yield started


def connected(product: Product, source: str) -> socket.socket:
    parts = urlsplit(product.url)
    return socket.create_connection((parts.hostname or "", parts.port), timeout=20, source_address=(source, 0))


def test_half_open_requests_end_with_408_or_closed_and_others_are_answered(product: Product) -> None:
    begun = [b"POST /api/v1/lineage HTTP/1.1\r\nHo", b"POST /api/v1/lineage HTTP/1.1\r\nContent-Length: 900\r\n\r\nx"]
    with contextlib.ExitStack() as closing:
        slow = [closing.enter_context(connected(product, "127.0.0.2")) for _ in range(90)]
        for number, connection in enumerate(slow):
            connection.sendall(begun[number % 2])
        for _ in range(10):
            assert product.post(LINEAGE, run_event()).status_code == 201
            assert requests.get(f"{product.url}/livez", timeout=20).status_code == 200
        for connection in slow:
            with contextlib.suppress(ConnectionResetError):
                assert connection.recv(1000).partition(b"\r\n")[0] in (b"", b"HTTP/1.1 408 Request Timeout")


def test_connections_at_rest_beyond_the_share_give_way_and_all_requests_are_answered(product: Product) -> None:
    with contextlib.ExitStack() as closing:
        resting = []
        for _ in range(150):
            made = closing.enter_context(connected(product, "127.0.0.3"))
            made.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert made.recv(4096).startswith(b"HTTP/1.1 200 OK")
            resting.append(made)
        time.sleep(float(LIMITS["HEADWATER_HEAD_SECONDS"]) + 1)  # longer than any head may take
        resting[-1].sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert resting[-1].recv(4096).startswith(b"HTTP/1.1 200 OK")
        assert resting[0].recv(4096) == b""


def test_a_batch_of_many_elements_does_not_hold_up_single_events(product: Product) -> None:
    body = b"[" + b",".join([b"1"] * 32_000) + b"]"
    stop, sent = threading.Event(), []

    def flood() -> None:
        while not stop.is_set():
            sent.append(product.post(f"{LINEAGE}/batch", body).status_code)

    flooding = threading.Thread(target=flood)
    flooding.start()
    try:
        while not sent:
            assert product.post(LINEAGE, run_event()).status_code == 201
    finally:
        stop.set()
        flooding.join()
    assert set(sent) == {200}


def test_one_user_has_a_share_of_the_streams(product: Product) -> None:
    headers = {"Authorization": f"Bearer {product.login()}"}
    with contextlib.ExitStack() as closing:
        for _ in range(2):
            stream = requests.get(f"{product.url}/api/v1/stream", headers=headers, stream=True, timeout=20)
            closing.callback(stream.close)
            assert stream.status_code == 200
        refused = requests.get(f"{product.url}/api/v1/stream", headers=headers, stream=True, timeout=20)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "15")
        assert "2 streams" in refused.json()["detail"]


def test_an_idle_stream_is_kept_alive(product: Product) -> None:
    headers = {"Authorization": f"Bearer {product.login()}"}

    def opened() -> requests.Response | None:
        """None while the streams of another test still count."""
        stream = requests.get(f"{product.url}/api/v1/stream", headers=headers, stream=True, timeout=3)
        if stream.ok:
            return stream
        stream.close()
        return None

    with eventually(opened) as stream:
        alive = (line for line in stream.iter_lines() if line == b": alive")
        assert [next(alive), next(alive)] == [b": alive"] * 2  # by default they are further apart than the time-out


def test_what_the_server_itself_refuses_is_a_problem(product: Product) -> None:
    for sent, status in ((b"nonsense\r\n\r\n", 400), (b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000, 431)):
        with connected(product, "127.0.0.1") as connection:
            connection.sendall(sent)
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            assert answer.status == status
            assert json.loads(answer.read())["status"] == status


def test_an_invalid_embedded_limit_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_HEAD_SECONDS", "soon")
    with pytest.raises(RuntimeError, match="HEADWATER_HEAD_SECONDS"), running(tmp_path / "data"):
        pass


def test_the_stream_program_closes_a_connection_whose_head_does_not_end(distributed: DistributedProduct) -> None:
    address = urlsplit(distributed.address("stream"))
    patience = float(SETTINGS["HEADWATER_STREAM_HEAD_SECONDS"])
    with socket.create_connection((address.hostname or "", address.port), timeout=10 * patience) as half:
        half.sendall(b"GET /api/v1/stream HTTP/1.1\r\nHost: str")
        assert half.recv(1000) == b""  # by default after longer than the time-out
