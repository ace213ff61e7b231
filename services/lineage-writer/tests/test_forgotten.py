from pathlib import Path

import msgspec
import pytest

from headwater.bus.embedded import EmbeddedBus
from headwater.bus.errors import Fatal, Poison
from headwater.bus.port import Outgoing, Record
from headwater.contracts.edits import ForgetNamespaces
from headwater.contracts.topics import LINEAGE_EDITS
from headwater.graph.sqlite import EmbeddedGraph
from headwater.lineage_writer.forgotten import forget, read_forgotten
from headwater.lineage_writer.handlers import LineageHandler
from headwater.runtime.telemetry.series import Telemetry
from tests.patience import LONG


def edit(*namespaces: str, before: int) -> bytes:
    return msgspec.json.encode(ForgetNamespaces(namespaces=list(namespaces), received_before=before, actor="test"))


def test_the_last_edit_of_a_namespace_holds_and_what_is_no_edit_is_passed_over(tmp_path: Path) -> None:
    bus = EmbeddedBus(tmp_path)
    assert read_forgotten(bus) == {}
    bus.create_topics({LINEAGE_EDITS: 1})
    values = [edit("a", "b", before=5), edit("a", before=9), edit("b", before=2), b"not an edit"]
    bus.producer().send_all([Outgoing(LINEAGE_EDITS, None, value) for value in values], timeout=LONG)
    assert read_forgotten(bus) == {"a": 9, "b": 5}
    forget(bus, ["b"], before=7, actor="test")
    assert read_forgotten(bus) == {"a": 9, "b": 7}
    bus.close()


@pytest.mark.parametrize(
    ("topic", "value"),
    [
        ("lineage.events", b'{"eventTime":"2026-01-01T00:00:00Z","job":{"namespace":"gone","name":"j"}}'),
        ("lineage.events", b'{"eventTime":"2026-01-01T00:00:00Z","dataset":{"namespace":"gone","name":"d"}}'),
        ("model.events", b'{"namespace":"gone","name":"m","version":"1","action":"trained","event_time":1}'),
    ],
)
def test_only_records_from_before_the_edit_are_skipped(tmp_path: Path, topic: str, value: bytes) -> None:
    graph = EmbeddedGraph(tmp_path / "graph.db")
    graph.ensure_schema()
    handler = LineageHandler(graph, None, owner="test", metrics=Telemetry("test"), forgotten=lambda: {"gone": 100})
    handler.positions()
    assert handler.decode(_arrived(topic, value, at=99)) == []
    assert handler.decode(_arrived(topic, value, at=100))
    assert handler.decode(_arrived(topic, value.replace(b'"gone"', b'"kept"'), at=99))
    graph.close()


def test_a_writer_that_was_fenced_learns_it_from_the_next_edit(tmp_path: Path) -> None:
    graph, other = EmbeddedGraph(tmp_path / "graph.db"), EmbeddedGraph(tmp_path / "graph.db")
    graph.ensure_schema()
    handler = LineageHandler(graph, None, owner="test", metrics=Telemetry("test"))
    handler.positions()
    record = _arrived(LINEAGE_EDITS, edit(before=0), at=1)
    handler.handle([(record, handler.decode(record))], {record.source: 1})
    other.acquire("rebuild")
    with pytest.raises(Fatal):
        handler.handle([(record, handler.decode(record))], {record.source: 2})
    with pytest.raises(Poison):
        handler.decode(_arrived(LINEAGE_EDITS, b"no edit", at=1))
    graph.close()
    other.close()


def _arrived(topic: str, value: bytes, *, at: int) -> Record:
    return Record(topic, 0, 0, None, value, (), at)
