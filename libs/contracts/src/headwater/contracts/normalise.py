"""The one normalisation before any store, so that both run modes hold the same facts.

Valid events stay the bytes that were sent. Invalid characters are replaced with a note where they are not part of an
identity, and refused where they are. Whatever the bytes, only `Invalid` is ever raised.
"""

from typing import Generic, NamedTuple, TypeVar

import msgspec

from headwater.contracts import facet_fields, json_text
from headwater.contracts.event_ids import event_id
from headwater.contracts.facet_checks import check_facets
from headwater.contracts.field_checks import (
    MOST_ERRORS,
    Errors,
    check_id,
    check_name,
    check_text_time,
    is_plain_name,
)
from headwater.contracts.lineage import Dataset, LineageEvent, decode_event
from headwater.contracts.refusals import FieldError, Invalid, NotJson
from headwater.contracts.unknown_fields import Known, strict

_KNOWN = Known(LineageEvent)
_decode_strict = msgspec.json.Decoder(strict(LineageEvent)).decode
E = TypeVar("E")

__all__ = ["FieldError", "Invalid", "Normalised", "NotJson", "normalise_lineage"]


class Normalised(NamedTuple, Generic[E]):
    """An event that may be stored: `value` as bytes, `event` as read from them.

    `event_time`: microseconds UTC, the latest of a batch. `event_id`: digest of `value`. `mended`: notes on what was
    changed; `unknown`: notes on fields that are kept and not read.
    """

    value: bytes
    event: E
    event_time: int
    event_id: str
    mended: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def normalise_lineage(body: bytes, *, received_at: int) -> Normalised[LineageEvent]:
    """One OpenLineage event, checked and normalised. Raises Invalid."""
    json_text.check_text(body)
    try:
        if json_text.may_hold_nul(body):
            return _mended(body, received_at)
        event, unknown, clean = _read(body)
    except NotJson:
        return _mended(body, received_at)
    moment = _checked(event, received_at, None, clean=clean)
    return Normalised(body, event, moment, event_id(body), (), unknown)


def _read(text: bytes) -> tuple[LineageEvent, tuple[str, ...], bool]:
    """The event, notes on its unknown fields, and whether its facets are certainly valid. Raises Invalid."""
    tally = None
    try:
        event: LineageEvent = _decode_strict(text)
    except (msgspec.DecodeError, RecursionError):
        event = json_text.decode(decode_event, text)
        tally = _KNOWN.search(text)
    clean = facet_fields.all_clean(event)
    if not clean:
        tally = facet_fields.find(event, tally)
    return event, tally.notes() if tally is not None else (), clean


def _mended(body: bytes, received_at: int) -> Normalised[LineageEvent]:
    mended = json_text.mend(body)
    event = json_text.decode(decode_event, mended.text)
    marker = None if mended.marker is None else mended.marker.decode()
    moment = _checked(event, received_at, marker, clean=False)
    value = mended.value
    event, unknown, _ = _read(value)
    return Normalised(value, event, moment, event_id(value), mended.notes, unknown)


def _checked(event: LineageEvent, received_at: int, marker: str | None, *, clean: bool) -> int:
    """The event time. Raises Invalid with everything that is wrong. clean: its facets need no check."""
    errors: Errors = []
    moment = check_text_time(errors, "eventTime", event.event_time, received_at)
    _check_subject(errors, event, marker)
    for side, datasets in (("inputs", event.inputs), ("outputs", event.outputs)):
        for index, dataset in enumerate(datasets or ()):
            if marker is not None or not (is_plain_name(dataset.namespace) and is_plain_name(dataset.name)):
                _check_dataset(errors, f"{side}[{index}]", dataset, marker)
    if not clean:
        check_facets(errors, event)
    if errors:
        raise Invalid(errors[:MOST_ERRORS])
    return moment


def _check_subject(errors: Errors, event: LineageEvent, marker: str | None) -> None:
    run, job, dataset = event.run, event.job, event.dataset
    if run is not None:
        check_id(errors, "run.runId", run.run_id, marker=marker)
    if job is not None:
        check_name(errors, "job.namespace", job.namespace, marker=marker)
        check_name(errors, "job.name", job.name, marker=marker)
    elif run is not None:
        errors.append(FieldError("job", "is missing: a run event names the job that ran"))
    if dataset is not None:
        _check_dataset(errors, "dataset", dataset, marker)
        if job is not None and run is None:
            errors.append(FieldError("dataset", "is given beside a job: send a job event and a dataset event"))
    elif job is None and run is None:
        errors.append(FieldError("job", "is missing: an event is about a run and its job, a job, or a dataset"))


def _check_dataset(errors: Errors, field: str, dataset: Dataset, marker: str | None) -> None:
    check_name(errors, f"{field}.namespace", dataset.namespace, marker=marker)
    check_name(errors, f"{field}.name", dataset.name, marker=marker)
