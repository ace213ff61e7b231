"""The Kafka consumer: the same checks as over HTTP, and no record twice without a crash."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
import structlog

from headwater.bus.dead_letter_watch import DeadLetterWatch
from headwater.bus.embedded import EmbeddedBus
from headwater.bus.errors import Unavailable
from headwater.bus.port import Outgoing, Record, Span
from headwater.contracts import topics
from headwater.contracts.identity import (
    ALL,
    INSTALLATION,
    ApiKeyRecord,
    Binding,
    IdentityChanges,
    SubjectRecord,
    Visible,
)
from headwater.contracts.times import parse_instant
from headwater.ingest_gateway.acceptance import NOTE_REASONS, Sealed
from headwater.ingest_gateway.app import create_consumer
from headwater.ingest_gateway.inbound_consumer import family, inbound
from headwater.ingest_gateway.service import SERVICE
from headwater.ingest_gateway.settings import Settings
from headwater.runtime.hosting.parts import Parts
from headwater.runtime.identity.verifier import Verifier
from headwater.runtime.settings import Secret
from headwater.runtime.telemetry.series import Telemetry
from tests.hosting import hosted
from tests.patience import LONG

NOW = parse_instant("2026-03-01T12:00:00Z")
TEAM = "openlineage.events.team-a"
INBOUND = {
    **dict.fromkeys((*topics.INBOUND, TEAM), 2),
    **dict.fromkeys([f"{t}.dead" for t in (*topics.INBOUND, TEAM)], 1),
}
INTERNAL = dict.fromkeys((topics.LINEAGE_EVENTS, topics.MODEL_EVENTS, topics.PREDICTION_EVENTS), 1)


class Identity:
    """The state of keys and users from auth, and its age."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.tell()

    def tell(self, *keys: ApiKeyRecord, users: tuple[SubjectRecord, ...] = ()) -> None:
        self._state = IdentityChanges(cursor=1, jwks={"keys": []}, pepper_id="1", keys=list(keys), subjects=list(users))

    def current(self) -> IdentityChanges:
        return self._state

    def age(self) -> float:
        return self.seconds


class InboundTopics:
    """The inbound consumer on an embedded log; each `run` is a process that reads everything and ends."""

    def __init__(self, bus: EmbeddedBus) -> None:
        self.bus = bus
        self.metrics = Telemetry("ingest-gateway")
        self.identity = Identity()

    def send(self, topic: str, *values: object, headers: tuple[tuple[str, bytes], ...] = ()) -> None:
        encoded = [v if isinstance(v, bytes) else json.dumps(v).encode() for v in values]
        self.bus.producer().send_all([Outgoing(topic, b"k", value, headers) for value in encoded], timeout=LONG)

    def run(
        self, bus: Any = None, steps: int = 4, full: Callable[[str], bool] = lambda topic: False, **settings: Any
    ) -> None:
        verifier = Verifier(self.identity, Secret("pepper"), Secret(""), lambda: NOW)
        parts = hosted(
            SERVICE,
            Settings(**settings),
            bus=bus or self.bus,
            verifier=verifier,
            registry=self.metrics.registry,
            clock=lambda: NOW,
        )
        with patch.object(DeadLetterWatch, "full", lambda watch, topic: full(topic)):
            self._steps(parts, steps)

    def _steps(self, parts: Parts, steps: int) -> None:
        loop = create_consumer(parts)
        assert loop is not None
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
def endpoint(tmp_path: Path) -> Iterator[InboundTopics]:
    bus = EmbeddedBus(tmp_path / "kafka", clock=lambda: NOW, fsync=False)
    bus.create_topics(INBOUND | INTERNAL)
    yield InboundTopics(bus)
    bus.close()


def test_each_inbound_topic_goes_to_its_internal_topic(
    endpoint: InboundTopics, run_event: dict[str, Any], prediction: dict[str, Any]
) -> None:
    model = {"namespace": "n", "name": "m", "version": "1", "action": "trained", "event_time": "2026-03-01T11:00:00Z"}
    label = {"model": prediction["model"], "prediction_id": "p-1", "event_time": "2026-03-01T11:30:00Z", "label": None}
    endpoint.send(topics.OPENLINEAGE_EVENTS, run_event)
    endpoint.send(topics.HEADWATER_MODELS, model)
    endpoint.send(topics.HEADWATER_PREDICTIONS, prediction)
    endpoint.send(topics.HEADWATER_LABELS, label)
    endpoint.run()
    assert [json.loads(r.value) for r in endpoint.log(topics.LINEAGE_EVENTS)] == [run_event]
    assert [json.loads(r.value)["action"] for r in endpoint.log(topics.MODEL_EVENTS)] == ["trained"]
    assert sorted(json.loads(r.value)["type"] for r in endpoint.log(topics.PREDICTION_EVENTS)) == [
        "label",
        "prediction",
    ]


