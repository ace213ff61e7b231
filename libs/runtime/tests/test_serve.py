"""An application meets the network, and stops in order."""

import http.client
import json
import signal
import socket
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from headwater.runtime.serve import BODY_LIMIT, serve_waitress
from headwater.runtime.short import SHORT_BYTES
from headwater.runtime.stop import StopSignal, install
from headwater.runtime.turns import result
from tests.patience import LONG


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


@pytest.mark.loopback
def test_it_serves_an_open_socket_until_it_is_told_to_stop(listener: socket.socket) -> None:
    stop, entered, release = StopSignal(), threading.Event(), threading.Event()

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        entered.set()
        release.wait(LONG)
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    port = listener.getsockname()[1]
    serving = threading.Thread(target=serve_waitress, args=(app,), kwargs={"stop": stop, "listener": listener})
    serving.start()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONG)
    connection.request("GET", "/")
    assert entered.wait(LONG)
    stop.set()
    release.set()
    response = connection.getresponse()
    assert (response.status, response.read()) == (200, b"ok")
    connection.close()
    serving.join(LONG)
    assert not serving.is_alive()


@pytest.mark.loopback
def test_what_the_server_refuses_by_itself_is_a_problem_too(listener: socket.socket) -> None:
    stop = StopSignal()
    kept: dict[str, Any] = {"stop": stop, "listener": listener}
    serving = threading.Thread(target=serve_waitress, args=(_never_asked,), kwargs=kept)
    serving.start()
    for headers, status, title in (
        ({"Content-Length": str(BODY_LIMIT + 1)}, 413, "The body is too large"),
        ({"X-Long": "x" * 70_000}, 431, "Request Header Fields Too Large"),
        ({"Transfer-Encoding": "odd"}, 501, "Not Implemented"),
    ):
        connection = http.client.HTTPConnection("127.0.0.1", listener.getsockname()[1], timeout=LONG)
        connection.request("POST", "/", headers=headers)
        response = connection.getresponse()
        told = json.loads(response.read())
        assert (response.status, response.headers["Content-Type"]) == (status, "application/problem+json")
        assert (told["status"], told["title"]) == (status, title)
        assert told["detail"]
        connection.close()
    stop.set()
    serving.join(LONG)


def _never_asked(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    raise AssertionError(environ["PATH_INFO"])


@pytest.mark.loopback
def test_a_whole_answer_arrives_in_one_piece_and_the_connection_goes_on(listener: socket.socket) -> None:
    stop = StopSignal()

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    serving = threading.Thread(target=serve_waitress, args=(app,), kwargs={"stop": stop, "listener": listener})
    serving.start()
    with socket.create_connection(listener.getsockname(), timeout=LONG) as connection:
        for _ in range(3):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = connection.recv(65_536)
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
            assert answer.endswith(b"\r\n\r\nok")
    stop.set()
    serving.join(LONG)
    assert not serving.is_alive()


@pytest.mark.loopback
def test_short_requests_take_turns_on_the_serving_thread_and_all_others_have_threads(listener: socket.socket) -> None:
    stop = StopSignal()
    both: Future[str] = Future()
    entered: list[str] = []

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        name = threading.current_thread().name
        if environ["PATH_INFO"] == "/short/wait":
            entered.append(name)
            if len(entered) == 2:  # the first of the two waits still
                threading.Thread(target=both.set_result, args=(name,)).start()
            name = result(both, 10)
        start_response("200 OK", [("Content-Length", str(len(name)))])
        return [name.encode()]

    kept: dict[str, Any] = {"stop": stop, "listener": listener, "short_routes": ["/short"]}
    serving = threading.Thread(target=serve_waitress, args=(app,), kwargs=kept, name="serving")
    serving.start()
    port = listener.getsockname()[1]

    def asked(method: str, path: str, **sent: Any) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONG)
        connection.request(method, path, **sent)
        return connection

    waiting = [asked("POST", "/short/wait", body=b"x") for _ in range(2)]
    assert [connection.getresponse().read() for connection in waiting] == [b"serving", b"serving"]
    threaded = [
        asked("GET", "/short"),
        asked("POST", "/shorter", body=b"x"),
        asked("POST", "/short", body=b"x" * (SHORT_BYTES + 1)),
        asked("POST", "/short", body=b"x", headers={"Content-Encoding": "gzip"}),
        asked("POST", "/short", body=iter([b"x"])),
    ]
    assert all(connection.getresponse().read().startswith(b"waitress-") for connection in threaded)
    for connection in waiting + threaded:
        connection.close()
    stop.set()
    serving.join(LONG)
    assert not serving.is_alive()


def test_a_stop_may_be_asked_for_in_the_midst_of_waiting_for_it() -> None:
    before = signal.getsignal(signal.SIGALRM)
    try:
        for microseconds in range(1, 400):
            stop = StopSignal()
            signal.signal(signal.SIGALRM, lambda number, frame, stop=stop: stop.set())  # type: ignore[misc]
            signal.setitimer(signal.ITIMER_REAL, microseconds / 1e6)
            while not stop.wait(0.0001):
                pass
            assert stop.wait()
    finally:
        signal.signal(signal.SIGALRM, before)


def test_a_signal_asks_to_stop() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        for number in before:
            stop = StopSignal()
            install(stop)
            assert not stop.wait(0)
            signal.raise_signal(number)
            assert stop.is_set()
            assert stop.wait(0)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
