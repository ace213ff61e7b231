from pathlib import Path

from headwater.bus.embedded import EmbeddedBus
from headwater.bus.topics import create_all, retention_ms
from headwater.contracts.topics import partitions


def test_all_topics_of_the_list_are_created_once_with_their_dead_letters(tmp_path: Path) -> None:
    bus = EmbeddedBus(tmp_path, fsync=False)
    assert set(create_all(bus, embedded=True)) == set(partitions(embedded=True))
    assert create_all(bus, embedded=True) == []
    bus.close()


def test_truth_is_kept_for_ever_and_hints_are_not() -> None:
    assert retention_ms("lineage.events") == -1
    assert retention_ms("lineage.events.dead") == -1
    assert 0 < retention_ms("graph.changes") < 8 * 24 * 3_600_000
