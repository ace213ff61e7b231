"""Checks of a model event and a reported metric beyond their types."""

from collections.abc import Iterable

from headwater.contracts.field_checks import (
    COUNT_LIMIT,
    ID_LIMIT,
    Errors,
    check_id,
    check_length,
    check_name,
    is_long,
)
from headwater.contracts.models import ModelEvent
from headwater.contracts.prediction_checks import Moments, check_model_ref, check_origin
from headwater.contracts.predictions import ReportedMetric
from headwater.contracts.refusals import FieldError

MOST_SLICES, MOST_VALUES = 64, 1_000
"""Every prediction counts in a window of each slice, and a window's slice is looked up among the values."""


def check_model(errors: Errors, event: ModelEvent, moments: Moments) -> None:
    marker = moments.marker
    check_name(errors, "namespace", event.namespace, marker=marker)
    check_name(errors, "name", event.name, marker=marker)
    check_id(errors, "version", event.version, marker=marker)
    moments.read(errors, "event_time", event.event_time)
    check_origin(errors, event.output, event.run, marker)
    for index, dataset in enumerate(event.datasets):
        check_name(errors, f"datasets[{index}].namespace", dataset.namespace, marker=marker)
        check_name(errors, f"datasets[{index}].name", dataset.name, marker=marker)
    _check_labels(errors, event)
    _check_distinct(errors, "features", event.features)
    _check_slices(errors, event.slices)


def _check_slices(errors: Errors, slices: dict[str, list[str]]) -> None:
    if len(slices) > MOST_SLICES:
        errors.append(FieldError("slices", f"are more than {MOST_SLICES}: declare only those in use"))
    for name, values in slices.items():
        field = f"slices[{name[:64]}]"
        _check_distinct(errors, field, values)
        if len(values) > MOST_VALUES:
            errors.append(FieldError(field, f"has more than {MOST_VALUES} values: all others count as `other` anyway"))
        if is_long(name):
            errors.append(FieldError(field, f"has a name longer than {ID_LIMIT} bytes: shorten it"))


def _check_labels(errors: Errors, event: ModelEvent) -> None:
    check_length(errors, "positive", event.positive or "")
    if event.label_set is not None:
        _check_distinct(errors, "label_set", event.label_set)
        if event.positive is not None and event.positive not in event.label_set:
            errors.append(FieldError("positive", "is not in label_set: name one of its classes"))
        if event.task == "binary" and len(event.label_set) != 2:
            errors.append(FieldError("label_set", "must name two classes when the task is binary"))
    if event.threshold is not None and not 0.0 <= event.threshold <= 1.0:
        errors.append(FieldError("threshold", f"is {event.threshold:g}: a threshold on probabilities lies in [0, 1]"))


def _check_distinct(errors: Errors, field: str, values: list[str]) -> None:
    if "" in values or len(set(values)) != len(values):
        errors.append(FieldError(field, "has an empty name or one name twice: name each once"))
    if any(map(is_long, values)):
        errors.append(FieldError(field, f"has a name longer than {ID_LIMIT} bytes: shorten it"))


def check_metric(errors: Errors, event: ReportedMetric, moments: Moments) -> None:
    marker = moments.marker
    check_model_ref(errors, event.model, marker)
    check_id(errors, "version", event.version, marker=marker)
    check_id(errors, "metric", event.metric, marker=marker)
    start = moments.read(errors, "window_start", event.window_start)
    end = moments.read(errors, "window_end", event.window_end)
    if end <= start:
        errors.append(FieldError("window_end", "is not after window_start: a window is half open, start < end"))
    if event.n is not None and not 0 <= event.n <= COUNT_LIMIT:
        errors.append(FieldError("n", f"is not between 0 and {COUNT_LIMIT}: it counts rows"))
    for what, texts in (("names", event.slices.keys()), ("values", event.slices.values())):
        _check_together(errors, what, texts)
    if event.interval is not None and event.interval[0] > event.interval[1]:
        errors.append(FieldError("interval", "has a lower bound above its upper one: send [lower, upper]"))


def _check_together(errors: Errors, what: str, texts: Iterable[str]) -> None:
    """The slices of a reported metric form one crossed slice; its name and value are theirs, joined."""
    if is_long(",".join(texts)):
        errors.append(FieldError("slices", f"have {what} of more than {ID_LIMIT} bytes together: shorten them"))
