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
from headwater.runtime.routes import Routes

routes = Routes()
_taken = partial(routes.post, permission=PERMISSION, raw=True, answer=EventsAccepted, status=201)


@_taken("/api/v1/models/events", body=ModelEvent)
def models(taker: Taker) -> flask.Response:
    """Take what happened to a model version: registered, trained, deployed, retired."""
    return taker.response(take_own(MODEL))


@_taken("/api/v1/predictions", body=PredictionEvent | PredictionBatch)
def predictions(taker: Taker) -> flask.Response:
    """Take predictions: one as JSON, one columnar batch, or many as NDJSON; all of a request or none."""
    return taker.response(take_own(PREDICTION))


@_taken("/api/v1/labels", body=LabelEvent | LabelBatch)
def labels(taker: Taker) -> flask.Response:
    """Take the truth about predictions, whenever it comes: one as JSON, one columnar batch, or many as NDJSON."""
    return taker.response(take_own(LABEL))


@_taken("/api/v1/metrics", body=ReportedMetric)
def metrics(taker: Taker) -> flask.Response:
    """Take a metric value computed elsewhere."""
    return taker.response(take_own(METRIC))
