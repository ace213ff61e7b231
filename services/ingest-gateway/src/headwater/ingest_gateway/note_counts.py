"""Counts accepted events by the reasons of their notes."""

from collections.abc import Iterable

from headwater.ingest_gateway.acceptance import NOTE_REASONS, Sealed
from headwater.runtime.telemetry import series as telemetry
from headwater.runtime.telemetry.series import Telemetry


class NoteCounts:
    """The counts of one transport; each reason starts at 0."""

    def __init__(self, metrics: Telemetry, transport: str) -> None:
        self._metrics, self._transport = metrics, transport
        for reason in NOTE_REASONS:
            self._add(reason, 0)

    def count(self, accepted: Iterable[Sealed]) -> None:
        for event in accepted:
            for reason in event.reasons:
                self._add(reason, 1)

    def _add(self, reason: str, events: int) -> None:
        self._metrics.inc(telemetry.INGEST_NOTES, events, transport=self._transport, reason=reason)
