"""A batch of records in, one transaction out; and the revisions and messages that wait in between."""

import hashlib
from collections.abc import Callable, Mapping, Sequence

import msgspec
import sqlalchemy as sa

from headwater.bus.errors import Poison
from headwater.bus.port import Record, TopicPartition
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
from headwater.metrics_engine import messages, pane_store, reported, store
from headwater.metrics_engine.batch import Batch, Rules, Said, write_revisions
from headwater.metrics_engine.database import lock_models, reading, writing
from headwater.metrics_engine.pane_store import COMPUTED, Message, Pane
from headwater.metrics_engine.profile import Told
from headwater.metrics_engine.remaking import remade
from headwater.metrics_engine.store import Version
from headwater.runtime import metrics as series
from headwater.runtime.logs import get_logger
from headwater.runtime.metrics import Metrics

TOPICS = ("model.events", "prediction.events")
_MESSAGE: msgspec.json.Decoder[PredictionMessage] = msgspec.json.Decoder(PredictionMessage)
_MODEL_EVENT = msgspec.json.Decoder(ModelEvent)
_DUE_PANES = 500
_FORGET_ROWS = 5_000


class MetricsHandler:
    """Joins, measures and stores; knows no bus beyond its records."""

    def __init__(
        self, engine: sa.Engine, *, rules: Rules, clock: Callable[[], int] = utc_now, metrics: Metrics | None = None
    ) -> None:
        self._engine, self._rules, self._clock = engine, rules, clock
        self._metrics = metrics or Metrics("metrics-engine")
        self._waiting = True  # an earlier process may have left panes to publish

    def positions(self) -> dict[TopicPartition, int]:
        with reading(self._engine) as connection:
            return store.positions(connection)

    def decode(self, record: Record) -> Said:
        """What a record says. Raises Poison naming the field at fault."""
        tie = _event_id(record)
        try:
            if record.topic == "model.events":
                return _said_of_model(_MODEL_EVENT.decode(record.value), tie)
            return _said(_MESSAGE.decode(record.value), tie, _received_at(record))
        except (msgspec.DecodeError, ValueError) as error:
            raise Poison(f"{record.topic}: {error}") from error

    def handle(self, items: Sequence[tuple[Record, Said]], positions: Mapping[TopicPartition, int]) -> None:
        """Rows, panes, revisions, outbox and offsets in one transaction.

        Raises Poison where what is stored of a window cannot be read: its records wait as dead letters, all others
        go on."""
        batch: Batch | None = None
        waits = False
        try:
            with writing(self._engine) as connection:
                if items:
                    batch = Batch(connection, [item for _, item in items], rules=self._rules, now=self._clock())
                    waits = batch.run()
                store.advance(connection, positions)
        except UnreadableState as error:
            raise Poison(str(error)) from error
        self._waiting = self._waiting or waits
        if batch is not None:
            self._count(batch)

    def _count(self, batch: Batch) -> None:
        for (kind, became), rows in batch.tally.items():
            self._metrics.inc(series.PREDICTIONS if kind == "prediction" else series.LABELS, rows, result=became)
        self._metrics.inc(series.PANES_REVISED, batch.revisions)

    def publish_due(self) -> int:
        """Give panes that changed since their last revision their next one, when it is time. Returns how many."""
        if not self._waiting:
            return 0
        now = self._clock()
        latest = now - int(self._rules.revision_seconds * 1_000_000)
        with writing(self._engine) as connection:
            panes = pane_store.due_panes(connection, published_before=latest, limit=_DUE_PANES)
            versions = store.versions_by_id(connection, {pane.key.version for pane in panes})
            refs = store.model_refs(connection, {version.model for version in versions.values()})
            lock_models(connection, list(refs))
            # Another process may have published them before the lock was ours.
            panes = [p for p in pane_store.panes(connection, [p.key for p in panes]).values() if p.dirty]
            panes = [_readable(connection, pane, versions) for pane in panes]
            revised = write_revisions(connection, panes, versions, refs, now=now)
            self._waiting = pane_store.any_dirty(connection)
        self._metrics.inc(series.PANES_REVISED, revised)
        return revised

    def pending(self, limit: int) -> list[Message]:
        """Messages of the outbox that were not sent yet, oldest first."""
        with reading(self._engine) as connection:
            return pane_store.pending(connection, limit)

    def mark_sent(self, ids: Sequence[str]) -> None:
        with writing(self._engine) as connection:
            pane_store.sent(connection, ids)

    def measure_waiting(self) -> None:
        """Tell how many labels wait for their prediction, and how many messages for the bus."""
        with reading(self._engine) as connection:
            self._metrics.set(series.LABELS_WAITING, store.labels_waiting(connection))
            self._metrics.set(series.OUTBOX_PENDING, pane_store.pending_count(connection))

    def forget(self, *, older_than_days: int) -> int:
        """Delete prediction rows that nothing has touched for so long; panes keep what they contributed.

        Goes in small transactions, so that events need not wait. Returns how many rows went.
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


def _readable(connection: sa.Connection, pane: Pane, versions: Mapping[int, Version]) -> Pane:
    """The window, made anew where its state cannot be read; as it is where that cannot be done, and publishes so."""
    if pane.state is None or pane.key.series != COMPUTED:
        return pane
    profiles = {i: version.profile for i, version in versions.items() if version.profile is not None}
    try:
        try:
            state_of(pane.state)
        except UnreadableState as error:
            state = remade(connection, pane.key, profiles, rows=pane.rows, reason=error).state
            return pane._replace(state=None if state is None else state.to_bytes())
    except UnreadableState as error:
        get_logger("engine").warning("window_unreadable", pane=pane.id, reason=str(error))
    return pane


def _said_of_model(event: ModelEvent, tie: bytes) -> Said:
    messages.named(event.name, "name")
    messages.named(event.version, "version")
    at = messages.micros(event.event_time, "event_time")
    return Said(model=(ModelRef(event.namespace, event.name), Told(at, tie, event)))


def _said(message: PredictionMessage, tie: bytes, received_at: int) -> Said:
    messages.named(message.model.name, "model.name")
    if not isinstance(message, LabelEvent | LabelBatch):
        messages.named(message.version, "version")
    match message:
        case PredictionEvent():
            return Said(predictions=[messages.prediction_claim(message, tie)])
        case PredictionBatch():
            return Said(predictions=list(messages.prediction_claims(message, tie)))
        case LabelEvent():
            return Said(labels=[messages.label_claim(message, tie)])
        case LabelBatch():
            return Said(labels=list(messages.label_claims(message, tie)))
        case _:
            reported.window_of(message)
            return Said(metric=(message, reported.report_of(message, received_at=received_at, tie=tie)))


def _event_id(record: Record) -> bytes:
    """16 bytes that order claims of equal time: the sender's event id, or the digest that it would be."""
    for name, value in record.headers:
        if name == "event_id":
            try:
                return bytes.fromhex(value.decode())[:16]
            except ValueError:
                break
    return hashlib.sha256(record.value).digest()[:16]


def _received_at(record: Record) -> int:
    for name, value in record.headers:
        if name == "received_at" and value.isdigit():
            return int(value)
    return record.timestamp
