"""An application meets the network, and stops in order."""

import http.client
import signal
import socket
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from headwater.runtime.serve import serve_waitress
from headwater.runtime.stop import StopSignal, install


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


@pytest.mark.loopback
def test_it_serves_an_open_socket_until_it_is_told_to_stop(listener: socket.socket) -> None:
    stop, entered, release = StopSignal(), threading.Event(), threading.Event()

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        entered.set()
        release.wait(5)
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    port = listener.getsockname()[1]
    serving = threading.Thread(target=serve_waitress, args=(app,), kwargs={"stop": stop, "listener": listener})
    serving.start()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/")
    assert entered.wait(5)
    stop.set()
    release.set()
    response = connection.getresponse()
    assert (response.status, response.read()) == (200, b"ok")
    connection.close()
    serving.join(10)
    assert not serving.is_alive()


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
