"""Model, prediction, label and metric events over HTTP: one as JSON, many as NDJSON, or by column."""

import flask

from headwater.contracts.api.ingest import EventsAccepted
from headwater.contracts.models import ModelEvent
from headwater.contracts.predictions import LabelBatch, LabelEvent, PredictionBatch, PredictionEvent, ReportedMetric
from headwater.ingest_gateway.acceptance import LABEL, METRIC, MODEL, PREDICTION
from headwater.ingest_gateway.http_endpoint import PERMISSION
from headwater.ingest_gateway.taking import take_own
from headwater.ingest_gateway.views.taker import Taker
from headwater.runtime.web import documented, permission


def own_events_blueprint(taker: Taker) -> flask.Blueprint:
    """What models say, and what turned out to be true."""
    bp = flask.Blueprint("own_events", __name__, url_prefix="/api/v1")

    @bp.post("/models/events")
    @permission(PERMISSION)
    @documented(body=ModelEvent, answer={201: EventsAccepted})
    def models() -> flask.Response:
        """Take what happened to a model version: registered, trained, deployed, retired."""
        return taker.response(take_own(MODEL))

    @bp.post("/predictions")
    @permission(PERMISSION)
    @documented(body=PredictionEvent | PredictionBatch, answer={201: EventsAccepted})
    def predictions() -> flask.Response:
        """Take predictions: one as JSON, one columnar batch, or many as NDJSON; all of a request or none."""
        return taker.response(take_own(PREDICTION))

    @bp.post("/labels")
    @permission(PERMISSION)
    @documented(body=LabelEvent | LabelBatch, answer={201: EventsAccepted})
    def labels() -> flask.Response:
        """Take the truth about predictions, whenever it comes: one as JSON, one columnar batch, or many as NDJSON."""
        return taker.response(take_own(LABEL))

    @bp.post("/metrics")
    @permission(PERMISSION)
    @documented(body=ReportedMetric, answer={201: EventsAccepted})
    def metrics() -> flask.Response:
        """Take a metric value computed elsewhere."""
        return taker.response(take_own(METRIC))

    return bp
