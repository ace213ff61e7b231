from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import msgspec
import pytest

from headwater.bus.errors import BusError, Fatal, Poison, Suspect, Transient
from headwater.bus.port import Outgoing, Position, Record, TopicPartition
from headwater.contracts.changes import GraphChange
from headwater.contracts.identity import ALL
from headwater.contracts.keys import job_key, model_key
from headwater.graph.errors import BatchFailed, BatchRefused, GraphError, GraphUnavailable
from headwater.graph.sqlite import EmbeddedGraph
from headwater.lineage_writer.handlers import LineageHandler
from headwater.runtime.telemetry.series import Telemetry

EVENT = (
    b'{"eventTime":"2026-01-01T00:00:00Z","eventType":"COMPLETE","run":{"runId":"r"},'
    b'"job":{"namespace":"n","name":"j"}}'
)
SOURCE = TopicPartition("lineage.events", 0)


class Hints:
    """A producer that records what it sends."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []

    def send(self, record: Outgoing) -> "Future[Position]":
        self.sent.append(record)
        done: Future[Position] = Future()
        done.set_result(Position(record.topic, 0, len(self.sent)))
        return done

    def send_all(self, records: object, *, timeout: float) -> list[Position]:
        raise NotImplementedError

    def close(self) -> None: ...


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[EmbeddedGraph]:
    graph = EmbeddedGraph(tmp_path / "graph.db")
    graph.ensure_schema()
    yield graph
    graph.close()


@pytest.fixture
def hints() -> Hints:
    return Hints()


@pytest.fixture
def metrics() -> Telemetry:
    return Telemetry("lineage-writer")


@pytest.fixture
def handler(graph: EmbeddedGraph, hints: Hints, metrics: Telemetry) -> LineageHandler:
    handler = LineageHandler(graph, hints, owner="test", metrics=metrics)
    handler.positions()
    return handler


def record(value: bytes, topic: str = "lineage.events", offset: int = 0) -> Record:
    return Record(topic, 0, offset, None, value, (("event_id", b"0" * 32),), 0)


def test_a_batch_moves_graph_and_offsets_together(graph: EmbeddedGraph, handler: LineageHandler) -> None:
    first = record(EVENT)
    handler.handle([(first, handler.decode(first))], {SOURCE: 1})
    assert handler.positions() == {SOURCE: 1}
    assert graph.get(job_key("n", "j").id, visible=ALL) is not None


def test_offsets_move_where_nothing_else_does(handler: LineageHandler, hints: Hints) -> None:
    handler.handle([], {SOURCE: 7})
    assert handler.positions() == {SOURCE: 7}
    assert hints.sent == []


def test_a_change_is_hinted_after_it_is_stored(graph: EmbeddedGraph, handler: LineageHandler, hints: Hints) -> None:
    first = record(EVENT)
    handler.handle([(first, handler.decode(first))], {SOURCE: 1})
    hint = msgspec.json.decode(hints.sent[0].value, type=GraphChange)
    assert hints.sent[0].topic == "graph.changes"
    assert hint.change == graph.change()
    assert job_key("n", "j").id in hint.ids


@pytest.mark.parametrize(
    ("topic", "value"),
    [
        ("lineage.events", b"\xff\x00 nonsense"),
        ("lineage.events", b'{"job":{"namespace":"n","name":"j"}}'),
        ("lineage.events", EVENT.replace(b"2026-01-01T00:00:00Z", b"yesterday")),
        ("lineage.events", b"[" * 100_000),
        ("model.events", b"{}"),
        ("model.outputs", b"{}"),
        ("metric.results", b"[]"),
        ("alert.events", b"null"),
    ],
)
def test_an_unreadable_record_is_poison_with_its_reason(handler: LineageHandler, topic: str, value: bytes) -> None:
    with pytest.raises(Poison) as caught:
        handler.decode(record(value, topic))
    assert caught.value.reason.startswith(topic)


def test_own_events_reach_the_graph(graph: EmbeddedGraph, handler: LineageHandler) -> None:
    model = {"namespace": "n", "name": "m"}
    window = {"start": 0, "end": 9}
    value = {"metric": "f1", "definition": "f1@1", "value": 0.5, "n": 3, "labelled": 3}
    records = [
        record(msgspec.json.encode(body), topic)
        for topic, body in (
            ("model.events", {**model, "version": "1", "action": "deployed", "event_time": 5, "task": "binary"}),
            ("model.outputs", {**model, "version": "1", "output": {"namespace": "n", "name": "out"}, "event_time": 6}),
            (
                "metric.results",
                {
                    "id": "p",
                    "model": model,
                    "version": "1",
                    "source": "computed",
                    "window": window,
                    "revision": 1,
                    "computed_at": 9,
                    "results": [value],
                },
            ),
        )
    ]
    handler.handle([(r, handler.decode(r)) for r in records], {})
    detail = graph.model(model_key("n", "m").id, visible=ALL)
    assert detail is not None
    assert (detail.task, detail.deployed_version) == ("binary", "1")
    assert [node.name for node in detail.version_list[0].outputs] == ["out"]


def test_a_writer_that_was_overtaken_stops(graph: EmbeddedGraph, handler: LineageHandler, metrics: Telemetry) -> None:
    active = 'headwater_active_writer{service="lineage-writer"}'
    assert f"{active} 1.0" in metrics.render().decode()
    graph_elsewhere = EmbeddedGraph(graph._path)
    graph_elsewhere.acquire("other")
    first = record(EVENT)
    with pytest.raises(Fatal, match="another"):
        handler.handle([(first, handler.decode(first))], {SOURCE: 1})
    assert f"{active} 0.0" in metrics.render().decode()
    graph_elsewhere.close()


def test_a_store_that_does_not_answer_is_tried_again(graph: EmbeddedGraph, handler: LineageHandler) -> None:
    graph.close()
    with pytest.raises(Transient):
        handler.handle([], {SOURCE: 1})


@pytest.mark.parametrize(
    ("error", "meant"),
    [
        (BatchRefused("too large to index"), Poison),
        (BatchFailed("it took too long"), Suspect),
        (GraphUnavailable("away"), Transient),
    ],
)
def test_the_error_of_the_store_decides_what_becomes_of_the_records(
    graph: EmbeddedGraph,
    handler: LineageHandler,
    monkeypatch: pytest.MonkeyPatch,
    error: GraphError,
    meant: type[BusError],
) -> None:
    def apply(facts: object, offsets: object) -> None:
        raise error

    monkeypatch.setattr(graph, "apply", apply)
    with pytest.raises(meant, match=str(error)):
        handler.handle([], {SOURCE: 1})


def test_a_number_that_the_file_cannot_hold_is_refused_and_the_graph_continues(
    graph: EmbeddedGraph, handler: LineageHandler
) -> None:
    """The gateway accepts nothing so large: this shows what a mistake in its limits would cause."""
    body = {"namespace": "n", "name": "m", "version": "1", "output": {"namespace": "n", "name": "o"}}
    huge = record(msgspec.json.encode({**body, "event_time": 2**63}), "model.outputs")
    with pytest.raises(Poison, match="cannot store"):
        handler.handle([(huge, handler.decode(huge))], {})
    first = record(EVENT)
    handler.handle([(first, handler.decode(first))], {SOURCE: 1})
    assert handler.positions() == {SOURCE: 1}
