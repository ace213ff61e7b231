"""Limits on time and number of connections: slow clients are disconnected."""

import asyncio
import contextlib
import http.client
import json
import socket
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from headwater.runtime.stop import StopSignal
from headwater.runtime.web.connection import CLOSING_SECONDS, HEAD_BYTES, PIPELINED, LimitedConnection
from headwater.runtime.web.limits import HEAD_GRACE, ConnectionLimits, Connections, address_of
from headwater.runtime.web.serve import serve
from tests.patience import LONG

LIMITS = ConnectionLimits(
    head_seconds=10, body_seconds=20, body_rate=1000, idle_seconds=3600, connections=4, connections_per_address=3
)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Wire(asyncio.Transport):
    """A transport without a network: what was written, and how it ended."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address, self.sent, self.ended = address, b"", ""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return (self.address, 50_000) if name == "peername" else default

    def write(self, data: Any) -> None:
        self.sent += bytes(data)

    def is_closing(self) -> bool:
        return bool(self.ended)

    def close(self) -> None:
        self.ended = self.ended or "closed"

    def abort(self) -> None:
        self.ended = "aborted"

    def how(self) -> str:
        return self.ended

    @property
    def status(self) -> int | None:
        return int(self.sent.split()[1]) if self.sent else None


class Inner:
    """A double for uvicorn's protocol."""

    transport: Any = None

    def __init__(self) -> None:
        self.data, self.lost = b"", False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.data += data

    def pause_writing(self) -> None: ...

    def resume_writing(self) -> None: ...

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True


class Server:
    """A registry, and connections as a server would make them."""

    def __init__(self, limits: ConnectionLimits = LIMITS) -> None:
        self.clock = Clock()
        self.registry = Connections(limits, self.clock)

    def connect(self, address: str = "192.0.2.1") -> tuple[LimitedConnection, Wire]:
        made = LimitedConnection.__new__(LimitedConnection)
        made.connections = self.registry
        made.prepare(Inner())
        wire = Wire(address)
        made.connection_made(wire)
        return made, wire

    def after(self, seconds: float) -> None:
        self.clock.now += seconds
        self.registry.sweep()


@pytest.fixture
def server() -> Server:
    return Server()


HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def test_a_head_that_does_not_come_in_time_is_refused_and_one_that_never_began_is_closed(server: Server) -> None:
    half, half_wire = server.connect()
    _, silent_wire = server.connect()
    half.data_received(HEAD[:10])
    server.after(LIMITS.head_seconds - 1)
    half.data_received(HEAD[10:12])  # an occasional byte does not extend the time
    assert (half_wire.ended, silent_wire.ended) == ("", "")
    server.after(2)
    assert (half_wire.status, half_wire.ended) == (408, "closed")
    told = json.loads(half_wire.sent.partition(b"\r\n\r\n")[2])
    assert told["status"] == 408
    assert "10 s" in told["detail"]
    assert (silent_wire.sent, silent_wire.ended) == (b"", "closed")


def test_a_body_may_take_as_long_as_its_rate_allows(server: Server) -> None:
    connection, wire = server.connect()
    connection.data_received(b"POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n")
    connection.reads_body()
    for _ in range(50):
        connection.data_received(b"x" * 1500)
        server.after(1)
    assert not wire.ended
    for _ in range(100):
        connection.data_received(b"x")
        server.after(1)
    assert wire.status == 408
    assert wire.ended


def test_a_connection_at_rest_lives_longer_than_any_head_and_a_request_in_work_as_long_as_it_takes(
    server: Server,
) -> None:
    resting, resting_wire = server.connect()
    working, working_wire = server.connect()
    for connection in (resting, working):
        connection.data_received(HEAD)
        connection.works()
    resting.is_done()
    server.after(LIMITS.idle_seconds - 1)
    assert not resting_wire.ended
    resting.data_received(HEAD)  # the request after the pause is a request like any other
    resting.works()
    resting.is_done()
    server.after(LIMITS.idle_seconds + 1)
    assert resting_wire.how() == "aborted"
    assert not working_wire.ended


def test_who_does_not_read_the_answer_is_cut_off(server: Server) -> None:
    connection, wire = server.connect()
    connection.data_received(HEAD)
    connection.works()
    connection.pause_writing()
    server.after(LIMITS.body_seconds - 1)
    connection.resume_writing()
    server.after(LIMITS.body_seconds)
    assert not wire.ended
    connection.pause_writing()
    server.after(LIMITS.body_seconds + 1)
    assert wire.how() == "aborted"


def test_a_connection_that_will_not_close_is_cut_off(server: Server) -> None:
    connection, wire = server.connect()
    connection.data_received(b"x" * (HEAD_BYTES + 1))
    assert (wire.status, wire.ended) == (431, "closed")
    connection.data_received(HEAD)  # nothing more is received
    server.after(CLOSING_SECONDS + 1)
    assert wire.ended == "aborted"


