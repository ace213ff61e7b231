"""The Kafka consumer on a real broker: random bytes are dead-lettered, the rest arrives, and a restart repeats
nothing."""

import json
import time
import uuid
from typing import Any

from headwater.bus.deadletter import entries, reader
from headwater.bus.kafka import KafkaBus
from headwater.bus.port import Outgoing, TopicPartition
from headwater.bus.topics import create_all
from headwater.contracts import topics
from headwater.ingest_gateway.app import create_consumer
from headwater.ingest_gateway.service import SERVICE
from headwater.ingest_gateway.settings import Settings
from headwater.runtime.identity.feed import EMPTY
from headwater.runtime.identity.verifier import LocalIdentityFeed, Verifier
from headwater.runtime.settings import Secret
from tests.hosting import hosted

DEADLINE = 60.0


def test_the_consumer_goes_on_after_random_bytes_and_a_restart_repeats_nothing(
    kafka: str, run_event: dict[str, Any]
) -> None:
    name = uuid.uuid4().hex[:8]
    topic, namespace = f"{topics.OPENLINEAGE_EVENTS}.{name}", f"team-{name}"
    event = json.dumps(run_event | {"job": {"namespace": namespace, "name": "j"}}).encode()
    bus = KafkaBus(kafka, client_id="test")
    create_all(bus, embedded=False)
    bus.create_topics({topic: 2, f"{topic}.dead": 1})
    try:
        send(bus, topic, [b"\x00\xff random", event, event])
        run_until(bus, topic, namespace, arrived=2)
        send(bus, topic, [event])
        run_until(bus, topic, namespace, arrived=3)
        [entry] = entries(reader(bus), topic)
        assert entry.value == b"\x00\xff random"
        assert "UTF-8" in entry.reason
    finally:
        bus.close()


def send(bus: KafkaBus, topic: str, values: list[bytes]) -> None:
    bus.producer().send_all([Outgoing(topic, None, value) for value in values], timeout=30)


def run_until(bus: KafkaBus, topic: str, namespace: str, *, arrived: int) -> None:
    """One run of the consumer: it ends when exactly so many events of the namespace are in the log."""
    settings = Settings(inbound_scopes=(f"{topic}={namespace}",))
    verifier = Verifier(LocalIdentityFeed(lambda: EMPTY), Secret(""), Secret(""))
    loop = create_consumer(hosted(SERVICE, settings, bus=bus, verifier=verifier))
    assert loop is not None
    deadline = time.monotonic() + DEADLINE
    try:
        while loop.step() == 0 or count(bus, namespace) < arrived:
            assert time.monotonic() < deadline, f"{count(bus, namespace)} of {arrived} arrived"
        while loop.step():
            assert time.monotonic() < deadline
    finally:
        loop._consumer.close()
    assert count(bus, namespace) == arrived


def count(bus: KafkaBus, namespace: str) -> int:
    """Records of this test's namespace in the log."""
    consumer = bus.consumer(group=None, topics=[topics.LINEAGE_EVENTS])
    found, reached = 0, dict[TopicPartition, int]()
    while not consumer.assigned() or any(reached.get(at, 0) < end for at, end in consumer.end_offsets().items()):
        for record in consumer.poll(timeout=0.5, max_records=5000):
            found += namespace.encode() in record.value
            reached[record.source] = record.offset + 1
    consumer.close()
    return found
