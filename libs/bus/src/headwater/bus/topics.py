"""Creation and retention of the product's topics, from the list in contracts."""

from collections.abc import Iterable

from headwater.bus.port import DEAD_LETTER_SUFFIX, Bus
from headwater.contracts.topics import TOPICS, partitions

_RETENTION = {topic.name: topic.retention for topic in TOPICS}
HOUR_MS = 3_600_000
DEAD_LETTER_HOURS = 9_600
"""400 days: a dead letter not settled by then never will be."""


def create_all(bus: Bus, *, embedded: bool) -> list[str]:
    """Create what is missing of all topics and dead-letter topics, and return the names of the new ones."""
    return bus.create_topics(partitions(embedded=embedded))


def retention_ms(topic: str) -> int:
    """Retention of a topic; -1 is unlimited: sources of the graph are kept until there are snapshots."""
    hours = DEAD_LETTER_HOURS if topic.endswith(DEAD_LETTER_SUFFIX) else _RETENTION.get(topic)
    return -1 if hours is None else hours * HOUR_MS


def oldest_kept(topics: Iterable[str], *, now: int) -> dict[str, int]:
    """By topic the moment before which records have expired, in microseconds as `now`; none if unlimited."""
    return {topic: now - retention_ms(topic) * 1_000 for topic in topics if retention_ms(topic) >= 0}
