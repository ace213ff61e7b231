"""Model, prediction, label and metric events over HTTP: one as JSON, many as NDJSON, or by column."""

import re
from collections.abc import Callable, Iterator

import flask

from headwater.contracts.api.ingest import EventsAccepted
from headwater.contracts.field_checks import MOST_ERRORS
from headwater.contracts.models import ModelEvent
from headwater.contracts.predictions import LabelBatch, LabelEvent, PredictionBatch, PredictionEvent, ReportedMetric
from headwater.contracts.refusals import FieldError, Invalid
from headwater.ingest_gateway.doors import LABEL, METRIC, MODEL, PREDICTION, Kind, Sealed, seal
from headwater.ingest_gateway.http_door import PERMISSION, HttpDoor
from headwater.ingest_gateway.settings import EVENT_LIMIT
from headwater.runtime.web import answer, documented, permission, raw_body

NDJSON = ("application/x-ndjson", "application/ndjson", "application/jsonl")
_LINE = re.compile(rb"[^\r\n]*[^\s][^\r\n]*")


def own_events_blueprint(door: HttpDoor) -> flask.Blueprint:
    """What models say, and what turned out to be true."""
    bp = flask.Blueprint("own_events", __name__, url_prefix="/api/v1")

    @bp.post("/models/events")
    @permission(PERMISSION)
    @documented(body=ModelEvent, answer={201: EventsAccepted})
    def models() -> flask.Response:
        """Take what happened to a model version: registered, trained, deployed, retired."""
        return _take(MODEL, door)

    @bp.post("/predictions")
    @permission(PERMISSION)
    @documented(body=PredictionEvent | PredictionBatch, answer={201: EventsAccepted})
    def predictions() -> flask.Response:
        """Take predictions: one as JSON, one columnar batch, or many as NDJSON; all of a request or none."""
        return _take(PREDICTION, door)

    @bp.post("/labels")
    @permission(PERMISSION)
    @documented(body=LabelEvent | LabelBatch, answer={201: EventsAccepted})
    def labels() -> flask.Response:
        """Take the truth about predictions, whenever it comes: one as JSON, one columnar batch, or many as NDJSON."""
        return _take(LABEL, door)

    @bp.post("/metrics")
    @permission(PERMISSION)
    @documented(body=ReportedMetric, answer={201: EventsAccepted})
    def metrics() -> flask.Response:
        """Take a metric value computed elsewhere."""
        return _take(METRIC, door)

    return bp


def _take(kind: Kind, door: HttpDoor) -> flask.Response:
    with door.request(kind):
        body = raw_body(EVENT_LIMIT, ("application/json", *NDJSON))
        sender = door.sender()
        if flask.request.mimetype in NDJSON:
            sealed = _sealed_lines(body, lambda line: seal(kind, line, sender), door.batch_events)
        else:
            sealed = [seal(kind, body, sender)]
        door.append(kind, sealed)
    notes = sorted({note for event in sealed for note in event.notes})
    return answer(EventsAccepted(events=len(sealed), rows=sum(e.rows for e in sealed), notes=notes), 201)


def _sealed_lines(body: bytes, sealer: Callable[[bytes], Sealed], limit: int) -> list[Sealed]:
    """Every line sealed. Raises Invalid naming the lines that break the rules, the first hundred."""
    sealed: list[Sealed] = []
    errors: list[FieldError] = []
    for number, line in _lines(body):
        if len(sealed) >= limit:
            raise Invalid([FieldError("", f"has more than {limit} lines: send several requests, or a batch by column")])
        try:
            sealed.append(sealer(line))
        except Invalid as refusal:
            errors += [FieldError(f"line {number}: {e.field}".rstrip(": "), e.message) for e in refusal.errors]
            if len(errors) >= MOST_ERRORS:
                break
    if errors:
        raise Invalid(errors[:MOST_ERRORS])
    if not sealed:
        raise Invalid([FieldError("", "holds no line: send one JSON object a line")])
    return sealed


def _lines(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Lines that are not blank, with their numbers from 1."""
    number, counted = 1, 0
    for match in _LINE.finditer(body):
        number += body.count(b"\n", counted, match.start())
        counted = match.start()
        yield number, match.group()
