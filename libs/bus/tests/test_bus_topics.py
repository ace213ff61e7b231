from pathlib import Path

from headwater.bus.embedded import EmbeddedBus
from headwater.bus.topics import create_all, oldest_kept, retention_ms
from headwater.contracts.topics import TOPICS, partitions

DAY_MS = 86_400_000


def test_all_topics_of_the_list_are_created_once_with_their_dead_letters(tmp_path: Path) -> None:
    bus = EmbeddedBus(tmp_path, fsync=False)
    assert set(create_all(bus, embedded=True)) == set(partitions(embedded=True))
    assert create_all(bus, embedded=True) == []
    bus.close()


def test_sources_are_kept_for_ever_and_hints_are_not() -> None:
    assert retention_ms("lineage.events") == -1
    for_ever = {topic.name for topic in TOPICS if retention_ms(topic.name) == -1}
    assert for_ever == {"lineage.events", "lineage.edits", "model.events", "model.outputs"}
    assert all(retention_ms(topic.dead_letter) > 365 * DAY_MS for topic in TOPICS)
    assert 0 < retention_ms("graph.changes") < 8 * DAY_MS


def test_what_is_kept_for_ever_has_no_oldest_moment() -> None:
    now = 1_000_000 * DAY_MS
    assert oldest_kept(["lineage.events", "graph.changes"], now=now) == {"graph.changes": now - DAY_MS * 1_000}