def test_a_record_carries_the_headers_that_http_gives_it(endpoint: InboundTopics, run_event: dict[str, Any]) -> None:
    endpoint.send(topics.OPENLINEAGE_EVENTS, run_event)
    endpoint.run()
    [record] = endpoint.log(topics.LINEAGE_EVENTS)
    headers = dict(record.headers)
    assert record.key == b"team-a\0daily"
    assert int(headers["received_at"]) == NOW
    assert headers["principal"] == b"kafka:openlineage.events"
    assert headers["request_id"].startswith(b"openlineage.events/")
    assert len(headers["event_id"]) == 32


def test_the_log_names_each_record_by_its_place_as_its_internal_record_does(
    endpoint: InboundTopics, run_event: dict[str, Any]
) -> None:
    endpoint.send(topics.OPENLINEAGE_EVENTS, run_event, b"no event")
    with structlog.testing.capture_logs() as lines:
        endpoint.run()
    [record] = endpoint.log(topics.LINEAGE_EVENTS)
    [applied] = [line for line in lines if line["event"] == "applied"]
    [dead] = [line for line in lines if line["event"] == "dead_lettered"]
    assert applied["requests"] == [dict(record.headers)["request_id"].decode()]
    place = f"{topics.OPENLINEAGE_EVENTS}/{dead['partition']}/{dead['offset']}"
    assert (dead["request_id"], dead["topic"]) == (place, topics.OPENLINEAGE_EVENTS)


def test_unknown_fields_are_named_in_the_record_and_counted(
    endpoint: InboundTopics, run_event: dict[str, Any], prediction: dict[str, Any]
) -> None:
    def counted(reason: str, number: float) -> bool:
        labels = f'reason="{reason}",service="ingest-gateway",transport="kafka"'
        return f"headwater_ingest_notes_total{{{labels}}} {number}".encode() in endpoint.metrics.render()

    endpoint.run()
    assert all(counted(reason, 0.0) for reason in NOTE_REASONS)
    endpoint.send(topics.HEADWATER_PREDICTIONS, prediction | {"wieght": 2}, prediction)
    endpoint.send(topics.OPENLINEAGE_EVENTS, run_event | {"colour": 1})
    endpoint.run()
    assert counted("unknown_field", 2.0)
    assert counted("mended", 0.0)
    notes = [dict(record.headers).get("notes") for record in endpoint.log(topics.PREDICTION_EVENTS)]
    assert notes == [b'["unknown field `wieght` is not read; did you mean `weight`?"]', None]
    [lineage] = endpoint.log(topics.LINEAGE_EVENTS)
    assert dict(lineage.headers)["notes"] == b'["unknown field `colour` is not read"]'


def test_random_bytes_are_dead_lettered_with_their_reason_and_the_partition_goes_on(
    endpoint: InboundTopics, run_event: dict[str, Any]
) -> None:
    endpoint.send(topics.OPENLINEAGE_EVENTS, b"\x00\xff random", run_event, {"eventTime": "2026-03-01"}, run_event)
    endpoint.run()
    assert len(endpoint.log(topics.LINEAGE_EVENTS)) == 2
    entries = endpoint.log("openlineage.events.dead")
    assert [entry.value for entry in entries] == [b"\x00\xff random", b'{"eventTime": "2026-03-01"}']
    headers = dict(entries[0].headers)
    assert headers["source_offset"] == b"0"
    assert b"UTF-8" in headers["reason"]


def test_a_member_starts_where_its_group_left_off(endpoint: InboundTopics, run_event: dict[str, Any]) -> None:
    endpoint.send(topics.OPENLINEAGE_EVENTS, run_event)
    endpoint.run()
    endpoint.run()
    endpoint.send(topics.OPENLINEAGE_EVENTS, run_event)
    endpoint.run()
    endpoint.run()
    assert len(endpoint.log(topics.LINEAGE_EVENTS)) == 2


def test_while_the_internal_topic_is_unavailable_nothing_is_lost(
    endpoint: InboundTopics, run_event: dict[str, Any]
) -> None:
    endpoint.send(topics.OPENLINEAGE_EVENTS, run_event, run_event)
    endpoint.run(bus=Broken(endpoint.bus))
    assert endpoint.log(topics.LINEAGE_EVENTS) == []
    endpoint.run()
    assert len(endpoint.log(topics.LINEAGE_EVENTS)) == 2


