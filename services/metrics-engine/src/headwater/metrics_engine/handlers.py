"""Handles a batch of records in one transaction; and, between batches, due revisions and messages."""

from collections.abc import Callable, Mapping, Sequence

import msgspec
import sqlalchemy as sa

from headwater.bus.errors import Poison
from headwater.bus.port import Record, TopicPartition
from headwater.contracts.event_ids import event_id_of
from headwater.contracts.models import ModelEvent
from headwater.contracts.predictions import (
    LabelBatch,
    LabelEvent,
    ModelRef,
    PredictionBatch,
    PredictionEvent,
    PredictionMessage,
)
from headwater.contracts.times import utc_now
from headwater.evaluation import UnreadableState, state_of
from headwater.metrics_engine import messages, reported, store, tables, window_store
from headwater.metrics_engine.batch import Batch, Observed, Rules, write_revisions
from headwater.metrics_engine.database import lock_models, reading, writing
from headwater.metrics_engine.profile import ModelObservation
from headwater.metrics_engine.remaking import remade
from headwater.metrics_engine.store import Version
from headwater.metrics_engine.window_store import COMPUTED, Message, WindowRow
from headwater.runtime.logs.lines import get_logger
from headwater.runtime.storage import offsets
from headwater.runtime.telemetry import series as telemetry
from headwater.runtime.telemetry.series import Telemetry

TOPICS = ("model.events", "prediction.events")
_MESSAGE: msgspec.json.Decoder[PredictionMessage] = msgspec.json.Decoder(PredictionMessage)
_MODEL_EVENT = msgspec.json.Decoder(ModelEvent)
_DUE_WINDOWS = 500
_FORGET_ROWS = 5_000


class MetricsHandler:
    """Joins, computes and stores; independent of the bus except for its records."""

    def __init__(
        self, engine: sa.Engine, *, rules: Rules, clock: Callable[[], int] = utc_now, metrics: Telemetry | None = None
    ) -> None:
        self._engine, self._rules, self._clock = engine, rules, clock
        self._metrics = metrics or Telemetry("metrics-engine")
        self._waiting = True  # an earlier process may have left windows to publish

    def positions(self) -> dict[TopicPartition, int]:
        with reading(self._engine) as connection:
            return offsets.positions(connection, tables.offsets)

    def decode(self, record: Record) -> Observed:
        """The content of a record. Raises Poison with the wrong field."""
        event_id = bytes.fromhex(event_id_of(record.headers, record.value))[:16]  # orders observations of equal time
        try:
            if record.topic == "model.events":
                return _observed_model(_MODEL_EVENT.decode(record.value), event_id)
            return _observed(_MESSAGE.decode(record.value), event_id, _received_at(record))
        except (msgspec.DecodeError, ValueError) as error:
            raise Poison(f"{record.topic}: {error}") from error

    def handle(self, items: Sequence[tuple[Record, Observed]], positions: Mapping[TopicPartition, int]) -> None:
        """Rows, windows, revisions, outbox and offsets in one transaction.

        Raises Poison where the stored state of a window cannot be read: its records become dead letters, all others are
        handled."""
        batch: Batch | None = None
        waits = False
        try:
            with writing(self._engine) as connection:
                if items:
                    batch = Batch(connection, [item for _, item in items], rules=self._rules, now=self._clock())
                    waits = batch.run()
                offsets.advance(connection, tables.offsets, positions)
        except UnreadableState as error:
            raise Poison(str(error)) from error
        self._waiting = self._waiting or waits
        if batch is not None:
            self._count(batch)

    def _count(self, batch: Batch) -> None:
        for (kind, became), rows in batch.tally.items():
            self._metrics.inc(telemetry.PREDICTIONS if kind == "prediction" else telemetry.LABELS, rows, result=became)
        self._metrics.inc(telemetry.WINDOWS_REVISED, batch.revisions)

    @property
    def has_due(self) -> bool:
        """Whether windows wait for their next revision."""
        return self._waiting

    def publish_due(self) -> int:
        """Publish the next revision of windows that changed since their last one, when due. Returns how many."""
        if not self._waiting:
            return 0
        now = self._clock()
        latest = now - int(self._rules.revision_seconds * 1_000_000)
        with writing(self._engine) as connection:
            windows = window_store.due_windows(connection, published_before=latest, limit=_DUE_WINDOWS)
            versions = store.versions_by_id(connection, {window.key.version for window in windows})
            refs = store.model_refs(connection, {version.model for version in versions.values()})
            lock_models(connection, list(refs))
            # Another process may have published them before the lock was acquired.
            windows = [p for p in window_store.windows(connection, [p.key for p in windows]).values() if p.dirty]
            windows = [_readable(connection, window, versions) for window in windows]
            revised = write_revisions(connection, windows, versions, refs, now=now)
            self._waiting = window_store.any_dirty(connection)
        self._metrics.inc(telemetry.WINDOWS_REVISED, revised)
        return revised

    def pending(self, limit: int) -> list[Message]:
        """Messages of the outbox not sent yet, oldest first."""
        with reading(self._engine) as connection:
            return window_store.pending(connection, limit)

    def mark_sent(self, ids: Sequence[str]) -> None:
        with writing(self._engine) as connection:
            window_store.sent(connection, ids)

    def measure_waiting(self) -> None:
        """Report how many labels wait for their prediction, and how many messages wait to be sent."""
        with reading(self._engine) as connection:
            self._metrics.set(telemetry.LABELS_WAITING, store.labels_waiting(connection))
            self._metrics.set(telemetry.OUTBOX_PENDING, window_store.pending_count(connection))

    def forget(self, *, older_than_days: int) -> int:
        """Delete prediction rows that were not changed for this long; windows keep their contributions. Uses small
        transactions, so that events need not wait. Returns how many rows were deleted.
        """
        since = self._clock() - older_than_days * 86_400_000_000
        gone = 0
        while True:
            with reading(self._engine) as connection:
                rows = store.untouched(connection, since=since, limit=_FORGET_ROWS)
            if not rows:
                break
            with writing(self._engine) as connection:
                gone += store.forget(connection, rows, untouched_since=since)
        with writing(self._engine) as connection:
            store.forget_superseded(connection, untouched_since=since)
        return gone


