"""Handles a batch of metric results and model events in one transaction."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec
import sqlalchemy as sa

from headwater.alerting import database, store, tables
from headwater.alerting.judging import Judge
from headwater.alerting.rules import Point
from headwater.alerting.store import Revision, SeriesKey
from headwater.bus.errors import Poison
from headwater.bus.outbox import OutboxRow
from headwater.bus.port import Record, TopicPartition
from headwater.contracts.audit import AuditEvent
from headwater.contracts.keys import model_key
from headwater.contracts.metrics import MetricResult, MetricValue
from headwater.contracts.models import ModelEvent
from headwater.contracts.predictions import ModelRef
from headwater.contracts.times import utc_now
from headwater.contracts.topics import METRIC_RESULTS, MODEL_EVENTS
from headwater.runtime.storage import offsets

TOPICS = (METRIC_RESULTS, MODEL_EVENTS)
Item = MetricResult | ModelRef
"""The content of a record: results of a window, or the existence of a model."""

_decode_result = msgspec.json.Decoder(MetricResult).decode
_decode_model = msgspec.json.Decoder(ModelEvent).decode


class ResultsHandler:
    """The handler of the loop. `handled(judgements)` runs after each transaction."""

    def __init__(
        self,
        engine: sa.Engine,
        judge: Judge,
        *,
        clock: Callable[[], int] = utc_now,
        handled: Callable[[int], None] = lambda judgements: None,
    ) -> None:
        self._engine, self._judge, self._clock, self._handled = engine, judge, clock, handled

    def positions(self) -> dict[TopicPartition, int]:
        with database.reading(self._engine) as connection:
            return offsets.positions(connection, tables.offsets)

    def decode(self, record: Record) -> Item:
        """Raises Poison."""
        try:
            if record.topic == MODEL_EVENTS:
                event = _decode_model(record.value)
                return ModelRef(event.namespace, event.name)
            return _decode_result(record.value)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            about = "model event" if record.topic == MODEL_EVENTS else "metric result"
            raise Poison(f"not a {about}: {error}") from error

    def handle(self, items: Sequence[tuple[Record, Item]], positions: Mapping[TopicPartition, int]) -> None:
        """Models, revisions, alerts, outbox, notifications and offsets in one transaction."""
        found = [item for _, item in items]
        revisions = [revision for item in found if isinstance(item, MetricResult) for revision in _revisions(item)]
        models = {item.model if isinstance(item, MetricResult) else item for item in found}
        with database.writing(self._engine) as connection:
            store.add_models(connection, models)
            store.keep(connection, revisions)
            touched = {(revision.key, revision.point.window) for revision in revisions}
            judgements = self._judge.after(connection, touched, now=self._clock())
            offsets.advance(connection, tables.offsets, positions)
        self._handled(judgements)


class Outbox:
    """The outbox for the relay."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def pending(self, limit: int) -> list[OutboxRow]:
        with database.reading(self._engine) as connection:
            return store.pending(connection, limit)

    def forget(self, ids: Sequence[str]) -> None:
        with database.writing(self._engine) as connection:
            store.forget_sent(connection, ids)

    def audit(self, event: AuditEvent) -> None:
        """Put an audit event into the outbox, in a transaction of its own."""
        with database.writing(self._engine) as connection:
            store.audit(connection, event)


def _revisions(result: MetricResult) -> Iterator[Revision]:
    """Values over all predictions: rules do not judge slices. Of two definitions of a metric the first counts."""
    if result.slice is not None:
        return
    first: dict[str, MetricValue] = {}
    for value in sorted(result.results, key=lambda value: value.definition):
        first.setdefault(value.metric, value)
    model_id = model_key(result.model.namespace, result.model.name).id
    for metric, value in first.items():
        point = Point(result.window, result.revision, value.value, value.labelled, value.reason)
        yield Revision(SeriesKey(model_id, result.source, metric, result.version), point, result.id)
