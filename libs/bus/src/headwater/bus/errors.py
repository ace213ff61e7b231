"""What can go wrong on the bus, and what the loop does about it.

BusError
├── Transient(retry_after)   the other side is unwell: slow down, try again
│   └── DiskFull             a disk has no room: the same, until it has; Unavailable to producers
├── Poison(reason)           this record can never be handled: dead-letter it, go on
├── Suspect(reason)          the store failed, and the batch may be why: try less at once, and a record alone a few times
├── RecordTooLarge           the record exceeds the message limit of the topic
├── Unavailable              the record was not durably accepted in time: tell the producer to come back
├── UnknownTopic             nobody created this topic: run the command that creates topics
├── GroupTaken               another process reads for this group already (embedded: one member a group)
└── Fatal                    going on would lose data: stop without committing
    └── Damaged(file, remedy) the log holds what nobody wrote, or misses what was written
"""

from headwater.contracts import storage


class BusError(Exception):
    """Anything the bus raises."""


class Transient(BusError):
    """The other side is unwell. `retry_after`: seconds to wait at least."""

    def __init__(self, message: str, *, retry_after: float = 0.5) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Poison(BusError):
    """This record can never be handled. `reason`: one sentence for the person who redrives it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Suspect(BusError):
    """The store failed on this batch, and it is not known whether because of what the batch holds.

    A statement that took too long or too much memory, an error inside the store: a smaller batch may pass, and a
    record that fails alone again and again, while the store takes an empty batch, becomes a dead letter.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RecordTooLarge(BusError):
    """The record exceeds the message limit."""


class Unavailable(BusError):
    """Not durably accepted in time. `retry_after`: seconds."""

    def __init__(self, message: str, *, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UnknownTopic(BusError):
    """Topics are created explicitly, never by use."""

    def __init__(self, topic: str) -> None:
        super().__init__(f"topic {topic!r} does not exist: create the topics first")
        self.topic = topic


class GroupTaken(BusError):
    """The embedded log serves one member a group."""

    def __init__(self, group: str) -> None:
        super().__init__(f"group {group!r} is being read by another process: stop that one first")
        self.group = group


class Fatal(BusError):
    """Going on would lose data."""


class DiskFull(storage.DiskFull, Transient, Unavailable):
    """No room on a disk: of the log, or of a consumer's own store."""


class Damaged(storage.Damaged, Fatal):
    """Going on would pass over records that were acknowledged."""
