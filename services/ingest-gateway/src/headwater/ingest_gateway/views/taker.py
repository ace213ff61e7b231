"""Runs the handlers of events for the views, the server's threads, and its event loop."""

from collections.abc import Callable

import flask

from headwater.bus.port import Producer
from headwater.ingest_gateway.acceptance import LABEL, METRIC, MODEL, PREDICTION
from headwater.ingest_gateway.appending import run, run_on_loop
from headwater.ingest_gateway.http_endpoint import PERMISSION, HttpEndpoint
from headwater.ingest_gateway.taking import Take, take_lineage, take_lineage_batch, take_own
from headwater.runtime.web.answers import flask_answer
from headwater.runtime.web.application import current_principal, request_id
from headwater.runtime.web.direct import Answer, Call, DirectRoute
from headwater.runtime.web.parse import read_body


class Taker:
    """One per process."""

    def __init__(self, endpoint: HttpEndpoint, producer: Producer) -> None:
        self._endpoint, self._producer = endpoint, producer

    def response(self, take: Take) -> flask.Response:
        """The response to the current request, on its thread."""
        call = Call(flask.request.environ, read_body, current_principal(), request_id())
        return flask_answer(run(take(self._endpoint, call), self._producer))

    def direct(self) -> list[DirectRoute]:
        """The routes without Flask; those that accept one event on the event loop too: its bytes bound their cost."""
        batch = DirectRoute("POST", "/api/v1/lineage/batch", PERMISSION, self._on_thread(take_lineage_batch))
        return [
            batch,
            self._route("/api/v1/lineage", take_lineage),
            self._route("/api/v1/models/events", take_own(MODEL)),
            self._route("/api/v1/predictions", take_own(PREDICTION)),
            self._route("/api/v1/labels", take_own(LABEL)),
            self._route("/api/v1/metrics", take_own(METRIC)),
        ]

    def _route(self, path: str, take: Take) -> DirectRoute:
        async def on_loop(call: Call) -> Answer:
            return await run_on_loop(take(self._endpoint, call), self._producer)

        return DirectRoute("POST", path, PERMISSION, self._on_thread(take), on_loop)

    def _on_thread(self, take: Take) -> Callable[[Call], Answer]:
        return lambda call: run(take(self._endpoint, call), self._producer)