def test_requests_that_come_in_one_piece_are_parsed_only_when_they_are_few(server: Server) -> None:
    few, few_wire = server.connect()
    few.data_received(HEAD * PIPELINED)
    assert not few_wire.ended
    many, many_wire = server.connect()
    many.data_received(HEAD * (PIPELINED + 1))
    assert (many_wire.status, many_wire.ended) == (400, "closed")
    working, working_wire = server.connect()
    working.data_received(HEAD)
    working.works()
    working.data_received(HEAD * (PIPELINED + 1))
    assert (working_wire.sent, working_wire.ended) == (b"", "closed")


def test_one_address_beyond_its_share_loses_the_connection_longest_at_rest(server: Server) -> None:
    wires = []
    for _ in range(LIMITS.connections_per_address):
        connection, wire = server.connect()
        connection.data_received(HEAD)
        connection.works()
        connection.is_done()
        wires.append(wire)
        server.after(1)
    _, newest = server.connect()
    assert [wire.ended for wire in wires] == ["closed", "", ""]
    assert not newest.ended


def test_one_address_with_all_its_connections_at_work_is_asked_to_come_back_and_others_are_not(server: Server) -> None:
    for _ in range(LIMITS.connections_per_address):
        connection, _ = server.connect()
        connection.data_received(HEAD)
        connection.works()
    _, refused = server.connect()
    _, other = server.connect("192.0.2.2")
    assert (refused.status, refused.ended) == (503, "closed")
    assert b"\r\nRetry-After: " in refused.sent
    assert not other.ended


def test_slow_heads_give_way_when_all_places_are_taken(server: Server) -> None:
    held = []
    for number in range(LIMITS.connections):
        connection, wire = server.connect(f"192.0.2.{number}")
        connection.data_received(HEAD[:10])
        held.append(wire)
    _, early = server.connect("192.0.2.100")
    server.after(HEAD_GRACE + 0.1)
    _, late = server.connect("192.0.2.101")
    assert early.status == 503
    assert not late.ended
    assert sum(wire.ended == "closed" for wire in held) == 1


def test_a_place_is_free_again_once_its_connection_is_gone(server: Server) -> None:
    for _ in range(10 * LIMITS.connections):
        connection, wire = server.connect()
        connection.data_received(HEAD)
        connection.works()
        assert not wire.sent
        connection.connection_lost(None)
    assert len(server.registry) == 0


@pytest.mark.parametrize(
    ("peer", "key"),
    [
        (("192.0.2.1", 1), "192.0.2.1"),
        (("2001:db8:1:2:3::4", 1, 0, 0), "2001:db8:1:2::/64"),
        (("2001:db8:1:2:ffff::4", 1, 0, 0), "2001:db8:1:2::/64"),
        (("::ffff:192.0.2.1", 1, 0, 0), "192.0.2.1"),
        (("fe80::1%eth0", 1, 0, 2), "fe80::/64"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_an_ipv6_caller_counts_by_network(peer: object, key: str) -> None:
    assert address_of(peer) == key


SHORT = ConnectionLimits(head_seconds=2, body_seconds=2, body_rate=1_000_000, connections=400)


def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]


@contextlib.contextmanager
def serving(limits: ConnectionLimits) -> Iterator[tuple[str, int]]:
    stop = StopSignal()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        kept = {"stop": stop, "listener": listener, "limits": limits}
        thread = threading.Thread(target=serve, args=(app,), kwargs=kept)
        thread.start()
        try:
            yield listener.getsockname()
        finally:
            stop.set()
            thread.join(LONG)
            assert not thread.is_alive()


def _until_closed(connection: socket.socket) -> bytes:
    pieces = []
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65_536):
            pieces.append(piece)
    return b"".join(pieces)


@pytest.mark.loopback
def test_half_open_requests_keep_nobody_waiting_and_end_in_time() -> None:
    with serving(SHORT) as address, contextlib.ExitStack() as closing:
        begun = [b"GET / HTTP/1.1\r\nHo", b"POST / HTTP/1.1\r\nContent-Length: 900\r\n\r\nx"]
        slow = [closing.enter_context(socket.create_connection(address, timeout=LONG)) for _ in range(200)]
        for number, connection in enumerate(slow):
            connection.sendall(begun[number % 2])
        for _ in range(20):
            quick = http.client.HTTPConnection(*address, timeout=LONG)
            quick.request("GET", "/")
            assert quick.getresponse().read() == b"ok"
            quick.close()
        # A client from which nothing arrived in time, as may happen on a busy machine, gets no response.
        ends = {_until_closed(connection).partition(b"\r\n")[0] for connection in slow}
        assert ends - {b""} == {b"HTTP/1.1 408 Request Timeout"}


@pytest.mark.loopback
def test_one_address_that_fills_its_share_leaves_the_others_theirs() -> None:
    with serving(ConnectionLimits(connections_per_address=20)) as address, contextlib.ExitStack() as closing:
        for _ in range(60):
            made = socket.create_connection(address, timeout=LONG, source_address=("127.0.0.2", 0))
            closing.enter_context(made).sendall(b"GET / HTTP/1.1\r\nHo")
        other = http.client.HTTPConnection(*address, timeout=LONG)
        other.request("GET", "/")
        assert other.getresponse().read() == b"ok"
        other.close()