def _readable(connection: sa.Connection, window: WindowRow, versions: Mapping[int, Version]) -> WindowRow:
    """The window, recomputed where its state cannot be read; unchanged where that is impossible, and published so."""
    if window.state is None or window.key.series != COMPUTED:
        return window
    profiles = {i: version.profile for i, version in versions.items() if version.profile is not None}
    try:
        try:
            state_of(window.state)
        except UnreadableState as error:
            state = remade(connection, window.key, profiles, rows=window.rows, reason=error).state
            return window._replace(state=None if state is None else state.to_bytes())
    except UnreadableState as error:
        get_logger("engine").warning("window_unreadable", window=window.id, reason=str(error))
    return window


def _observed_model(event: ModelEvent, event_id: bytes) -> Observed:
    messages.named(event.name, "name")
    messages.named(event.version, "version")
    at = messages.micros(event.event_time, "event_time")
    return Observed(model=(ModelRef(event.namespace, event.name), ModelObservation(at, event_id, event)))


def _observed(message: PredictionMessage, event_id: bytes, received_at: int) -> Observed:
    messages.named(message.model.name, "model.name")
    if not isinstance(message, LabelEvent | LabelBatch):
        messages.named(message.version, "version")
    match message:
        case PredictionEvent():
            return Observed(predictions=[messages.prediction_observation(message, event_id)])
        case PredictionBatch():
            return Observed(predictions=list(messages.prediction_observations(message, event_id)))
        case LabelEvent():
            return Observed(labels=[messages.label_observation(message, event_id)])
        case LabelBatch():
            return Observed(labels=list(messages.label_observations(message, event_id)))
        case _:
            reported.window_of(message)
            return Observed(metric=(message, reported.report_of(message, received_at=received_at, event_id=event_id)))


def _received_at(record: Record) -> int:
    for name, value in record.headers:
        if name == "received_at" and value.isdigit():
            return int(value)
    return record.timestamp
