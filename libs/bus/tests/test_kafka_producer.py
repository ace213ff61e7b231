import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from headwater.bus.kafka_connection import Connection
from headwater.bus.kafka_library import KafkaTimeoutError
from headwater.bus.kafka_producer import KafkaProducer, Waiting
from headwater.bus.port import Outgoing
from tests.patience import LONG

pytestmark = pytest.mark.loopback


class Sent:
    """A record being sent, which the test makes fail."""

    def __init__(self) -> None:
        self._told: list[Callable[[Exception], object]] = []

    def add_callback(self, told: Callable[[Any], object]) -> None:
        """Nothing succeeds here."""

    def add_errback(self, told: Callable[[Exception], object]) -> None:
        self._told.append(told)

    add_both = add_errback

    def fail(self, error: Exception) -> None:
        for told in self._told:
            told(error)


class Client:
    """The part of a client that the producer uses; the test decides the results of sends."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.closed = threading.Event()

    def send(self, topic: str, **record: Any) -> Sent:
        self.sent.append(Sent())
        return self.sent[-1]

    def close(self, timeout: float) -> None:
        assert timeout == 0
        self.closed.set()


@pytest.fixture
def address() -> Iterator[str]:
    """A listening socket, so that a connection is attempted."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def test_a_client_whose_records_expired_is_given_up_and_the_next_record_gets_a_new_one(address: str) -> None:
    clients: list[Client] = []

    def make(options: dict[str, Any]) -> Client:
        clients.append(Client())
        return clients[-1]

    connection = Connection({"bootstrap_servers": [address]}, make)
    producer = KafkaProducer(connection, lambda topic: None, Waiting())
    first = producer.send(Outgoing("t", None, b"1"))
    producer.send(Outgoing("t", None, b"2"))
    clients[0].sent[1].fail(OSError("disconnected"))
    producer.send(Outgoing("t", None, b"3"))
    assert len(clients) == 1
    clients[0].sent[0].fail(KafkaTimeoutError("expired"))
    clients[0].sent[2].fail(KafkaTimeoutError("expired"))
    assert "expired" in str(first.exception(1))
    producer.send(Outgoing("t", None, b"4"))
    assert [len(client.sent) for client in clients] == [3, 1]
    assert clients[0].closed.wait(LONG)
    assert not clients[1].closed.is_set()
