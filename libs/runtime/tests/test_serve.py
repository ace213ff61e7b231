"""An application is served over the network, and stops cleanly."""

import contextlib
import http.client
import json
import signal
import socket
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from headwater.runtime.stop import StopSignal, install
from headwater.runtime.web.bodies import BODY_LIMIT
from headwater.runtime.web.connection import HEAD_BYTES
from headwater.runtime.web.serve import serve
from tests.patience import LONG


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


@contextlib.contextmanager
def serving(app: Any, listener: socket.socket, **kept: Any) -> Iterator[StopSignal]:
    """A server on a separate thread, which has ended at the end."""
    stop = StopSignal()
    thread = threading.Thread(target=serve, args=(app,), kwargs={"stop": stop, "listener": listener, **kept})
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(LONG)
        assert not thread.is_alive()


def asked(listener: socket.socket, method: str, path: str, **sent: Any) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", listener.getsockname()[1], timeout=LONG)
    connection.request(method, path, **sent)
    return connection


def plain(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Echoes the request."""
    text = f"{environ['REQUEST_METHOD']} {environ['REQUEST_URI']} {environ['wsgi.input'].read().decode()}".encode()
    start_response("200 OK", [("Content-Length", str(len(text)))])
    return [text]


@pytest.mark.loopback
def test_it_serves_an_open_socket_until_it_is_told_to_stop(listener: socket.socket) -> None:
    entered, release = threading.Event(), threading.Event()

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        entered.set()
        release.wait(LONG)
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    with serving(app, listener) as stop:
        connection = asked(listener, "GET", "/")
        assert entered.wait(LONG)
        stop.set()
        release.set()
        response = connection.getresponse()
        assert (response.status, response.read()) == (200, b"ok")
        connection.close()


@pytest.mark.loopback
def test_it_binds_an_address_by_itself(listener: socket.socket) -> None:
    host, port = listener.getsockname()
    listener.close()
    stop = StopSignal()
    thread = threading.Thread(target=serve, args=(plain, host, port), kwargs={"stop": stop})
    thread.start()
    try:
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                connection = http.client.HTTPConnection(host, port, timeout=LONG)
                connection.request("GET", "/")
                break
            assert thread.is_alive()
        assert connection.getresponse().read() == b"GET / "
        connection.close()
    finally:
        stop.set()
        thread.join(LONG)
    assert not thread.is_alive()


@pytest.mark.loopback
def test_who_comes_while_a_server_restarts_waits_at_the_socket(listener: socket.socket) -> None:
    with serving(plain, listener):
        first = asked(listener, "GET", "/1")
        assert first.getresponse().read() == b"GET /1 "
        first.close()
    between = asked(listener, "GET", "/2")
    with serving(plain, listener):
        assert between.getresponse().read() == b"GET /2 "
    between.close()


@pytest.mark.loopback
def test_what_the_server_refuses_by_itself_is_a_problem_too(listener: socket.socket) -> None:
    refused = [
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (BODY_LIMIT + 1), 413, "The body is too large"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * HEAD_BYTES + b"\r\n\r\n", 431, "Request Header Fields Too Large"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 2 * HEAD_BYTES, 431, "Request Header Fields Too Large"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: odd\r\n\r\n", 400, "Bad Request"),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, "Bad Request"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "Bad Request"),
        (b"nonsense\r\n\r\n", 400, "Bad Request"),
    ]
    with serving(_never_asked, listener):
        for sent, status, title in refused:
            with socket.create_connection(listener.getsockname(), timeout=LONG) as connection:
                connection.sendall(sent)
                head, _, body = _until_closed(connection).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 %d " % status), head
            assert b"content-type: application/problem+json" in head.lower()
            told = json.loads(body)
            assert (told["status"], told["title"]) == (status, title)
            assert told["detail"]


def _never_asked(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    raise AssertionError(environ["PATH_INFO"])


def _until_closed(connection: socket.socket) -> bytes:
    pieces = []
    with contextlib.suppress(ConnectionResetError):  # closed before all of it was read
        while piece := connection.recv(65_536):
            pieces.append(piece)
    return b"".join(pieces)


@pytest.mark.loopback
def test_a_whole_answer_arrives_in_one_piece_and_the_connection_goes_on(listener: socket.socket) -> None:
    with serving(plain, listener), socket.create_connection(listener.getsockname(), timeout=LONG) as connection:
        for _ in range(200):
            connection.sendall(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = connection.recv(65_536)
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
            assert answer.endswith(b"\r\n\r\nGET /a ")


@pytest.mark.loopback
def test_bodies_come_in_every_way_that_http_knows(listener: socket.socket) -> None:
    large = "x" * 1_000_000
    with serving(plain, listener):
        for body, text in ((b"abc", "abc"), (iter([b"ab", b"c"]), "abc"), (large.encode(), large)):
            connection = asked(listener, "POST", "/a%2Fb?c=d", body=body, encode_chunked=not isinstance(body, bytes))
            assert connection.getresponse().read().decode() == f"POST /a%2Fb?c=d {text}"
            connection.close()
        with socket.create_connection(listener.getsockname(), timeout=LONG) as raw:
            raw.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
            assert raw.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
            raw.sendall(b"abc")
            assert raw.recv(65_536).endswith(b"\r\n\r\nPOST / abc")
        with socket.create_connection(listener.getsockname(), timeout=LONG) as raw:
            raw.sendall(b"GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\nConnection: close\r\n\r\n")
            answers = _until_closed(raw)
            assert answers.index(b"GET /1 ") < answers.index(b"GET /2 ")


@pytest.mark.loopback
def test_probes_are_answered_while_every_other_thread_is_taken(listener: socket.socket) -> None:
    release, busy = threading.Event(), threading.Semaphore(0)

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/slow":
            busy.release()
            release.wait(LONG)
        return plain(environ, start_response)

    with serving(app, listener, threads=2):
        slow = [asked(listener, "GET", "/slow") for _ in range(4)]
        assert busy.acquire(timeout=LONG)
        assert busy.acquire(timeout=LONG)
        for path in ("/livez", "/readyz", "/metrics"):
            probe = asked(listener, "GET", path)
            assert probe.getresponse().read() == f"GET {path} ".encode()
            probe.close()
        release.set()
        assert [connection.getresponse().status for connection in slow] == [200] * 4
        for connection in slow:
            connection.close()


@pytest.mark.loopback
def test_an_answer_in_pieces_ends_when_its_reader_leaves(listener: socket.socket) -> None:
    closed = threading.Event()

    class Endless:
        def __iter__(self) -> Iterator[bytes]:
            while True:
                yield b"x" * 1000

        def close(self) -> None:
            closed.set()

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return Endless()

    with serving(app, listener):
        connection = asked(listener, "GET", "/")
        assert connection.getresponse().read(5000) == b"x" * 5000
        assert not closed.is_set()
        connection.close()
        assert closed.wait(LONG)


@pytest.mark.loopback
def test_an_application_that_fails_is_a_problem_of_ours_or_a_broken_answer(listener: socket.socket) -> None:
    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/at-once":
            raise ValueError("so it is")
        start_response("200 OK", [("Content-Type", "text/plain")])
        return (1 // 0 if i else b"x" for i in range(2))  # type: ignore[misc]

    with serving(app, listener):
        connection = asked(listener, "GET", "/at-once")
        response = connection.getresponse()
        assert (response.status, response.headers["Content-Type"]) == (500, "application/problem+json")
        assert b"so it is" not in response.read()
        connection.close()
        broken = asked(listener, "GET", "/later")
        with pytest.raises(http.client.IncompleteRead):
            broken.getresponse().read()
        broken.close()


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
