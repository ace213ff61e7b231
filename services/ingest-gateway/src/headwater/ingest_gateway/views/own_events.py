"""Model, prediction, label and metric events over HTTP: one as JSON, many as NDJSON, or by column."""

from functools import partial

import flask

from headwater.contracts.api.ingest import EventsAccepted
from headwater.contracts.models import ModelEvent
from headwater.contracts.predictions import LabelBatch, LabelEvent, PredictionBatch, PredictionEvent, ReportedMetric
from headwater.ingest_gateway.acceptance import LABEL, METRIC, MODEL, PREDICTION
from headwater.ingest_gateway.http_endpoint import PERMISSION
from headwater.ingest_gateway.taking import take_own
from headwater.ingest_gateway.views.taker import Taker
from headwater.runtime.web.routes import Routes

CHURN = {"namespace": "ml", "name": "churn"}
AT = "2026-03-01T12:00:00Z"

routes = Routes()
_taken = partial(routes.post, permission=PERMISSION, raw=True, answer=EventsAccepted, status=201)


@_taken(
    "/api/v1/models/events",
    body=ModelEvent,
    example={"body": {**CHURN, "version": "3", "action": "registered", "event_time": AT, "task": "binary"}},
)
def models(taker: Taker) -> flask.Response:
    """Accept an event of a model version: registered, trained, deployed, retired."""
    return taker.response(take_own(MODEL))


@_taken(
    "/api/v1/predictions",
    body=PredictionEvent | PredictionBatch,
    example={
        "body": {
            "id": "c-1001",
            "event_time": AT,
            "model": CHURN,
            "version": "3",
            "prediction": {"task": "binary", "class": "yes", "scores": {"yes": 0.83}},
        }
    },
)
def predictions(taker: Taker) -> flask.Response:
    """Accept predictions: one as JSON, one columnar batch, or many as NDJSON; all of a request or none."""
    return taker.response(take_own(PREDICTION))


@_taken(
    "/api/v1/labels",
    body=LabelEvent | LabelBatch,
    example={
        "body": {"prediction_id": "c-1001", "event_time": AT, "model": CHURN, "label": {"task": "class", "class": "no"}}
    },
)
def labels(taker: Taker) -> flask.Response:
    """Accept labels of predictions, whenever they arrive: one as JSON, one columnar batch, or many as NDJSON."""
    return taker.response(take_own(LABEL))


@_taken(
    "/api/v1/metrics",
    body=ReportedMetric,
    example={
        "body": {
            "model": CHURN,
            "version": "3",
            "metric": "f1",
            "value": 0.74,
            "window_start": "2026-02-28T12:00:00Z",
            "window_end": AT,
            "n": 5120,
        }
    },
)
def metrics(taker: Taker) -> flask.Response:
    """Accept a metric value computed elsewhere."""
    return taker.response(take_own(METRIC))
