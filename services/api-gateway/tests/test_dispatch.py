from collections.abc import Iterable
from typing import Any

import pytest
from werkzeug.test import Client

from headwater.api_gateway.dispatch import one_origin


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
    origin = one_origin(gateway=named("gateway"), ingest=named("ingest"), stream=named("stream"))
    assert Client(origin).open(path, method=method).text == owner
