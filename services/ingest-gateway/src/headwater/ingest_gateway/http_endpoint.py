"""The HTTP endpoint: the limit of concurrent requests, refusals, and the wait until events are durable."""

import math
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager

from headwater.bus.dead_letter_watch import full_message
from headwater.bus.errors import BusError, RecordTooLarge, UnknownTopic
from headwater.contracts.problems import Problems
from headwater.contracts.refusals import Invalid, NotJson
from headwater.contracts.storage import Damaged, DiskFull
from headwater.contracts.times import utc_now
from headwater.ingest_gateway.acceptance import Kind, OutOfScope, Sealed, Sender
from headwater.ingest_gateway.appending import Append
from headwater.ingest_gateway.granting import ANNOTATE
from headwater.ingest_gateway.note_counts import NoteCounts
from headwater.ingest_gateway.settings import EVENT_LIMIT, Settings
from headwater.runtime.telemetry import series as telemetry
from headwater.runtime.telemetry.series import Telemetry
from headwater.runtime.web.direct import Call
from headwater.runtime.web.parse import plain_body
from headwater.runtime.web.problem import Problem, storage_problem

PERMISSION = "ingest:write"
FULL_RETRY_AFTER = 30
"""Retry-After in seconds: an operator must act first."""
SERIES = (
    telemetry.INGEST_EVENTS,
    telemetry.INGEST_REFUSALS,
    telemetry.INGEST_BYTES,
    telemetry.INGEST_ACCEPT_SECONDS,
    telemetry.INGEST_IN_FLIGHT,
)


class HttpEndpoint:
    """One per process; its methods are called from all request threads and from the event loop, and never wait."""

    def __init__(
        self,
        settings: Settings,
        metrics: Telemetry,
        clock: Callable[[], int] = utc_now,
        *,
        full: Callable[[str], bool] = lambda topic: False,
    ) -> None:
        self._metrics, self._clock, self._full = metrics, clock, full
        self._timeout, self._limit = settings.append_timeout, settings.in_flight
        self.batch_events = settings.batch_events
        self._lock = threading.Lock()
        self._in_flight = 0
        self._note_counts = NoteCounts(metrics, "http")
        for series in SERIES:
            metrics.start(series)

    def sender(self, call: Call) -> Sender:
        """The sender of this request."""
        principal = call.principal
        return Sender(principal.subject, principal.visible, principal.sees(ANNOTATE), call.request_id, self._clock())

    def body(self, call: Call, media: tuple[str, ...] = ("application/json",)) -> bytes:
        """The decompressed body. Raises Problem."""
        return plain_body(call.environ, call.read, EVENT_LIMIT, media)

    @contextmanager
    def request(self, kind: Kind) -> Iterator[None]:
        """Around one request: takes a slot, maps refusals to problems, and counts them.

        Raises Problem: 503 when all slots are taken, or the dead letters of its topic are full.
        """
        try:
            if self._full(kind.topic):
                raise _full(kind.topic)
            self._enter()
            try:
                yield
            except Invalid as refusal:
                raise refused(refusal) from None
            except OutOfScope as refusal:
                raise Problem(Problems.FORBIDDEN, str(refusal)) from None
            finally:
                self._leave()
        except Problem as problem:
            self.count_refusal(kind, problem.problem.value.slug)
            raise

    def append(self, kind: Kind, sealed: Sequence[Sealed]) -> Generator[Append, None, None]:
        """Append, and continue when all are durable.

        Raises Problem 503 or 413; then some may have been appended anyway.
        """
        began = time.perf_counter()
        try:
            yield Append([event.record for event in sealed], self._timeout)
        except BusError as error:
            raise _unavailable(error) from error
        self._metrics.observe(telemetry.INGEST_ACCEPT_SECONDS, time.perf_counter() - began)
        self._metrics.inc(telemetry.INGEST_EVENTS, len(sealed), transport="http", kind=kind.name, result="accepted")
        self._note_counts.count(sealed)
        self._metrics.inc(telemetry.INGEST_BYTES, sum(len(event.record.value) for event in sealed), transport="http")

    def count_refusal(self, kind: Kind, reason: str, events: int = 1) -> None:
        self._metrics.inc(telemetry.INGEST_EVENTS, events, transport="http", kind=kind.name, result="refused")
        self._metrics.inc(telemetry.INGEST_REFUSALS, events, transport="http", reason=reason)

    def _enter(self) -> None:
        with self._lock:
            if self._in_flight >= self._limit:
                raise Problem(
                    Problems.UNAVAILABLE,
                    f"{self._limit} requests are being handled already: send it again in a second.",
                    headers={"Retry-After": "1"},
                )
            self._in_flight += 1
        self._metrics.set(telemetry.INGEST_IN_FLIGHT, self._in_flight)

    def _leave(self) -> None:
        with self._lock:
            self._in_flight -= 1
        self._metrics.set(telemetry.INGEST_IN_FLIGHT, self._in_flight)


def refused(refusal: Invalid) -> Problem:
    """400 for a body that is not JSON, else 422 with the fields."""
    if isinstance(refusal, NotJson):
        return Problem(Problems.NOT_JSON, str(refusal))
    errors = [{"field": error.field, "message": error.message} for error in refusal.errors]
    first = refusal.errors[0]
    return Problem(Problems.INVALID, f"{first.field}: {first.message}" if first.field else first.message, errors=errors)


def _full(topic: str) -> Problem:
    return Problem(
        Problems.UNAVAILABLE,
        f"Too many events of this kind could not be handled: the {full_message(topic)}. Then send the events again.",
        headers={"Retry-After": str(FULL_RETRY_AFTER)},
    )


def _unavailable(error: BusError) -> Problem:
    if isinstance(error, DiskFull | Damaged):
        return storage_problem(error)
    if isinstance(error, RecordTooLarge):
        return Problem(Problems.TOO_LARGE, f"The event is too large to store: at most {EVENT_LIMIT:,} bytes.")
    if isinstance(error, UnknownTopic):
        return Problem(Problems.UNAVAILABLE, f"The log is not set up yet: {error}.")
    retry_after = math.ceil(getattr(error, "retry_after", 1.0))
    return Problem(
        Problems.UNAVAILABLE,
        f"The events could not be made durable, send them again: {error}.",
        headers={"Retry-After": str(max(1, retry_after))},
    )