@pytest.mark.parametrize("full", [topics.LINEAGE_EVENTS, topics.OPENLINEAGE_EVENTS])
def test_a_topic_whose_dead_letters_are_full_waits_and_all_others_go_on(
    endpoint: InboundTopics, run_event: dict[str, Any], prediction: dict[str, Any], full: str
) -> None:
    endpoint.run(steps=2)
    endpoint.send(topics.OPENLINEAGE_EVENTS, run_event)
    endpoint.send(topics.HEADWATER_PREDICTIONS, prediction)
    endpoint.run(steps=6, full=lambda topic: topic == full)
    assert endpoint.log(topics.LINEAGE_EVENTS) == []
    assert len(endpoint.log(topics.PREDICTION_EVENTS)) == 1
    endpoint.run(steps=6)
    assert len(endpoint.log(topics.LINEAGE_EVENTS)) == 1
    assert len(endpoint.log(topics.PREDICTION_EVENTS)) == 1


def test_a_topic_that_waited_is_read_again_without_a_restart(
    endpoint: InboundTopics, run_event: dict[str, Any]
) -> None:
    looks = iter([True] * 8)
    endpoint.send(topics.OPENLINEAGE_EVENTS, run_event)
    endpoint.run(steps=12, full=lambda topic: topic == topics.LINEAGE_EVENTS and next(looks, False))
    assert len(endpoint.log(topics.LINEAGE_EVENTS)) == 1


def test_a_topic_of_one_producer_passes_only_its_namespaces(endpoint: InboundTopics, run_event: dict[str, Any]) -> None:
    foreign = run_event | {"job": {"namespace": "team-b", "name": "j"}}
    endpoint.send(TEAM, run_event, foreign)
    endpoint.run(inbound_scopes=(f"{TEAM}=team-a",))
    assert [json.loads(r.value)["job"]["namespace"] for r in endpoint.log(topics.LINEAGE_EVENTS)] == ["team-a"]
    [entry] = endpoint.log(f"{TEAM}.dead")
    assert b"team-b" in dict(entry.headers)["reason"]


def test_scopes_name_topics_after_the_four_and_a_topic_may_have_several_prefixes() -> None:
    scopes = inbound((f"{TEAM}=team-a", f"{TEAM}=shared", "headwater.models=team-a"))
    assert scopes[TEAM] == Visible(prefixes=("team-a", "shared"))
    assert scopes["headwater.models"] == Visible(prefixes=("team-a",))
    assert scopes["openlineage.events"] == ALL
    assert family("openlineage.eventsx") is None
    for wrong in ("openlineage.events", "unknown.topic=team"):
        with pytest.raises(ValueError, match="inbound_scopes"):
            inbound((wrong,))


OWNED = (f"{TEAM}=key:k1",)
EVERYWHERE = ApiKeyRecord(id="k1", owner=INSTALLATION, digest="", permissions=("ingest:write", "dataset:annotate"))
SCOPED = ApiKeyRecord(id="k1", owner=INSTALLATION, digest="", permissions=("ingest:write",), prefixes=("team-a",))
BOB = SubjectRecord(subject="bob", epoch=1, disabled=False, bindings=(Binding("steward", "team-a"),))


def tagged(event: dict[str, Any]) -> dict[str, Any]:
    tags = {"tags": {"tags": [{"key": "pii"}]}}
    return event | {"outputs": [{"namespace": "team-a", "name": "t", "facets": tags}]}


def test_a_topic_of_a_principal_passes_what_the_principal_holds(
    endpoint: InboundTopics, run_event: dict[str, Any]
) -> None:
    endpoint.identity.tell(EVERYWHERE)
    endpoint.send(TEAM, tagged(run_event))
    endpoint.run(inbound_principals=OWNED)
    endpoint.identity.tell(SCOPED)
    endpoint.send(TEAM, tagged(run_event), run_event | {"job": {"namespace": "team-b", "name": "j"}})
    endpoint.run(inbound_principals=OWNED)
    first, second = (dict(record.headers) for record in endpoint.log(topics.LINEAGE_EVENTS))
    assert (first["principal"], first["grants"]) == (b"key:k1", b"*")
    assert second["grants"] == b"{}"
    assert b"tags of team-a/t was not applied" in second["notes"]
    [entry] = endpoint.log(f"{TEAM}.dead")
    assert b"team-b" in dict(entry.headers)["reason"]


def test_a_topic_of_a_user_passes_what_their_roles_give(endpoint: InboundTopics, run_event: dict[str, Any]) -> None:
    endpoint.identity.tell(users=(BOB,))
    endpoint.send(TEAM, tagged(run_event))
    endpoint.run(inbound_principals=(f"{TEAM}=bob",))
    headers = dict(endpoint.log(topics.LINEAGE_EVENTS)[0].headers)
    assert (headers["principal"], headers["grants"]) == (b"bob", b'{"annotate":["team-a"]}')


