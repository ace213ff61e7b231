"""The topics of the product as a bus creates them, from the one list in contracts."""

from headwater.bus.port import Bus
from headwater.contracts.topics import TOPICS, partitions

_RETENTION = {topic.name: topic.retention for topic in TOPICS}
HOUR_MS = 3_600_000


def create_all(bus: Bus, *, embedded: bool) -> list[str]:
    """Create what is missing of all topics and dead-letter topics, and return the names of the new ones."""
    return bus.create_topics(partitions(embedded=embedded))


def retention_ms(topic: str) -> int:
    """How long a topic keeps its records; -1 for ever: the log is part of the truth, and so are dead letters."""
    hours = _RETENTION.get(topic)
    return -1 if hours is None else hours * HOUR_MS
