"""Responses of the ingest gateway once events are durable."""

from typing import Literal

import msgspec


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """One lineage event is in the log.

    `notes`: what was changed on ingest, fields that are unknown, and facets that are not applied.
    """

    event_id: str
    notes: list[str] = []


class EventsAccepted(msgspec.Struct, frozen=True, kw_only=True):
    """All events of the request are in the log. `rows` counts predictions, labels, model events or metric values.

    `notes`: what was changed on ingest, and fields that are unknown; of events sent as lines, with the numbers of
    their lines.
    """

    events: int
    rows: int
    notes: list[str] = []


class BatchSummary(msgspec.Struct, frozen=True, kw_only=True):
    """`retriable` is always 0: a batch that cannot be stored at the moment is refused as a whole with 503."""

    received: int
    successful: int
    failed: int
    retriable: int
    non_retriable: int


class FailedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """`index`: position in the batch, from 0."""

    index: int
    reason: str
    retriable: bool


class BatchVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """The response of OpenLineage's batch endpoint: every event that is not listed as failed is in the log.

    `notes`: what was changed on ingest, fields that are unknown, and facets that are not applied: each text once with
    the indexes of its events in the batch, the first fifty texts and the number of the rest.
    """

    status: Literal["success", "partial_success"]
    summary: BatchSummary
    failed_events: list[FailedEvent] = []
    notes: list[str] = []
