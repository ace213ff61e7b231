"""Read a small topic from beginning to end, beside all groups."""

import time

from headwater.bus.errors import Unavailable
from headwater.bus.port import Consumer, Record, TopicPartition

QUIET_POLLS = 20


def everything(consumer: Consumer, *, seconds: float) -> list[Record]:
    """All records of the consumer's topics up to their present end; closes the consumer.

    Raises Unavailable after `seconds` without a record.
    """
    deadline = time.monotonic() + seconds
    records: list[Record] = []
    next_offsets: dict[TopicPartition, int] = {}
    quiet = 0
    try:
        while True:
            polled = consumer.poll(timeout=0.1, max_records=500)
            records += polled
            next_offsets.update({record.source: record.offset + 1 for record in polled})
            ends = consumer.end_offsets()
            if ends and all(next_offsets.get(source, 0) >= end for source, end in ends.items()):
                return records
            quiet = 0 if polled or not ends else quiet + 1
            if quiet > QUIET_POLLS:
                return records  # what lay below the end was trimmed away
            if time.monotonic() > deadline and not polled:
                raise Unavailable("the topic could not be read in time")
    finally:
        consumer.close()
