"""The acknowledged events, against what the product holds."""

import collections
from collections.abc import Iterable, Sequence
from contextlib import closing
from typing import Any, NamedTuple

import msgspec

from headwater.bus.deadletter import entries, reader
from headwater.bus.port import DEAD_LETTER_SUFFIX, Bus, Outgoing
from tests.load import Producers
from tests.patience import LONG


class Tally(NamedTuple):
    """Runs, predictions and labels that are missing or doubled."""

    acknowledged: int
    lost: int
    doubled: int

    def __str__(self) -> str:
        return f"{self.acknowledged} acknowledged, {self.lost} lost, {self.doubled} doubled"


def tally(export: Iterable[bytes], producers: Producers) -> Tally:
    """For the producers' namespace. A run that nobody sent counts as doubled, a prediction by its count."""
    runs: collections.Counter[object] = collections.Counter()
    predictions = labels = 0
    for line in export:
        record = msgspec.json.decode(line)
        if record["record"] == "run" and record["job"]["namespace"] == producers.space:
            runs[record["run_id"]] += 1
        elif record["record"] == "metric" and _counts(record, producers.space):
            predictions, labels = record["n"], record["labelled"]
    found = runs + collections.Counter({("predictions",): predictions, ("labels",): labels})
    sent: collections.Counter[object] = collections.Counter(producers.acknowledged)
    sent += collections.Counter({("predictions",): producers.predictions, ("labels",): producers.labels})
    return Tally(sent.total(), (sent - found).total(), (found - sent).total())


def _counts(record: dict[str, Any], space: str) -> bool:
    return bool(record["model"] == {"namespace": space, "name": "model"} and record["metric"] == "accuracy")


class Garbage:
    """Unreadable records put onto topics by hand, and the dead letters that they must become."""

    def __init__(self, bus: Bus, topics: Sequence[str]) -> None:
        self._bus, self._topics = bus, topics
        self._producer = bus.producer()
        self._before = {topic: self._dead_lettered(topic) for topic in topics}
        self.sent = 0

    def throw(self) -> None:
        """Append one record to each topic, durably. Raises Unavailable: then none counts."""
        records = [Outgoing(topic, b"%d" % self.sent, b"\x00\xff garbage %d" % self.sent) for topic in self._topics]
        self._producer.send_all(records, timeout=LONG)
        self.sent += 1

    def missing(self) -> dict[str, int]:
        """By topic: how many dead letters are missing; negative if some are there twice."""
        found = {topic: self.sent - self._dead_lettered(topic) + self._before[topic] for topic in self._topics}
        return {topic: missing for topic, missing in found.items() if missing}

    def _dead_lettered(self, topic: str) -> int:
        """The dead letters on their topic; each is there once if no two name the same source."""
        with closing(self._bus.consumer(group=None, topics=[topic + DEAD_LETTER_SUFFIX])) as consumer:
            consumer.poll(timeout=0, max_records=1)
            lying = sum(consumer.end_offsets().values())
        return max(lying, len(entries(reader(self._bus), topic)))
