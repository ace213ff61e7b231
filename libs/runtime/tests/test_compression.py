import gzip
from collections.abc import Iterator

import flask
import pytest
from flask.testing import FlaskClient

from headwater.runtime.web.compression import SMALLEST, compress_answer

LONG = b'{"items": [' + b'{"name": "orders"}, ' * 200 + b"{}]}"


@pytest.fixture
def client() -> FlaskClient:
    app = flask.Flask("answers", static_folder=None)
    app.after_request(compress_answer)

    @app.get("/<kind>")
    def view(kind: str) -> flask.Response:
        if kind == "stream":
            return flask.Response(_pieces(), mimetype="application/json")
        response = flask.Response(LONG[: SMALLEST - 1] if kind == "short" else LONG, mimetype="application/json")
        if kind == "picture":
            response.mimetype = "image/png"
        if kind == "tagged":
            response.set_etag("1", weak=True)
            response.vary.add("Authorization")
        return response

    return app.test_client()


def _pieces() -> Iterator[bytes]:
    yield LONG


@pytest.mark.parametrize("accepted", ["gzip", "gzip, deflate, br", "br;q=1.0, gzip;q=0.2", "*"])
def test_a_response_is_compressed_for_clients_that_accept_gzip(client: FlaskClient, accepted: str) -> None:
    answer = client.get("/tagged", headers={"Accept-Encoding": accepted})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert int(answer.headers["Content-Length"]) == len(answer.data) < len(LONG) / 10
    assert gzip.decompress(answer.data) == LONG
    assert answer.headers["ETag"] == 'W/"1"'
    assert set(answer.vary) == {"Authorization", "Accept-Encoding"}


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0"])
def test_clients_that_do_not_accept_gzip_get_it_uncompressed(client: FlaskClient, accepted: str) -> None:
    answer = client.get("/long", headers={"Accept-Encoding": accepted})
    assert "Content-Encoding" not in answer.headers
    assert answer.data == LONG
    assert "Accept-Encoding" in answer.vary


@pytest.mark.parametrize("kind", ["short", "picture", "stream"])
def test_short_compressed_or_streamed_responses_are_left_unchanged(client: FlaskClient, kind: str) -> None:
    answer = client.get(f"/{kind}", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers
    assert LONG.startswith(answer.data)
