import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future

import msgspec

from headwater.api_gateway.follow import Follower
from headwater.api_gateway.hub import Hub
from headwater.api_gateway.signals import TOPICS
from headwater.bus.errors import Unavailable
from headwater.bus.port import Outgoing, Position, Progress, Record, TopicPartition, Usage
from headwater.contracts.changes import GraphChange
from headwater.runtime.stop import StopSignal

GRAPH = TopicPartition("graph.changes", 0)


def change(offset: int) -> Record:
    return Record("graph.changes", 0, offset, None, msgspec.json.encode(GraphChange(change=offset)), (), 0)


class ScriptedConsumer:
    """A log of one partition that returns the records after its position."""

    def __init__(self, log: list[Record]) -> None:
        self.log = log
        self.place = 0
        self.closed = False

    def poll(self, *, timeout: float, max_records: int) -> list[Record]:
        given = self.log[self.place : self.place + max_records]
        self.place += len(given)
        return given

    def assigned(self) -> frozenset[TopicPartition]:
        return frozenset({GRAPH})

    def seek(self, positions: Mapping[TopicPartition, int]) -> None:
        self.place = positions[GRAPH]

    def end_offsets(self) -> dict[TopicPartition, int]:
        return {GRAPH: len(self.log)}

    def pause(self, partitions: object) -> None: ...
    def resume(self, partitions: object) -> None: ...
    def commit(self, positions: object) -> None:
        raise AssertionError("a stream commits nothing")

    def close(self) -> None:
        self.closed = True


class ScriptedBus:
    def __init__(self, *consumers: ScriptedConsumer | Exception) -> None:
        self.consumers = list(consumers)
        self.groups: list[str | None] = []
        self.all_joined = threading.Event()

    def consumer(self, *, group: str | None, topics: Sequence[str]) -> ScriptedConsumer:
        assert tuple(topics) == TOPICS
        self.groups.append(group)
        consumer = self.consumers.pop(0)
        if not self.consumers:
            self.all_joined.set()
        if isinstance(consumer, Exception):
            raise consumer
        return consumer

    def producer(self) -> "NoProducer":
        return NoProducer()

    def create_topics(self, partitions: Mapping[str, int]) -> list[str]:
        return []

    def progress(self, *, group: str, topics: Sequence[str]) -> Progress:
        raise AssertionError("a stream belongs to no group")

    def usage(self) -> Usage:
        raise AssertionError("a stream looks at no disk")

    def check(self) -> None: ...
    def close(self) -> None: ...


class NoProducer:
    def send(self, record: Outgoing) -> "Future[Position]":
        raise AssertionError("a stream sends nothing")

    def send_all(self, records: Sequence[Outgoing], *, timeout: float) -> list[Position]:
        raise AssertionError("a stream sends nothing")

    def close(self) -> None: ...


def told(hub: Hub, after: int = 0) -> list[int]:
    return [n.signal.data.change for n in hub.after(after, timeout=30) or []]  # type: ignore[union-attr]


def started(follower: Follower) -> threading.Thread:
    thread = threading.Thread(target=follower.run, daemon=True)
    thread.start()
    return thread


def test_what_was_said_before_the_start_is_not_told() -> None:
    hub, consumer = Hub(size=10), ScriptedConsumer([change(0), change(1)])
    follower = Follower(ScriptedBus(), hub, stop=StopSignal())
    follower.turn(consumer)
    assert hub.last() == 0
    consumer.log.append(change(2))
    follower.turn(consumer)
    assert told(hub) == [2]


def test_a_stream_process_reads_beside_all_groups() -> None:
    bus, stop = ScriptedBus(ScriptedConsumer([])), StopSignal()
    follower = Follower(bus, Hub(size=1), stop=stop)
    running = started(follower)
    assert bus.all_joined.wait(30)
    stop.set()
    running.join(30)
    assert bus.groups == [None]


def test_a_lost_bus_is_joined_again_and_streams_end_with_the_follower() -> None:
    consumer = ScriptedConsumer([])
    bus, hub, stop = ScriptedBus(Unavailable("gone"), consumer), Hub(size=10), StopSignal()
    follower = Follower(bus, hub, stop=stop, retry=0.0)
    running = started(follower)
    assert bus.all_joined.wait(30)
    stop.set()
    running.join(30)
    assert hub.closed
    assert consumer.closed
