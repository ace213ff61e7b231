"""The consumer loop of every service that reads the bus, independent of Kafka.

The authoritative offsets are in the handler's store, which updates them in the transaction that applies a batch; those
committed to the bus are for display. So after a crash at any step only records that the store has not seen are
repeated, and the offsets determine which to drop.
"""

import logging
import random
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from headwater.bus.errors import Damaged, Fatal, Poison, Suspect, Transient, Unavailable
from headwater.bus.port import Consumer, Record, TopicPartition
from headwater.contracts.times import utc_now

T = TypeVar("T")
LONGEST_PAUSE = 5.0
FIRST_PAUSE = 0.1
SUSPECT_TRIES = 5
"""How often a record that fails alone is tried before it becomes a dead letter."""
_log = logging.getLogger("headwater.loop")


class Handler(Protocol[T]):
    """Handles the records of a service."""

    def positions(self) -> dict[TopicPartition, int]:
        """The next offsets in the store. Raises Transient."""
        ...

    def decode(self, record: Record) -> T:
        """Parse one record. Raises Poison; has no side effects."""
        ...

    def handle(self, items: Sequence[tuple[Record, T]], positions: Mapping[TopicPartition, int]) -> None:
        """Apply the items and move the store's offsets to `positions`, in one transaction.

        `items` may be empty when only offsets move. Raises Transient, Poison, Suspect or Fatal, and then has changed
        nothing. Any other exception counts as Suspect: no record may stop a consumer.
        """
        ...


class DeadLetterStore(Protocol):
    """Stores records that can never be handled."""

    def store(self, entries: Sequence[tuple[Record, str]]) -> None:
        """Make (record, reason) durable, each source offset once. Raises Transient or Unavailable."""
        ...


class Stop(Protocol):
    def is_set(self) -> bool: ...

    def wait(self, timeout: float) -> bool: ...


class LoopMetrics(Protocol):
    """Metrics of the loop; a service maps them to its own series."""

    def handled(self, topic: str, records: int) -> None: ...

    def applied(self, seconds: float, delay: float) -> None:
        """`seconds` to apply a batch; `delay`: seconds from the arrival of its oldest record until then."""
        ...

    def dead_lettered(self, topic: str, records: int) -> None: ...

    def retried(self, reason: str) -> None:
        """`reason`: "transient", "unavailable" or "suspect"."""
        ...


class LoopLog(Protocol):
    """Log of the loop, written once the store's offsets are past the records; both lists may be empty."""

    def applied(self, items: Sequence[tuple[Record, object]]) -> None:
        """The handler has stored these (record, item)."""
        ...

    def dead_lettered(self, entries: Sequence[tuple[Record, str]]) -> None:
        """These (record, reason) are durable among the dead letters."""
        ...


class Entry(NamedTuple, Generic[T]):
    """A polled record with its item, or with the reason why it has none."""

    record: Record
    item: T | None
    dead: str | None = None


