"""What the gateway takes, every store takes, and answers alike; what one cannot hold is refused to all."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from headwater.bus.port import Record
from headwater.contracts import topics
from headwater.contracts.identity import ALL
from headwater.graph.embedded import EmbeddedGraph
from headwater.graph.facts import Fact
from headwater.lineage_writer.handlers import DECODERS
from tests.contract.graph.longest import ALPHABETS, LINEAGE, MODELS, result, text_of, unlimited
from tests.contract.graph.rooms import Room


def _facts(topic: str, value: bytes, number: int) -> list[Fact]:
    return DECODERS[topic](Record(topic, 0, number, None, value, (("event_id", b"%032d" % number),), 0))[1]


def longest_facts(alphabet: str) -> Iterator[list[Fact]]:
    """What the longest legal events assert, event by event."""
    number = 0
    for case in (*LINEAGE, *MODELS):
        number += 1
        yield _facts(case.topic, case.normalised(text_of(alphabet, case.limit)).value, number)
    for event in unlimited(alphabet):
        number += 1
        yield _facts(topics.LINEAGE_EVENTS, msgspec.json.encode(event), number)
    yield _facts(topics.METRIC_RESULTS, msgspec.json.encode(result(alphabet)), number)


class Limits:
    @pytest.mark.parametrize("alphabet", ALPHABETS)
    def test_the_longest_legal_events_are_taken_and_answered_as_by_any_other_store(
        self, room: Room, tmp_path: Path, alphabet: str
    ) -> None:
        other = EmbeddedGraph(tmp_path / "other.db")
        other.ensure_schema()
        other.acquire("test")
        facts = list(longest_facts(alphabet))
        for batch in (facts[:1], facts[1:]):
            together = [fact for found in batch for fact in found]
            room.apply(together)
            other.apply(together, {})
        assert list(room.graph.export()) == list(other.export())
        for text in ("", text_of(alphabet, 40).casefold(), "alias", "f1"):
            pages = [_pages(graph, text) for graph in (room.graph, other)]
            assert pages[0] == pages[1]
        assert len(_pages(other, "")) > 10
        other.close()

    def test_columns_with_long_names_are_told_apart(self, room: Room) -> None:
        long = "c" * 9_000
        for end in "ab":
            raw = msgspec.json.encode(
                {"eventTime": "2026-03-01T12:00:00Z", "dataset": {"namespace": room.prefix + "n", "name": end, "facets": {
                    "columnLineage": {"fields": {long + end: {"inputFields": [
                        {"namespace": room.prefix + "n", "name": "source", "field": long}]}}}}}}
            )  # fmt: skip
            room.apply(_facts(topics.LINEAGE_EVENTS, raw, ord(end)))
        scene = room.graph.columns(room.dataset("source"), long, up=0, down=1, as_of=None, limit=10, visible=ALL)
        assert scene is not None
        assert sorted(edge.to_column or "" for edge in scene.edges) == [long + "a", long + "b"]


def _pages(graph: object, text: str) -> list[str]:
    """Ids of all that a search finds, two a page: cursors hold what names are ordered by."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = graph.search(text, limit=2, cursor=cursor, visible=ALL)  # type: ignore[attr-defined]
        found += [node.id for node in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return found
