import dataclasses
from collections.abc import Iterable
from typing import Any

import flask
import pytest
from werkzeug.test import Client

from headwater.embedded.dispatch import Dispatcher
from headwater.embedded.services import API_GATEWAY, INGEST_GATEWAY, STREAM
from headwater.runtime.web.routes import Routes


def named(name: str) -> Any:
    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        return [name.encode()]

    return app


@pytest.mark.parametrize(
    ("method", "path", "owner"),
    [
        ("POST", "/api/v1/lineage", "ingest"),
        ("POST", "/api/v1/lineage/batch", "ingest"),
        ("POST", "/api/v1/predictions", "ingest"),
        ("GET", "/api/v1/predictions", "gateway"),
        ("POST", "/api/v1/models/events", "ingest"),
        ("GET", "/api/v1/models/events", "gateway"),
        ("POST", "/api/v1/labels", "ingest"),
        ("POST", "/api/v1/metrics", "ingest"),
        ("GET", "/metrics", "gateway"),
        ("GET", "/api/v1/stream", "stream"),
        ("GET", "/api/v1/streams", "gateway"),
        ("POST", "/api/v1/lineages", "gateway"),
        ("GET", "/", "gateway"),
    ],
)
def test_each_request_reaches_the_program_that_owns_its_route(method: str, path: str, owner: str) -> None:
    origin = Dispatcher({API_GATEWAY: named("gateway"), INGEST_GATEWAY: named("ingest"), STREAM: named("stream")})
    assert Client(origin).open(path, method=method).text == owner


def test_a_route_with_parameters_is_the_gateways_to_pass_on() -> None:
    routes = Routes()

    @routes.get("/api/v1/other/<thing>", public="says nothing of anybody", answers={})
    def other(thing: str) -> flask.Response:
        """One thing."""
        raise NotImplementedError

    with pytest.raises(ValueError, match="parameters"):
        Dispatcher({API_GATEWAY: named("gateway"), dataclasses.replace(STREAM, routes=[routes]): named("other")})
