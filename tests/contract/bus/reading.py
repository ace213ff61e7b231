"""Reading with a deadline: a real consumer needs a moment to join its group."""

import time
from collections.abc import Callable
from concurrent.futures import Future

from headwater.bus.port import Consumer, Outgoing, Position, Producer, Record
from tests.patience import LONG

DEADLINE = LONG


def read(consumer: Consumer, count: int, *, max_records: int = 500) -> list[Record]:
    """At least `count` records, in the order of their delivery."""
    records: list[Record] = []
    until(lambda: len(records) >= count, lambda: records.extend(consumer.poll(timeout=0.1, max_records=max_records)))
    return records


def nothing_comes(consumer: Consumer, *, polls: int = 3) -> bool:
    return not any(consumer.poll(timeout=0.1, max_records=500) for _ in range(polls))


def join(consumer: Consumer) -> None:
    """Poll until partitions are assigned; records returned meanwhile have to be read again by `seek`."""
    until(lambda: bool(consumer.assigned()), lambda: consumer.poll(timeout=0.05, max_records=1))


def until(reached: Callable[[], bool], act: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not reached():
        assert time.monotonic() < deadline, f"not reached in {DEADLINE:g} s"
        act()


def send(producer: Producer, topic: str, *values: bytes, key: bytes | None = b"k") -> list[Position]:
    """Send one after the other without waiting in between, then wait for all."""
    futures: list[Future[Position]] = [producer.send(Outgoing(topic, key, value)) for value in values]
    return [future.result(DEADLINE) for future in futures]
