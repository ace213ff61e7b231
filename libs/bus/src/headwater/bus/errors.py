"""What can go wrong on the bus, and what the loop does about it.

BusError
├── Transient(retry_after)   a store or the bus fails temporarily: slow down, retry
│   └── DiskFull             a disk is full: the same, until it has space; Unavailable to producers
├── Poison(reason)           this record can never be handled: dead-letter it, continue
├── Suspect(reason)          the store failed, perhaps because of the batch: try smaller ones, one record a few times
├── RecordTooLarge           the record exceeds the message limit of the topic
├── Unavailable              the record was not durably accepted in time: the producer must retry
├── UnknownTopic             the topic was never created: run the command that creates topics
├── GroupTaken               another process reads for this group already (embedded: one member per group)
└── Fatal                    continuing would lose data: stop without committing
    └── Damaged(file, remedy) records of the log are changed or missing
"""

from headwater.contracts import storage


class BusError(Exception):
    """Base of all errors of the bus."""


class Transient(BusError):
    """A store or the bus fails temporarily. `retry_after`: minimum wait in seconds."""

    def __init__(self, message: str, *, retry_after: float = 0.5) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Poison(BusError):
    """This record can never be handled. `reason`: one sentence for the person who redrives it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Suspect(BusError):
    """The store failed on this batch, perhaps because of its content.

    A statement that took too long or too much memory, an error inside the store: a smaller batch may succeed, and a
    single record that fails repeatedly, while an empty batch succeeds, becomes a dead letter.
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
    """The embedded log allows one member per group."""

    def __init__(self, group: str) -> None:
        super().__init__(f"group {group!r} is being read by another process: stop that one first")
        self.group = group


class Fatal(BusError):
    """Continuing would lose data."""


class DiskFull(storage.DiskFull, Transient, Unavailable):
    """A disk is full: that of the log, or of a consumer's own store."""


class Damaged(storage.Damaged, Fatal):
    """Continuing would skip records that were acknowledged."""
