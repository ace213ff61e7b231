"""The Kafka door: the same checks as over HTTP, and no record twice without a crash."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headwater.bus.deadletter import dead_letters
from headwater.bus.embedded import EmbeddedBus
from headwater.bus.errors import Unavailable
from headwater.bus.port import Outgoing, Record
from headwater.contracts import topics
from headwater.contracts.times import parse_instant
from headwater.ingest_gateway.app import create_consumer
from headwater.ingest_gateway.doors import Sealed
from headwater.ingest_gateway.kafka_door import family, inbound
from headwater.ingest_gateway.settings import Settings
from headwater.runtime.metrics import Metrics
from headwater.runtime.stop import StopSignal
from tests.patience import LONG

NOW = parse_instant("2026-03-01T12:00:00Z")
TEAM = "openlineage.events.team-a"
INBOUND = {
    **dict.fromkeys((*topics.INBOUND, TEAM), 2),
    **dict.fromkeys([f"{t}.dead" for t in (*topics.INBOUND, TEAM)], 1),
}
INTERNAL = dict.fromkeys((topics.LINEAGE_EVENTS, topics.MODEL_EVENTS, topics.PREDICTION_EVENTS), 1)


class Door:
    """The door on an embedded log; each `run` is a process that reads all there is and ends."""

    def __init__(self, bus: EmbeddedBus) -> None:
        self.bus = bus
        self.metrics = Metrics("ingest-gateway")

    def send(self, topic: str, *values: object) -> None:
        encoded = [v if isinstance(v, bytes) else json.dumps(v).encode() for v in values]
        self.bus.producer().send_all([Outgoing(topic, b"k", value) for value in encoded], timeout=LONG)

    def run(self, bus: Any = None, steps: int = 4, **settings: Any) -> None:
        loop = create_consumer(
            Settings(**settings),
            bus=bus or self.bus,
            dead_letters=dead_letters(self.bus, service="ingest-gateway"),
            stop=StopSignal(),
            metrics=self.metrics,
            clock=lambda: NOW,
        )
        try:
            for _ in range(steps):
                loop.step()
        finally:
            loop._consumer.close()

    def log(self, topic: str) -> list[Record]:
        consumer = self.bus.consumer(group=None, topics=[topic])
        records = consumer.poll(timeout=0.0, max_records=1000)
        consumer.close()
        return records


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    bus = EmbeddedBus(tmp_path / "kafka", clock=lambda: NOW, fsync=False)
    bus.create_topics(INBOUND | INTERNAL)
    yield Door(bus)
    bus.close()


def test_each_inbound_topic_goes_to_its_internal_topic(
    door: Door, run_event: dict[str, Any], prediction: dict[str, Any]
) -> None:
    model = {"namespace": "n", "name": "m", "version": "1", "action": "trained", "event_time": "2026-03-01T11:00:00Z"}
    label = {"model": prediction["model"], "prediction_id": "p-1", "event_time": "2026-03-01T11:30:00Z", "label": None}
    door.send(topics.OPENLINEAGE_EVENTS, run_event)
    door.send(topics.HEADWATER_MODELS, model)
    door.send(topics.HEADWATER_PREDICTIONS, prediction)
    door.send(topics.HEADWATER_LABELS, label)
    door.run()
    assert [json.loads(r.value) for r in door.log(topics.LINEAGE_EVENTS)] == [run_event]
    assert [json.loads(r.value)["action"] for r in door.log(topics.MODEL_EVENTS)] == ["trained"]
    assert sorted(json.loads(r.value)["type"] for r in door.log(topics.PREDICTION_EVENTS)) == ["label", "prediction"]


def test_a_record_carries_the_headers_that_http_gives_it(door: Door, run_event: dict[str, Any]) -> None:
    door.send(topics.OPENLINEAGE_EVENTS, run_event)
    door.run()
    [record] = door.log(topics.LINEAGE_EVENTS)
    headers = dict(record.headers)
    assert record.key == b"team-a\0daily"
    assert int(headers["received_at"]) == NOW
    assert headers["principal"] == b"kafka:openlineage.events"
    assert headers["request_id"].startswith(b"openlineage.events/")
    assert len(headers["event_id"]) == 32


def test_random_bytes_are_buried_with_their_reason_and_the_partition_goes_on(
    door: Door, run_event: dict[str, Any]
) -> None:
    door.send(topics.OPENLINEAGE_EVENTS, b"\x00\xff random", run_event, {"eventTime": "2026-03-01"}, run_event)
    door.run()
    assert len(door.log(topics.LINEAGE_EVENTS)) == 2
    letters = door.log("openlineage.events.dead")
    assert [letter.value for letter in letters] == [b"\x00\xff random", b'{"eventTime": "2026-03-01"}']
    headers = dict(letters[0].headers)
    assert headers["source_offset"] == b"0"
    assert b"UTF-8" in headers["reason"]


def test_a_member_starts_where_its_group_left_off(door: Door, run_event: dict[str, Any]) -> None:
    door.send(topics.OPENLINEAGE_EVENTS, run_event)
    door.run()
    door.run()
    door.send(topics.OPENLINEAGE_EVENTS, run_event)
    door.run()
    door.run()
    assert len(door.log(topics.LINEAGE_EVENTS)) == 2


def test_while_the_internal_topic_is_unavailable_nothing_is_lost(door: Door, run_event: dict[str, Any]) -> None:
    door.send(topics.OPENLINEAGE_EVENTS, run_event, run_event)
    door.run(bus=Broken(door.bus))
    assert door.log(topics.LINEAGE_EVENTS) == []
    door.run()
    assert len(door.log(topics.LINEAGE_EVENTS)) == 2


def test_a_topic_of_one_producer_passes_only_its_namespaces(door: Door, run_event: dict[str, Any]) -> None:
    foreign = run_event | {"job": {"namespace": "team-b", "name": "j"}}
    door.send(TEAM, run_event, foreign)
    door.run(inbound_scopes=(f"{TEAM}=team-a",))
    assert [json.loads(r.value)["job"]["namespace"] for r in door.log(topics.LINEAGE_EVENTS)] == ["team-a"]
    [letter] = door.log(f"{TEAM}.dead")
    assert b"team-b" in dict(letter.headers)["reason"]


def test_scopes_name_topics_after_the_four_and_a_topic_may_have_several_prefixes() -> None:
    scopes = inbound((f"{TEAM}=team-a", f"{TEAM}=shared", "headwater.models=team-a"))
    assert scopes[TEAM].prefixes == ("team-a", "shared")
    assert scopes["headwater.models"].prefixes == ("team-a",)
    assert scopes["openlineage.events"].everything
    assert family("openlineage.eventsx") is None
    for wrong in ("openlineage.events", "unknown.topic=team"):
        with pytest.raises(ValueError, match="inbound_scopes"):
            inbound((wrong,))


class Broken:
    """A bus whose producer is out of order."""

    def __init__(self, bus: EmbeddedBus) -> None:
        self._bus = bus

    def producer(self) -> "Broken":
        return self

    def consumer(self, **wanted: Any) -> Any:
        return self._bus.consumer(**wanted)

    def send_all(self, records: list[Sealed], *, timeout: float) -> None:
        raise Unavailable("out of order")
