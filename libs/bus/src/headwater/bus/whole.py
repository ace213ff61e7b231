"""Read a small topic from beginning to end, without a group."""

import time
from collections.abc import Iterator, Mapping

from headwater.bus.errors import Unavailable
from headwater.bus.port import Consumer, Record, TopicPartition

QUIET_POLLS = 20
NO_OFFSETS: Mapping[TopicPartition, int] = {}


def everything(consumer: Consumer, *, seconds: float) -> list[Record]:
    """All records of the consumer's topics up to their current end; closes the consumer.

    Raises Unavailable when a poll finds nothing after `seconds` in all, and the end was not reached.
    """
    return list(each(consumer, seconds=seconds))


def each(consumer: Consumer, *, seconds: float, start: Mapping[TopicPartition, int] = NO_OFFSETS) -> Iterator[Record]:
    """As `everything`, a few records in memory at a time, from the offsets of `start` on."""
    deadline = time.monotonic() + seconds
    next_offsets = dict(start)
    quiet = 0
    try:
        if start:
            consumer.seek(start)
        while True:
            polled = consumer.poll(timeout=0.1, max_records=500)
            yield from polled
            next_offsets.update({record.source: record.offset + 1 for record in polled})
            ends = consumer.end_offsets()
            if ends and all(next_offsets.get(source, 0) >= end for source, end in ends.items()):
                return
            quiet = 0 if polled or not ends else quiet + 1
            if quiet > QUIET_POLLS:
                return  # the records below the end were trimmed
            if time.monotonic() > deadline and not polled:
                raise Unavailable("the topic could not be read in time")
    finally:
        consumer.close()
