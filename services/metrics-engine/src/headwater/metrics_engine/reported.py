"""Metrics computed elsewhere: kept in windows of their own series, published like computed ones."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from headwater.contracts.metrics import MetricValue, Window, reported_definition
from headwater.contracts.predictions import ReportedMetric
from headwater.evaluation import UnreadableState
from headwater.metrics_engine.messages import micros, named
from headwater.metrics_engine.windows import UNSLICED, SliceKey


class Report(msgspec.Struct, frozen=True):
    """The state of a reported window. The latest by (received_at, event_id) applies."""

    value: float | None
    n: int
    interval: tuple[float, float] | None
    received_at: int
    event_id: bytes
    codec: Literal[1] = 1


def report_of(event: ReportedMetric, *, received_at: int, event_id: bytes) -> Report:
    """Raises ValueError naming the wrong field."""
    named(event.metric, "metric")
    if event.n is not None and event.n < 0:
        raise ValueError(f"n: {event.n} is negative")
    return Report(event.value, event.n or 0, event.interval, received_at, event_id)


def window_of(event: ReportedMetric) -> Window:
    """Raises ValueError naming the wrong field."""
    window = Window(micros(event.window_start, "window_start"), micros(event.window_end, "window_end"))
    if window.end <= window.start:
        raise ValueError("window_end: it must be after window_start")
    return window


def slice_of(event: ReportedMetric) -> SliceKey:
    """Several slices at once are one crossed slice: names and values joined in sort order."""
    names = sorted(event.slices)
    return (",".join(names), ",".join(event.slices[name] for name in names)) if names else UNSLICED


def merge(before: bytes | None, reports: Iterable[Report]) -> tuple[bytes, int]:
    """The state after some reports, and the number of rows it is based on."""
    known = [] if before is None else _readable(before)
    latest = max([*known, *reports], key=lambda r: (r.received_at, r.event_id))
    return msgspec.json.encode(latest), latest.n


def _readable(before: bytes) -> list[Report]:
    """The stored state; empty where it cannot be read, because the next report is complete by itself."""
    try:
        return [msgspec.json.decode(before, type=Report)]
    except (msgspec.DecodeError, UnicodeDecodeError):
        return []


def value_of(metric: str, state: bytes) -> MetricValue:
    """Raises UnreadableState."""
    try:
        report = msgspec.json.decode(state, type=Report)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableState(f"a reported value cannot be read: {error}") from error
    return MetricValue(
        metric=metric,
        definition=reported_definition(metric),
        value=report.value,
        reason="no_data" if report.value is None else None,
        interval=report.interval,
        n=report.n,
        labelled=report.n,
    )
