"""What the ingest gateway answers when events are durable."""

from typing import Literal

import msgspec


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """One lineage event lies in the log.

    `notes`: what was changed on the way in, fields that are unknown, and facets that are not applied.
    """

    event_id: str
    notes: list[str] = []


class EventsAccepted(msgspec.Struct, frozen=True, kw_only=True):
    """All events of the request lie in the log. `rows` counts predictions, labels, model events or metric values.

    `notes`: what was changed on the way in, and fields that are unknown; of events sent as lines, with the numbers of
    their lines.
    """

    events: int
    rows: int
    notes: list[str] = []


class BatchSummary(msgspec.Struct, frozen=True, kw_only=True):
    """`retriable` is always 0: a batch that could not be stored for now is refused as a whole with 503."""

    received: int
    successful: int
    failed: int
    retriable: int
    non_retriable: int


class FailedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """`index`: place in the batch, from 0."""

    index: int
    reason: str
    retriable: bool


class BatchVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of OpenLineage's batch call: every event that is not listed as failed lies in the log.

    `notes`: what was changed on the way in, fields that are unknown, and facets that are not applied: each text once
    with the places of its events in the batch, the first fifty texts and the number of the rest.
    """

    status: Literal["success", "partial_success"]
    summary: BatchSummary
    failed_events: list[FailedEvent] = []
    notes: list[str] = []