@pytest.mark.parametrize(
    "known",
    [
        (msgspec.structs.replace(EVERYWHERE, revoked=True),),
        (msgspec.structs.replace(EVERYWHERE, expires_at=NOW),),
        (msgspec.structs.replace(EVERYWHERE, permissions=("lineage:read",)),),
        (msgspec.structs.replace(EVERYWHERE, id="another"),),
    ],
    ids=["revoked", "expired", "reads", "unknown"],
)
def test_what_a_principal_does_not_hold_any_more_is_dead_lettered_as_forbidden(
    endpoint: InboundTopics, run_event: dict[str, Any], known: tuple[ApiKeyRecord, ...]
) -> None:
    endpoint.identity.tell(*known)
    endpoint.send(TEAM, run_event)
    endpoint.run(inbound_principals=OWNED)
    assert endpoint.log(topics.LINEAGE_EVENTS) == []
    assert len(endpoint.log(f"{TEAM}.dead")) == 1
    forbidden = 'headwater_ingest_refusals_total{reason="forbidden",service="ingest-gateway",transport="kafka"} 1.0'
    assert forbidden.encode() in endpoint.metrics.render()


def test_the_records_of_a_disabled_user_are_dead_lettered_as_forbidden(
    endpoint: InboundTopics, run_event: dict[str, Any]
) -> None:
    endpoint.identity.tell(users=(msgspec.structs.replace(BOB, disabled=True),))
    endpoint.send(TEAM, run_event)
    endpoint.run(inbound_principals=(f"{TEAM}=bob",))
    [entry] = endpoint.log(f"{TEAM}.dead")
    assert (
        dict(entry.headers)["reason"] == b"forbidden: openlineage.events.team-a belongs to bob. The user is disabled."
    )


def test_while_auth_is_silent_for_too_long_records_of_a_principal_wait(
    endpoint: InboundTopics, run_event: dict[str, Any]
) -> None:
    endpoint.identity.tell(EVERYWHERE)
    endpoint.identity.seconds = 901.0
    endpoint.send(TEAM, run_event)
    endpoint.run(inbound_principals=OWNED)
    assert (endpoint.log(topics.LINEAGE_EVENTS), endpoint.log(f"{TEAM}.dead")) == ([], [])
    endpoint.identity.seconds = 899.0
    endpoint.run(inbound_principals=OWNED)
    assert (len(endpoint.log(topics.LINEAGE_EVENTS)), endpoint.log(f"{TEAM}.dead")) == (1, [])


def test_through_a_topic_without_a_principal_nobody_annotates(
    endpoint: InboundTopics, run_event: dict[str, Any]
) -> None:
    endpoint.send(topics.OPENLINEAGE_EVENTS, tagged(run_event))
    endpoint.run()
    headers = dict(endpoint.log(topics.LINEAGE_EVENTS)[0].headers)
    assert headers["grants"] == b"{}"
    assert b"dataset:annotate is not granted" in headers["notes"]


def test_headers_that_a_producer_sends_are_not_passed_on(endpoint: InboundTopics, run_event: dict[str, Any]) -> None:
    forged = (("grants", b"*"), ("principal", b"admin"), ("event_id", b"0" * 32), ("settles", b"x"))
    endpoint.send(topics.OPENLINEAGE_EVENTS, tagged(run_event), headers=forged)
    endpoint.run()
    [record] = endpoint.log(topics.LINEAGE_EVENTS)
    names = [name for name, _ in record.headers]
    assert names == ["event_id", "received_at", "principal", "request_id", "grants", "notes"]
    assert dict(record.headers)["grants"] == b"{}"
    assert dict(record.headers)["principal"] == b"kafka:openlineage.events"


def test_a_topic_belongs_to_one_principal_or_has_scopes() -> None:
    assert inbound((), (f"{TEAM}=key:k1",))[TEAM] == "key:k1"
    for scopes, principals in (
        ((f"{TEAM}=team-a",), (f"{TEAM}=key:k1",)),
        ((), (f"{TEAM}=key:k1", f"{TEAM}=bob")),
        ((), (f"{TEAM}=",)),
        ((), ("unknown.topic=bob",)),
    ):
        with pytest.raises(ValueError, match="inbound_principals"):
            inbound(scopes, principals)


class Broken:
    """A bus whose producer fails."""

    def __init__(self, bus: EmbeddedBus) -> None:
        self._bus = bus

    def producer(self) -> "Broken":
        return self

    def consumer(self, **wanted: Any) -> Any:
        return self._bus.consumer(**wanted)

    def send_all(self, records: list[Sealed], *, timeout: float) -> None:
        raise Unavailable("out of order")


def test_a_consumer_that_starts_leaves_what_its_group_committed(
    endpoint: InboundTopics, run_event: dict[str, Any]
) -> None:
    endpoint.send("openlineage.events", run_event, run_event)
    endpoint.run()
    endpoint.run()
    spans = endpoint.bus.progress(group="ingest-gateway", topics=["openlineage.events"]).spans()
    assert max(spans.values()) == Span(2, 2)
