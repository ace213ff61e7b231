"""The handlers of the write routes, from the body to the response, independent of how they are run."""

import re
from collections.abc import Callable, Iterator, Mapping

from headwater.contracts import json_text
from headwater.contracts.api.ingest import Accepted, BatchSummary, BatchVerdict, EventsAccepted, FailedEvent
from headwater.contracts.field_checks import MOST_ERRORS
from headwater.contracts.refusals import FieldError, Invalid
from headwater.ingest_gateway.acceptance import LINEAGE, Kind, OutOfScope, Sealed, Sender, seal
from headwater.ingest_gateway.appending import Taking
from headwater.ingest_gateway.http_endpoint import HttpEndpoint
from headwater.runtime.web.answers import json_answer
from headwater.runtime.web.direct import Answer, Call

NDJSON = ("application/x-ndjson", "application/ndjson", "application/jsonl")
MOST_NOTES, MOST_PLACES = 50, 3
_LINE = re.compile(rb"[^\r\n]*[^\s][^\r\n]*")

Take = Callable[[HttpEndpoint, Call], Taking[Answer]]


def take_lineage(endpoint: HttpEndpoint, call: Call) -> Taking[Answer]:
    """One OpenLineage event."""
    with endpoint.request(LINEAGE):
        sealed = seal(LINEAGE, endpoint.body(call), endpoint.sender(call))
        yield from endpoint.append(LINEAGE, [sealed])
    return json_answer(Accepted(event_id=sealed.event_id, notes=list(sealed.notes)), 201)


def take_lineage_batch(endpoint: HttpEndpoint, call: Call) -> Taking[Answer]:
    """An array of OpenLineage events, each accepted or refused."""
    with endpoint.request(LINEAGE):
        bodies = json_text.elements(endpoint.body(call))
        if len(bodies) > endpoint.batch_events:
            raise Invalid([FieldError("", f"has more than {endpoint.batch_events} events: send several batches")])
        sealed, failed = _sorted(bodies, endpoint, endpoint.sender(call))
        if sealed:
            yield from endpoint.append(LINEAGE, list(sealed.values()))
    return json_answer(_verdict(len(bodies), failed, _notes(sealed, "event")))


def take_own(kind: Kind) -> Take:
    """Events of our own types: one, or many as lines; all of a request or none."""

    def take(endpoint: HttpEndpoint, call: Call) -> Taking[Answer]:
        with endpoint.request(kind):
            body = endpoint.body(call, ("application/json", *NDJSON))
            sender = endpoint.sender(call)
            if call.environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() in NDJSON:
                lines = _sealed_lines(body, lambda line: seal(kind, line, sender), endpoint.batch_events)
                sealed, notes = list(lines.values()), _notes(lines, "line")
            else:
                sealed = [seal(kind, body, sender)]
                notes = list(sealed[0].notes)
            yield from endpoint.append(kind, sealed)
        return json_answer(EventsAccepted(events=len(sealed), rows=sum(e.rows for e in sealed), notes=notes), 201)

    return take


def _sorted(bodies: list[bytes], endpoint: HttpEndpoint, sender: Sender) -> tuple[dict[int, Sealed], list[FailedEvent]]:
    """The valid ones by their index, and the invalid ones."""
    sealed: dict[int, Sealed] = {}
    failed: list[FailedEvent] = []
    for index, body in enumerate(bodies):
        try:
            sealed[index] = seal(LINEAGE, body, sender)
        except (Invalid, OutOfScope) as refusal:
            failed.append(FailedEvent(index=index, reason=str(refusal)[:1000], retriable=False))
            endpoint.count_refusal(LINEAGE, "forbidden" if isinstance(refusal, OutOfScope) else "invalid")
    return sealed, failed


def _verdict(received: int, failed: list[FailedEvent], notes: list[str]) -> BatchVerdict:
    count = len(failed)
    summary = BatchSummary(
        received=received, successful=received - count, failed=count, retriable=0, non_retriable=count
    )
    return BatchVerdict(
        status="partial_success" if failed else "success", summary=summary, failed_events=failed, notes=notes
    )


def _notes(sealed: Mapping[int, Sealed], unit: str) -> list[str]:
    """The notes on all events, each text once with the indexes of its events, which are counted in `unit`."""
    places: dict[str, _Places] = {}
    rest = 0
    for place, event in sealed.items():
        for note in event.notes:
            if note in places:
                places[note].add(place)
            elif len(places) < MOST_NOTES:
                places[note] = _Places(place)
            else:
                rest += 1
    notes = [f"{note} ({found.text(unit)})" for note, found in places.items()]
    return [*notes, f"{rest:,} more notes: send the events one by one to see them"] if rest else notes


class _Places:
    """The indexes in a request of events with the same note: the first few, and their number."""

    def __init__(self, first: int) -> None:
        self._first, self._count = [first], 1

    def add(self, place: int) -> None:
        self._count += 1
        if len(self._first) < MOST_PLACES:
            self._first.append(place)

    def text(self, unit: str) -> str:
        """Such as ``events 0, 1, 2 and 57 more``."""
        rest = self._count - len(self._first)
        first = ", ".join(map(str, self._first))
        return f"{unit}{'s' if self._count > 1 else ''} {first}" + (f" and {rest:,} more" if rest else "")


def _sealed_lines(body: bytes, sealer: Callable[[bytes], Sealed], limit: int) -> dict[int, Sealed]:
    """Every line normalised, by its number. Raises Invalid with the invalid lines, at most a hundred."""
    sealed: dict[int, Sealed] = {}
    errors: list[FieldError] = []
    for number, line in _lines(body):
        if len(sealed) >= limit:
            raise Invalid([FieldError("", f"has more than {limit} lines: send several requests, or a batch by column")])
        try:
            sealed[number] = sealer(line)
        except Invalid as refusal:
            errors += [FieldError(f"line {number}: {e.field}".rstrip(": "), e.message) for e in refusal.errors]
            if len(errors) >= MOST_ERRORS:
                break
    if errors:
        raise Invalid(errors[:MOST_ERRORS])
    if not sealed:
        raise Invalid([FieldError("", "has no lines: send one JSON object per line")])
    return sealed


def _lines(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Lines that are not blank, with their numbers from 1."""
    number, counted = 1, 0
    for match in _LINE.finditer(body):
        number += body.count(b"\n", counted, match.start())
        counted = match.start()
        yield number, match.group()
