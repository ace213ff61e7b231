"""A consumer loop with test doubles for everything around it: log, store, dead letters, gauges, clock."""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence

from headwater.bus.errors import Poison, Suspect, Transient
from headwater.bus.loop import Loop
from headwater.bus.port import Record, TopicPartition

TOPIC = "t"
MOST = 100
P0, P1 = TopicPartition(TOPIC, 0), TopicPartition(TOPIC, 1)


def record(offset: int, value: bytes = b"ok", source: TopicPartition = P0) -> Record:
    return Record(*source, offset, None, value, (), 0)


class ScriptedConsumer:
    """A log in memory that serves records from the position of `seek` and records all calls."""

    def __init__(self, records: Iterable[Record], assigned: Iterable[TopicPartition] = (P0,)) -> None:
        self.log = list(records)
        self.held = set(assigned)
        self.next: dict[TopicPartition, int] = {}
        self.paused: set[TopicPartition] = set()
        self.committed: dict[TopicPartition, int] = {}
        self.failures: Iterator[Exception] = iter(())
        self.closed = False

    def poll(self, *, timeout: float, max_records: int) -> list[Record]:
        for failure in self.failures:
            raise failure
        polled: list[Record] = []
        for source in sorted(self.held - self.paused):
            for found in self.log:
                if found.source == source and found.offset >= self.next.get(source, 0) and len(polled) < max_records:
                    polled.append(found)
                    self.next[source] = found.offset + 1
        return polled

    def assigned(self) -> frozenset[TopicPartition]:
        return frozenset(self.held)

    def seek(self, positions: Mapping[TopicPartition, int]) -> None:
        assert set(positions) <= self.held
        self.next.update(positions)

    def pause(self, partitions: Iterable[TopicPartition]) -> None:
        self.paused |= set(partitions)

    def resume(self, partitions: Iterable[TopicPartition]) -> None:
        self.paused -= set(partitions)

    def commit(self, positions: Mapping[TopicPartition, int]) -> None:
        self.committed.update(positions)

    def end_offsets(self) -> dict[TopicPartition, int]:
        return {s: max((r.offset + 1 for r in self.log if r.source == s), default=0) for s in self.held}

    def close(self) -> None:
        self.closed = True


class Store:
    """Keeps items and offsets together, as in a transaction; raises one of `faults` per call, `sick` at every call."""

    def __init__(self, offsets: Mapping[TopicPartition, int] | None = None) -> None:
        self.offsets = dict(offsets or {})
        self.values: list[tuple[int, int]] = []
        self.faults: list[Exception] = []
        self.sick: Exception | None = None
        self.calls: list[int] = []

    def positions(self) -> dict[TopicPartition, int]:
        return dict(self.offsets)

    def decode(self, record: Record) -> bytes:
        if record.value == b"garbage":
            raise Poison("not ours")
        if record.value == b"unforeseen":
            raise KeyError("decoding")
        return record.value

    def handle(self, items: Sequence[tuple[Record, bytes]], positions: Mapping[TopicPartition, int]) -> None:
        self.calls.append(len(items))
        if self.faults:
            raise self.faults.pop(0)
        if self.sick is not None:
            raise self.sick
        values = {value for _, value in items}
        if b"poison" in values:
            raise Poison("cannot be applied")
        if b"heavy" in values:
            raise Suspect("it took too long")
        if b"bug" in values:
            raise OverflowError("int too large")
        self.values += [(r.partition, r.offset) for r, _ in items]
        self.offsets.update(positions)


class ListedDeadLetters:
    def __init__(self, limit: int = 100) -> None:
        self.entries: list[tuple[int, str]] = []
        self.limit = limit
        self.faults: list[Exception] = []

    def store(self, entries: Sequence[tuple[Record, str]]) -> None:
        if self.faults:
            raise self.faults.pop(0)
        if len(self.entries) + len(entries) > self.limit:
            raise Transient("dead letters are full")
        self.entries += [(r.offset, reason) for r, reason in entries]


class Gauges:
    def __init__(self) -> None:
        self.counts: dict[str, int] = {"handled": 0, "dead": 0, "retried": 0}
        self.delays: list[float] = []

    def handled(self, topic: str, records: int) -> None:
        self.counts["handled"] += records

    def applied(self, seconds: float, delay: float) -> None:
        assert seconds == 0  # the clock of these tests stands still
        self.delays.append(delay)

    def dead_lettered(self, topic: str, records: int) -> None:
        self.counts["dead"] += records

    def retried(self, reason: str) -> None:
        assert reason in ("transient", "unavailable", "suspect")
        self.counts["retried"] += 1


class NotedLog:
    """Offsets that the loop logs."""

    def __init__(self) -> None:
        self.applied_offsets: list[int] = []
        self.dead: list[tuple[int, str]] = []

    def applied(self, items: Sequence[tuple[Record, object]]) -> None:
        self.applied_offsets += [record.offset for record, _ in items]

    def dead_lettered(self, entries: Sequence[tuple[Record, str]]) -> None:
        self.dead += [(record.offset, reason) for record, reason in entries]


class Waits(threading.Event):
    """Records how long it should wait, and returns immediately."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout or 0.0)
        return self.is_set()


class LoopBench:
    """A loop with test doubles, and a clock that is moved by hand."""

    def __init__(
        self, consumer: ScriptedConsumer, store: Store | None = None, limit: int = 100, pace: float = 0.0
    ) -> None:
        self.consumer, self.store, self.dead_letters = consumer, store or Store(), ListedDeadLetters(limit)
        self.now = 1_000_000
        self.stop = Waits()
        self.gauges, self.log = Gauges(), NotedLog()
        self.steps: list[str] = []
        self.loop = Loop(
            consumer,
            self.store,
            self.dead_letters,
            stop=self.stop,
            clock=lambda: self.now,
            metrics=self.gauges,
            log=self.log,
            max_records=MOST,
            pace=pace,
            jitter=lambda: 0.0,
            at=self.steps.append,
        )

    def settle(self, turns: int = 6) -> None:
        for _ in range(turns):
            self.loop.step()
