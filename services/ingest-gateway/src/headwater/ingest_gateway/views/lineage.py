"""OpenLineage over HTTP: one event a request, or a batch with a verdict on each."""

import flask

from headwater.contracts import json_text
from headwater.contracts.api.ingest import Accepted, BatchSummary, BatchVerdict, FailedEvent
from headwater.contracts.refusals import FieldError, Invalid
from headwater.ingest_gateway.doors import LINEAGE, OutOfScope, Sealed, seal
from headwater.ingest_gateway.http_door import PERMISSION, HttpDoor
from headwater.ingest_gateway.settings import EVENT_LIMIT
from headwater.runtime.web import answer, any_body, documented, permission, raw_body

READ_AS_BYTES = "events are checked by the one normalisation, and kept with all that they hold"


def lineage_blueprint(door: HttpDoor) -> flask.Blueprint:
    """Lineage in."""
    bp = flask.Blueprint("lineage", __name__, url_prefix="/api/v1/lineage")

    @bp.post("")
    @permission(PERMISSION)
    @any_body(READ_AS_BYTES)
    @documented(answer={201: Accepted})
    def event() -> flask.Response:
        """Take one OpenLineage event (run, job or dataset).

        201 when it is durable. 503 with Retry-After when it is not: send it again.
        """
        with door.request(LINEAGE):
            sealed = seal(LINEAGE, raw_body(EVENT_LIMIT), door.sender())
            door.append(LINEAGE, [sealed])
        return answer(Accepted(event_id=sealed.event_id, notes=list(sealed.notes)), 201)

    @bp.post("/batch")
    @permission(PERMISSION)
    @any_body(READ_AS_BYTES)
    @documented(answer={200: BatchVerdict})
    def batch() -> flask.Response:
        """Take a JSON array of OpenLineage events.

        Those that pass are durable when the answer comes; the others are listed with the reason.
        """
        with door.request(LINEAGE):
            bodies = json_text.elements(raw_body(EVENT_LIMIT))
            if len(bodies) > door.batch_events:
                raise Invalid([FieldError("", f"has more than {door.batch_events} events: send several batches")])
            sealed, failed = _sorted(bodies, door)
            if sealed:
                door.append(LINEAGE, sealed)
        return answer(_verdict(len(bodies), failed))

    return bp


def _sorted(bodies: list[bytes], door: HttpDoor) -> tuple[list[Sealed], list[FailedEvent]]:
    sender = door.sender()
    sealed, failed = [], []
    for index, body in enumerate(bodies):
        try:
            sealed.append(seal(LINEAGE, body, sender))
        except (Invalid, OutOfScope) as refusal:
            failed.append(FailedEvent(index=index, reason=str(refusal)[:1000], retriable=False))
            door.count_refusal(LINEAGE, "forbidden" if isinstance(refusal, OutOfScope) else "invalid")
    return sealed, failed


def _verdict(received: int, failed: list[FailedEvent]) -> BatchVerdict:
    count = len(failed)
    summary = BatchSummary(
        received=received, successful=received - count, failed=count, retriable=0, non_retriable=count
    )
    return BatchVerdict(status="partial_success" if failed else "success", summary=summary, failed_events=failed)
