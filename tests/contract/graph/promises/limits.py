"""Every store accepts what the gateway accepts, and answers alike; what one cannot hold is refused in both modes."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from headwater.bus.port import Outgoing, Record
from headwater.contracts import topics
from headwater.contracts.identity import ALL
from headwater.graph.sqlite import EmbeddedGraph
from headwater.graph.state.facts import Fact
from headwater.lineage_writer.handlers import DECODERS
from tests.contract.graph.longest import ALPHABETS, AT, LINEAGE, MODELS, accepted, result, text_of, unlimited
from tests.contract.graph.stores import IsolatedStore


def _facts(record: Outgoing) -> list[Fact]:
    """The facts of a record, read as the lineage-writer reads it."""
    return DECODERS[record.topic](Record(record.topic, 0, 0, record.key, record.value, record.headers, 0))[1]


def longest_facts(alphabet: str) -> Iterator[list[Fact]]:
    """The facts of the longest valid events, event by event."""
    for case in (*LINEAGE, *MODELS):
        yield _facts(case.record(text_of(alphabet, case.limit)))
    for event in unlimited(alphabet):
        yield _facts(accepted(topics.LINEAGE_EVENTS, event))
    value = msgspec.json.encode(result(alphabet))
    yield _facts(Outgoing(topics.METRIC_RESULTS, None, value))


class Limits:
    @pytest.mark.parametrize("alphabet", ALPHABETS)
    def test_the_longest_legal_events_are_taken_and_answered_as_by_any_other_store(
        self, store: IsolatedStore, tmp_path: Path, alphabet: str
    ) -> None:
        other = EmbeddedGraph(tmp_path / "other.db")
        other.ensure_schema()
        other.acquire("test")
        facts = list(longest_facts(alphabet))
        for batch in (facts[:1], facts[1:]):
            together = [fact for found in batch for fact in found]
            store.apply(together)
            other.apply(together, {})
        assert list(store.graph.export()) == list(other.export())
        written = {msgspec.json.decode(line)["record"] for line in other.export()}
        assert written >= {"node", "alias", "flow", "column_edge", "run", "model", "model_version", "metric"}
        for text in ("", text_of(alphabet, 40).casefold(), "alias", "f1"):
            pages = [_pages(graph, text) for graph in (store.graph, other)]
            assert pages[0] == pages[1]
        assert len(_pages(other, "")) > 10
        other.close()

    def test_columns_with_long_names_are_told_apart(self, store: IsolatedStore) -> None:
        long, space = "c" * 9_000, store.prefix + "n"
        source = {"namespace": space, "name": "source", "field": long}
        for end in "ab":
            lineage = {"columnLineage": {"fields": {long + end: {"inputFields": [source]}}}}
            event = {"eventTime": AT, "dataset": {"namespace": space, "name": end, "facets": lineage}}
            store.apply(_facts(accepted(topics.LINEAGE_EVENTS, event)))
        scene = store.graph.columns(store.dataset("source"), long, up=0, down=1, as_of=None, limit=10, visible=ALL)
        assert scene is not None
        assert sorted(edge.to_column or "" for edge in scene.edges) == [long + "a", long + "b"]


def _pages(graph: object, text: str) -> list[str]:
    """Ids of everything that a search finds, two per page: cursors contain the sort key of names."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = graph.search(text, limit=2, cursor=cursor, visible=ALL)  # type: ignore[attr-defined]
        found += [node.id for node in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return found