class Loop(Generic[T]):
    """Poll, decode, dead-letter, handle, commit; again until `stop` is set.

    `pace`: minimum seconds between the starts of two batches while records arrive slowly. A batch costs a transaction
    whatever its size; after an idle moment there is no delay, and full batches follow one another at once.
    `at` is called with the name of each completed step, for tests that fail there.
    """

    def __init__(
        self,
        consumer: Consumer,
        handler: Handler[T],
        dead_letters: DeadLetterStore,
        *,
        stop: Stop,
        clock: Callable[[], int] = utc_now,
        metrics: LoopMetrics | None = None,
        log: LoopLog | None = None,
        max_records: int = 500,
        poll_timeout: float = 0.5,
        pace: float = 0.0,
        jitter: Callable[[], float] = random.random,
        at: Callable[[str], None] = lambda step: None,
    ) -> None:
        self._consumer, self._handler, self._dead_letters = consumer, handler, dead_letters
        self._stop, self._clock, self._metrics, self._log = stop, clock, metrics, log
        self._max_records, self._poll_timeout = max_records, poll_timeout
        self._jitter, self._at = jitter, at
        self._next: dict[TopicPartition, int] = {}
        self._failures = 0
        self._tries: dict[tuple[TopicPartition, int], int] = {}
        self.waits_for: Transient | Unavailable | Suspect | None = None
        """Why the last iteration stored nothing; None when it succeeded."""
        self._paused_until: int | None = None
        self._pace = int(pace * 1_000_000)
        self._next_batch = 0

    def run(self) -> None:
        """Iterate until the stop signal; the current batch is finished first. Raises Fatal, and errors of the handler
        that also occur with an empty batch."""
        try:
            while not self._stop.is_set():
                self.step()
        finally:
            self._consumer.close()

    def step(self, *, at_most: float | None = None) -> int:
        """One iteration. Returns how many records it moved past. at_most: seconds to wait for records, if fewer."""
        if self._paused_until is not None and not self._pause_is_over():
            return 0
        self._gather()
        try:
            records = self._poll(self._poll_timeout if at_most is None else min(at_most, self._poll_timeout))
            self._at("polled")
            self._next_batch = self._clock() + self._pace if 0 < len(records) < self._max_records else 0
            fresh = self._start_fresh()
            known = [r for r in records if r.source not in fresh and r.offset >= self._next[r.source]]
            self._skip_gaps(known)
            entries = [self._decode(record) for record in known]
            self._at("decoded")
            self._dead_letter([entry for entry in entries if entry.dead is not None])
            for part in self._apart(entries):
                self._apply(part)
        except (Transient, Unavailable, Suspect) as error:
            self._back_off(error)
            return 0
        if entries:
            self._failures = 0
            if self._commit(_after(entries)):
                self._at("committed")
        self.waits_for = None
        return len(entries)

    def _gather(self) -> None:
        """Let records accumulate until the next batch is due."""
        early = self._next_batch - self._clock() if self._next_batch else 0
        if 0 < early <= self._pace:  # a clock that was set back must not delay anything
            self._stop.wait(early / 1_000_000)

    def _poll(self, timeout: float) -> list[Record]:
        records = self._consumer.poll(timeout=timeout, max_records=self._max_records)
        lost = self._next.keys() - self._consumer.assigned()
        for source in lost:
            del self._next[source]
        for place in [place for place in self._tries if place[0] in lost]:
            del self._tries[place]
        return records

    def _start_fresh(self) -> frozenset[TopicPartition]:
        """Seek partitions new to this member to the store's offsets; records polled from them before are dropped."""
        fresh = self._consumer.assigned() - self._next.keys()
        if fresh:
            stored = self._handler.positions()
            start = {source: stored.get(source, 0) for source in fresh}
            self._refuse_a_shorter_log(start)
            self._consumer.seek(start)
            self._next.update(start)
            self._commit(start)
            self._at("assigned")
        return fresh

    def _skip_gaps(self, records: Sequence[Record]) -> None:
        """There are no records between the requested offset and the first one returned: never seek back before it."""
        firsts: dict[TopicPartition, int] = {}
        for record in records:
            firsts.setdefault(record.source, record.offset)
        self._next.update(firsts)

    def _refuse_a_shorter_log(self, start: Mapping[TopicPartition, int]) -> None:
        """A log that ends before the store's offset is another log: its records would be dropped as duplicates."""
        ends = self._consumer.end_offsets()
        for source, offset in start.items():
            if offset > ends.get(source, offset):
                raise Damaged(
                    f"{source.topic}/{source.partition}",
                    f"the store has seen it up to {offset}, but it ends at {ends[source]}: it was lost or replaced",
                    "restore it from a backup, or rebuild the store from the present log",
                )

    def _decode(self, record: Record) -> Entry[T]:
        try:
            return Entry(record, self._handler.decode(record))
        except Poison as poison:
            return Entry(record, None, poison.reason)
        except (Transient, Unavailable, Fatal):
            raise
        except Exception as error:
            return Entry(record, None, _surprise(error))

    def _dead_letter(self, entries: Sequence[Entry[T]]) -> None:
        if entries:
            self._dead_letters.store([(entry.record, entry.dead or "") for entry in entries])
            self._at("dead-lettered")
            if self._metrics is not None:
                for topic, count in _by_topic(entries).items():
                    self._metrics.dead_lettered(topic, count)

    def _apart(self, entries: Sequence[Entry[T]]) -> list[Sequence[Entry[T]]]:
        """The entries in order, those that failed before each alone: a time-out is incurred only once."""
        parts: list[Sequence[Entry[T]]] = []
        start = 0
        for at, (record, *_) in enumerate(entries):
            if (record.source, record.offset) in self._tries:
                parts += [entries[start:at], entries[at : at + 1]]
                start = at + 1
        return [part for part in (*parts, entries[start:]) if part]

    def _apply(self, entries: Sequence[Entry[T]]) -> None:
        """Handle in one transaction; on Poison or Suspect halve the batch until the record that causes it is alone."""
        positions = _after(entries)
        items = [(entry.record, entry.item) for entry in entries if entry.dead is None]
        began = self._clock()
        try:
            self._handle(items, positions)
        except (Poison, Suspect) as error:
            if len(items) > 1:
                half = len(entries) // 2
                self._apply(entries[:half])
                self._apply(entries[half:])
            else:
                self._dead_letter_alone(entries, error if isinstance(error, Poison) else self._doubt(entries, error))
            return
        self._next.update(positions)
        self._forget_tries(entries)
        self._at("handled")
        if self._log is not None:
            self._log.applied(items)
            self._log.dead_lettered([(entry.record, entry.dead) for entry in entries if entry.dead is not None])
        if self._metrics is not None:
            now = self._clock()
            self._metrics.applied((now - began) / 1e6, (now - min(e.record.timestamp for e in entries)) / 1e6)
            for topic, count in _by_topic(entries).items():
                self._metrics.handled(topic, count)

    def _handle(self, items: Sequence[tuple[Record, T | None]], positions: Mapping[TopicPartition, int]) -> None:
        try:
            self._handler.handle(items, positions)  # type: ignore[arg-type]  # an entry that is not dead has its item
        except (Transient, Unavailable, Poison, Suspect, Fatal):
            raise
        except Exception as error:
            if not items:
                raise  # an empty batch cannot depend on a record: a bug in the handler
            raise Suspect(_surprise(error)) from error

    def _doubt(self, entries: Sequence[Entry[T]], suspect: Suspect) -> Poison:
        """Return Poison once the only record in `entries` was tried often enough. Raises Suspect before that, and
        Transient while the store fails on an empty batch too: then the record is not the cause."""
        live = [entry.record for entry in entries if entry.dead is None]
        if not live:
            raise Transient(suspect.reason)
        try:
            self._handle([], {})
        except Suspect as error:
            raise Transient(error.reason) from error
        place = (live[0].source, live[0].offset)
        tries = self._tries[place] = self._tries.get(place, 0) + 1
        if tries < SUSPECT_TRIES:
            raise suspect
        return Poison(f"given up after {tries} tries: {suspect.reason}")

    def _forget_tries(self, entries: Iterable[Entry[T]]) -> None:
        if self._tries:
            for record, *_ in entries:
                self._tries.pop((record.source, record.offset), None)

    def _dead_letter_alone(self, entries: Sequence[Entry[T]], poison: Poison) -> None:
        """The last live one among `entries` is the culprit."""
        if all(entry.dead is not None for entry in entries):
            raise poison  # an empty batch cannot be poisoned: a bug in the handler
        culprit = [entry._replace(item=None, dead=poison.reason) for entry in entries if entry.dead is None]
        self._dead_letter(culprit)
        self._apply([entry if entry.dead is not None else culprit[0] for entry in entries])

    def _commit(self, positions: Mapping[TopicPartition, int]) -> bool:
        """The store has the offsets: the commit to the bus is for display, and may fail."""
        try:
            self._consumer.commit(positions)
        except (Transient, Unavailable):
            return False
        return True

    def _back_off(self, error: Transient | Unavailable | Suspect) -> None:
        """Seek back to what is not stored yet, and keep the partitions while the store or the bus recovers."""
        self._failures += 1
        growing = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self._failures - 1, 16))
        asked = 0.0 if isinstance(error, Suspect) else error.retry_after
        seconds = max(asked, growing) * (1 + self._jitter() / 4)
        self._paused_until = self._clock() + int(seconds * 1_000_000)
        if self.waits_for is None:
            _log.warning("waits: %s", error)
        self.waits_for = error
        if self._metrics is not None:
            self._metrics.retried(type(error).__name__.lower())
        self._rewind()

    def _pause_is_over(self) -> bool:
        """Keep polling to stay a member of the group; records of a rebalance meanwhile are read again later."""
        left = 0 if self._paused_until is None else self._paused_until - self._clock()
        if left > 0:
            timeout = min(self._poll_timeout, left / 1_000_000)
            try:
                if self._poll(timeout):
                    self._rewind()
            except (Transient, Unavailable):
                self._stop.wait(timeout)
            return False
        self._paused_until = None
        self._consumer.resume(self._consumer.assigned())
        return True

    def _rewind(self) -> None:
        assigned = self._consumer.assigned()
        self._consumer.seek({source: at for source, at in self._next.items() if source in assigned})
        self._consumer.pause(assigned)


def _surprise(error: Exception) -> str:
    """An unexpected error and where it was raised, for the reader of the dead letter."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" (in {frames[-1].name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{where}"


def _after(entries: Iterable[Entry[T]]) -> dict[TopicPartition, int]:
    """The offsets after the entries, which are in order within each partition."""
    return {entry.record.source: entry.record.offset + 1 for entry in entries}


def _by_topic(entries: Iterable[Entry[T]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for entry in entries:
        counts[entry.record.topic] = counts.get(entry.record.topic, 0) + 1
    return counts
