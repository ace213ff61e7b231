"""Dead letters: records that could not be handled are stored with the reason, listed, redriven or discarded.

A dead letter is a record on `<topic>.dead` with the original value and key. Its first headers are ours
(`source_topic`, `source_partition`, `source_offset`, `reason`, `at`, `service`), the original ones follow.
A dead letter that was redriven or discarded stays, and a settlement (`settles`, `how`, `at`) follows it.
A redriven record has the id of the first dead letter about it (`redriven`): if it fails again, it becomes one dead
letter of that service, whichever others read its topic, and however often it is sent.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from headwater.bus.dead_letter_counts import RESERVE, SETTLES, DeadLetterCounts, entry_id
from headwater.bus.dead_letter_watch import full_message
from headwater.bus.errors import Transient, Unavailable
from headwater.bus.port import DEAD_LETTER_SUFFIX, Bus, Consumer, Outgoing, Producer, Record, TopicPartition
from headwater.bus.whole import each, everything
from headwater.contracts.times import utc_now

OUR_HEADERS = 6
REASON_LIMIT = 1000
REDRIVEN = "redriven"
FULL_PAUSE = 5.0
SEND_SECONDS = 30.0

Reader = Callable[[str], Consumer]
"""A consumer of one topic beside all groups."""


class DeadLetter(NamedTuple):
    """One dead letter. `id` identifies its source; `settled`: "redriven", "discarded" or None while it waits."""

    source: TopicPartition
    offset: int
    reason: str
    at: int
    service: str
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    settled: str | None = None

    @property
    def id(self) -> str:
        return entry_id(self.service, self.source, self.offset)

    @property
    def origin(self) -> str:
        """The id of the first dead letter about this record: equal for all that result from redriving it."""
        return _origin(self.headers) or self.id


def dead_letters(bus: Bus, *, service: str, limit: int = 1000) -> "DeadLetters":
    """The dead-letter store of `service` on this bus."""
    return DeadLetters(bus.producer(), reader(bus), service=service, limit=limit)


def reader(bus: Bus) -> Reader:
    return lambda topic: bus.consumer(group=None, topics=[topic])


class DeadLetters:
    """Stores dead letters, each source offset once even when a batch is repeated after a crash.

    limit: waiting dead letters of this service for one topic. Beyond it the gateway accepts no more events of the
    topic, since so many bad records mean that the program or its input as a whole is wrong; those accepted before use a
    reserve, and what exceeds that waits in the log.
    """

    def __init__(
        self,
        producer: Producer,
        reader: Reader,
        *,
        service: str,
        limit: int = 1000,
        clock: Callable[[], int] = utc_now,
    ) -> None:
        self._producer, self._reader = producer, reader
        self._service, self._limit, self._clock = service, limit, clock
        self._known: dict[str, DeadLetterCounts] = {}
        self._spent: str | None = None

    def check(self) -> None:
        """The readiness check: raises Unavailable while records wait because the reserve is used up."""
        spent = self._spent
        if spent is not None:
            raise Unavailable(spent)

    def store(self, entries: Sequence[tuple[Record, str]]) -> None:
        """Make the dead letters durable. Raises Unavailable, or Transient when the reserve is used up, and then has
        stored none."""
        fresh = [(record, reason) for record, reason in entries if self._is_ours(record) and not self._is_known(record)]
        for topic in {record.topic for record, _ in fresh}:
            self._make_room(topic, sum(record.topic == topic for record, _ in fresh))
        self._spent = None
        now = self._clock()
        self._producer.send_all([self._letter(record, reason, now) for record, reason in fresh], timeout=SEND_SECONDS)
        for record, _ in fresh:
            entry = entry_id(self._service, record.source, record.offset)
            self._known[record.topic].add(self._service, entry)

    def _is_ours(self, record: Record) -> bool:
        """False for a record redriven for another service: this one has handled or stored the first copy."""
        origin = _origin(record.headers)
        return origin is None or origin.partition(":")[0] == self._service

    def _is_known(self, record: Record) -> bool:
        if record.topic not in self._known:
            self._read(record.topic)
        return self._known[record.topic].knows(entry_id(self._service, record.source, record.offset))

    def _make_room(self, topic: str, more: int) -> None:
        places = self._limit * (1 + RESERVE)
        if self._known[topic].waiting(self._service) + more <= places:
            return
        self._read(topic)  # some may have been settled meanwhile
        if self._known[topic].waiting(self._service) + more > places:
            self._spent = f"{full_message(topic)} (their reserve of {places - self._limit} is used up too)"
            raise Transient(self._spent, retry_after=FULL_PAUSE)

    def _read(self, topic: str) -> None:
        counts = self._known.get(topic) or DeadLetterCounts()
        consumer = self._reader(topic + DEAD_LETTER_SUFFIX)
        for record in each(consumer, seconds=SEND_SECONDS, start=counts.next):
            counts.take(record)
        self._known[topic] = counts

    def _letter(self, record: Record, reason: str, at: int) -> Outgoing:
        ours = (
            ("source_topic", record.topic.encode()),
            ("source_partition", b"%d" % record.partition),
            ("source_offset", b"%d" % record.offset),
            ("reason", reason[:REASON_LIMIT].encode(errors="replace")),
            ("at", b"%d" % at),
            ("service", self._service.encode()),
        )
        return Outgoing(record.topic + DEAD_LETTER_SUFFIX, record.key, record.value, ours + record.headers)


def entries(reader: Reader, topic: str) -> list[DeadLetter]:
    """All dead letters of a source topic, oldest first, each once."""
    found: dict[str, DeadLetter] = {}
    for record in everything(reader(topic + DEAD_LETTER_SUFFIX), seconds=SEND_SECONDS):
        if record.headers and record.headers[0][0] == SETTLES:
            settled = dict(record.headers)
            entry = found.get(settled[SETTLES].decode())
            if entry is not None:
                found[entry.id] = entry._replace(settled=settled["how"].decode())
        else:
            entry = _parse(record)
            found.setdefault(entry.id, entry)
    return list(found.values())


def waiting(bus: Bus, topic: str) -> list[DeadLetter]:
    """Dead letters of a source topic that are not settled yet, oldest first."""
    return [entry for entry in entries(reader(bus), topic) if entry.settled is None]


def show(bus: Bus, topic: str, entry_id: str) -> DeadLetter | None:
    """One dead letter, settled or not."""
    return next((entry for entry in entries(reader(bus), topic) if entry.id == entry_id), None)


def redrive(bus: Bus, topic: str, *, ids: Iterable[str] | None = None, clock: Callable[[], int] = utc_now) -> int:
    """Send waiting dead letters (those of `ids`, or all) to their topic again, unchanged. Returns how many. Dead
    letters of one origin are sent once. A crash in between may send one twice: consumers drop duplicates.
    """
    chosen = _chosen(bus, topic, ids)
    producer = bus.producer()
    again = {entry.origin: _again(entry) for entry in chosen}
    producer.send_all(list(again.values()), timeout=SEND_SECONDS)
    _settle(producer, chosen, "redriven", clock())
    return len(chosen)


def discard(bus: Bus, topic: str, *, ids: Iterable[str] | None = None, clock: Callable[[], int] = utc_now) -> int:
    """Settle waiting dead letters without redriving them. Returns how many."""
    chosen = _chosen(bus, topic, ids)
    _settle(bus.producer(), chosen, "discarded", clock())
    return len(chosen)


def _chosen(bus: Bus, topic: str, ids: Iterable[str] | None) -> list[DeadLetter]:
    wanted = None if ids is None else set(ids)
    return [entry for entry in waiting(bus, topic) if wanted is None or entry.id in wanted]


def _again(entry: DeadLetter) -> Outgoing:
    headers = tuple(header for header in entry.headers if header[0] != REDRIVEN)
    return Outgoing(entry.source.topic, entry.key, entry.value, (*headers, (REDRIVEN, entry.origin.encode())))


def _origin(headers: Iterable[tuple[str, bytes]]) -> str | None:
    return next((value.decode(errors="replace") for name, value in headers if name == REDRIVEN), None)


def _settle(producer: Producer, settled: Sequence[DeadLetter], how: str, at: int) -> None:
    records = [
        Outgoing(
            entry.source.topic + DEAD_LETTER_SUFFIX,
            entry.key,
            b"",
            ((SETTLES, entry.id.encode()), ("how", how.encode()), ("at", b"%d" % at)),
        )
        for entry in settled
    ]
    producer.send_all(records, timeout=SEND_SECONDS)


def _parse(record: Record) -> DeadLetter:
    ours = dict(record.headers[:OUR_HEADERS])
    return DeadLetter(
        TopicPartition(ours["source_topic"].decode(), int(ours["source_partition"])),
        int(ours["source_offset"]),
        ours["reason"].decode(errors="replace"),
        int(ours["at"]),
        ours["service"].decode(),
        record.key,
        record.value,
        record.headers[OUR_HEADERS:],
    )
