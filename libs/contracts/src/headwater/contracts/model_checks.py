"""What a model event and a reported metric must fulfil beyond their types."""

from headwater.contracts.field_checks import Errors, check_id, check_name
from headwater.contracts.models import ModelEvent
from headwater.contracts.prediction_checks import Moments, check_model_ref, check_origin
from headwater.contracts.predictions import ReportedMetric
from headwater.contracts.refusals import FieldError


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
    for name, values in event.slices.items():
        _check_distinct(errors, f"slices[{name[:64]}]", values)


def _check_labels(errors: Errors, event: ModelEvent) -> None:
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
        errors.append(FieldError(field, "holds an empty name or one name twice: name each once"))


def check_metric(errors: Errors, event: ReportedMetric, moments: Moments) -> None:
    marker = moments.marker
    check_model_ref(errors, event.model, marker)
    check_id(errors, "version", event.version, marker=marker)
    check_id(errors, "metric", event.metric, marker=marker)
    start = moments.read(errors, "window_start", event.window_start)
    end = moments.read(errors, "window_end", event.window_end)
    if end <= start:
        errors.append(FieldError("window_end", "is not after window_start: a window is half open, start < end"))
    if event.n is not None and event.n < 0:
        errors.append(FieldError("n", "is negative: it counts rows"))
    if event.interval is not None and event.interval[0] > event.interval[1]:
        errors.append(FieldError("interval", "begins above its end: send [lower, upper]"))
