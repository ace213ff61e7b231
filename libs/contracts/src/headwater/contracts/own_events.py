"""Normalisation of model, prediction, label and reported metric events.

The sender's JSON is kept except for its times, which become integer microseconds, and its `type`, which is inferred
from the shape if missing: so unknown fields are kept. An event that needs neither change keeps its bytes.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from headwater.contracts import json_text
from headwater.contracts.event_ids import event_id
from headwater.contracts.field_checks import MOST_ERRORS, Errors
from headwater.contracts.message_keys import OwnEvent
from headwater.contracts.model_checks import check_metric, check_model
from headwater.contracts.models import ModelEvent
from headwater.contracts.normalise import Normalised
from headwater.contracts.prediction_checks import (
    Moments,
    check_label,
    check_labels,
    check_prediction,
    check_predictions,
)
from headwater.contracts.predictions import LabelBatch, LabelEvent, PredictionBatch, PredictionEvent, ReportedMetric
from headwater.contracts.refusals import FieldError, Invalid, NotJson
from headwater.contracts.unknown_fields import Known, strict

Fields = dict[str, msgspec.Raw]
_decode_fields = msgspec.json.Decoder(Fields).decode


class Shape(NamedTuple):
    """One struct of a family: how it is decoded and checked, and the field that only it has. `strict` refuses unknown
    fields, which `known` names."""

    tag: str | None
    telling: str
    decode: Callable[[bytes], Any]
    strict: Callable[[bytes], Any]
    known: Known
    check: Callable[[Errors, Any, Moments], None]


def _shape(kind: type[msgspec.Struct], telling: str, check: Callable[[Errors, Any, Moments], None]) -> Shape:
    decode, decode_strict = msgspec.json.Decoder(kind).decode, msgspec.json.Decoder(strict(kind)).decode
    tag: Any = kind.__struct_config__.tag
    return Shape(tag, telling, decode, decode_strict, Known(kind), check)


_PREDICTION = _shape(PredictionEvent, "id", check_prediction)
_PREDICTIONS = _shape(PredictionBatch, "ids", check_predictions)
_LABEL = _shape(LabelEvent, "prediction_id", check_label)
_LABELS = _shape(LabelBatch, "prediction_ids", check_labels)
_METRIC = _shape(ReportedMetric, "metric", check_metric)
_MODEL = _shape(ModelEvent, "action", check_model)


def normalise_model(body: bytes, *, received_at: int) -> Normalised[OwnEvent]:
    """One model event. Raises Invalid."""
    return _normalise(body, (_MODEL,), received_at)


def normalise_prediction(body: bytes, *, received_at: int) -> Normalised[OwnEvent]:
    """One prediction or one columnar batch. Raises Invalid."""
    return _normalise(body, (_PREDICTION, _PREDICTIONS), received_at)


def normalise_label(body: bytes, *, received_at: int) -> Normalised[OwnEvent]:
    """One label or one columnar batch. Raises Invalid."""
    return _normalise(body, (_LABEL, _LABELS), received_at)


def normalise_metric(body: bytes, *, received_at: int) -> Normalised[OwnEvent]:
    """One metric value computed elsewhere. Raises Invalid."""
    return _normalise(body, (_METRIC,), received_at)


def normalise_sample(body: bytes, *, received_at: int) -> Normalised[OwnEvent]:
    """An event of the inbound topic of predictions: a prediction, a batch, or a reported metric. Raises Invalid."""
    return _normalise(body, (_PREDICTION, _PREDICTIONS, _METRIC), received_at)


def rows(event: OwnEvent) -> int:
    """How many predictions or labels an event carries."""
    if isinstance(event, PredictionBatch):
        return len(event.ids)
    return len(event.prediction_ids) if isinstance(event, LabelBatch) else 1


def _normalise(body: bytes, family: tuple[Shape, ...], received_at: int) -> Normalised[OwnEvent]:
    json_text.check_text(body)
    mended = json_text.mend(body) if json_text.may_hold_nul(body) else None
    try:
        fields = json_text.decode(_decode_fields, body if mended is None else mended.text)
    except NotJson:
        mended = json_text.mend(body)
        fields = json_text.decode(_decode_fields, mended.text)
    shape = _shape_of(fields, family)
    moments = Moments(received_at, mended.marker.decode() if mended is not None and mended.marker is not None else None)
    event, unknown = _decoded(shape, body, mended)
    errors: Errors = []
    shape.check(errors, event, moments)
    if errors:
        raise Invalid(errors[:MOST_ERRORS])
    value = _completed(shape, body if mended is None else mended.text, fields, moments)
    if value is not body:
        event = shape.decode(value)
    notes = mended.notes if mended is not None else ()
    return Normalised(value, event, moments.latest, event_id(value), notes, unknown)


def _shape_of(fields: Mapping[str, msgspec.Raw], family: tuple[Shape, ...]) -> Shape:
    """By `type` where it is given, else by the field that only one shape has, else the first."""
    type_ = fields.get("type")
    for shape in family:
        if type_ is not None and bytes(type_) == b'"%s"' % (shape.tag or "").encode():
            return shape
    if type_ is not None and family[0].tag is not None:
        known = ", ".join(str(shape.tag) for shape in family)
        raise Invalid([FieldError("type", f"is not accepted here: send one of {known}, or leave it out")])
    return next((shape for shape in reversed(family) if shape.telling in fields), family[0])


def _completed(shape: Shape, text: bytes, fields: Fields, moments: Moments) -> bytes:
    """The text as it was sent, or with its type and times filled in and its marked characters replaced."""
    changed = {name: msgspec.Raw(msgspec.json.encode(value)) for name, value in moments.replaced.items()}
    if shape.tag is not None and "type" not in fields:
        changed = {"type": msgspec.Raw(msgspec.json.encode(shape.tag)), **changed}
    if changed:
        text = msgspec.json.encode({**changed, **fields, **changed})
    return text if moments.marker is None else text.replace(moments.marker.encode(), json_text.REPLACEMENT)


def _decoded(shape: Shape, body: bytes, mended: json_text.Mended | None) -> tuple[Any, tuple[str, ...]]:
    """The event, and notes on its unknown fields. Raises Invalid."""
    text = body if mended is None else mended.text
    try:
        return shape.strict(text), ()
    except (msgspec.DecodeError, RecursionError):
        event = _tolerant(shape, text, mended)
    return event, shape.known.search(text if mended is None else mended.value).notes()


def _tolerant(shape: Shape, text: bytes, mended: json_text.Mended | None) -> Any:
    try:
        return json_text.decode(shape.decode, text)
    except Invalid as refusal:
        field, message = refusal.errors[0]
        if mended is not None and "got `null`" in message:
            message += " (NaN and Infinity are not JSON numbers: leave the row out)"
        raise Invalid([FieldError(field, message)]) from None
