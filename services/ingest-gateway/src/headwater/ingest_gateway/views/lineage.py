"""OpenLineage over HTTP: one event per request, or a batch with a result for each."""

import flask

from headwater.contracts.api.ingest import Accepted, BatchVerdict
from headwater.ingest_gateway.http_endpoint import PERMISSION
from headwater.ingest_gateway.taking import take_lineage, take_lineage_batch
from headwater.ingest_gateway.views.taker import Taker
from headwater.runtime.web.routes import Routes

READ_AS_BYTES = "events are checked by normalisation, and stored with all their fields"

EVENT = {
    "eventType": "COMPLETE",
    "eventTime": "2026-03-01T12:00:00Z",
    "producer": "https://example.org/nightly",
    "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
    "run": {"runId": "0195512e-7a00-7000-8000-000000000001"},
    "job": {"namespace": "airflow", "name": "nightly.load_orders"},
    "inputs": [{"namespace": "postgres://shop:5432", "name": "shop.orders"}],
    "outputs": [{"namespace": "s3://lake", "name": "raw/orders"}],
}

routes = Routes()


@routes.post(
    "/api/v1/lineage",
    permission=PERMISSION,
    any_body=READ_AS_BYTES,
    answer=Accepted,
    status=201,
    example={"body": EVENT},
)
def event(taker: Taker) -> flask.Response:
    """Accept one OpenLineage event (run, job or dataset).

    201 when it is durable. 503 with Retry-After when it is not: send it again.
    """
    return taker.response(take_lineage)


@routes.post(
    "/api/v1/lineage/batch",
    permission=PERMISSION,
    any_body=READ_AS_BYTES,
    answer=BatchVerdict,
    example={"body": [EVENT]},
)
def batch(taker: Taker) -> flask.Response:
    """Accept a JSON array of OpenLineage events.

    The valid ones are durable when the response is sent; the others are listed with the reason.
    """
    return taker.response(take_lineage_batch)
