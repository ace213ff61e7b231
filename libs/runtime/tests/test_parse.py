"""Parsing of requests, valid and invalid."""

import gzip

import pytest
from flask.testing import FlaskClient

ASKED = "/api/v1/example/asked"
SENT = "/api/v1/example/sent"
RAW = "/api/v1/example/raw"


def test_a_query_is_typed_and_defaults_hold(client: FlaskClient) -> None:
    answered = client.get(f"{ASKED}?must=1&limit=7&tags=a&tags=b&from=x")
    assert answered.get_json() == {"limit": 7, "text": "", "tags": ["a", "b"], "from": "x", "must": "1"}
    assert client.get(f"{ASKED}?must=&limit=").get_json()["limit"] == 20


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("must=1&limit=x", "limit"),
        ("must=1&limit=0", "limit"),
        ("must=1&limit=201", "limit"),
        ("must=1&limit=1e3", "limit"),
        ("must=1&lmit=3", "lmit"),
        ("must=1&must=2", "must"),
        ("must=1&limit=1&limit=2", "limit"),
    ],
)
def test_a_wrong_parameter_is_named(client: FlaskClient, asked: str, name: str) -> None:
    answered = client.get(f"{ASKED}?{asked}")
    assert answered.status_code == 400
    assert answered.get_json()["type"] == "urn:headwater:problem:invalid-query"
    assert answered.get_json()["errors"][0]["field"] == name


def test_a_missing_parameter_is_named(client: FlaskClient) -> None:
    answered = client.get(ASKED)
    assert answered.status_code == 400
    assert answered.get_json()["errors"][0]["field"] == "must"


def test_a_body_is_parsed_plain_or_gzipped(client: FlaskClient, bearer: dict[str, str]) -> None:
    plain = client.post(SENT, json={"name": "n", "sizes": [1], "unknown": {}}, headers=bearer)
    assert (plain.status_code, plain.json) == (201, {"name": "n", "sizes": [1]})
    assert plain.headers["Location"] == "/there"
    zipped = gzip.compress(b'{"name":') + gzip.compress(b'"n"}')
    headers = {**bearer, "Content-Encoding": "gzip", "Content-Type": "application/json; charset=utf-8"}
    assert client.post(SENT, data=zipped, headers=headers).status_code == 201


@pytest.mark.parametrize(
    ("data", "status", "field"),
    [
        (b'{"name": 1}', 422, "name"),
        (b'{"name": "n", "sizes": [1, "x"]}', 422, "sizes[1]"),
        (b"{}", 422, "name"),
        (b"[]", 422, ""),
        (b"", 400, None),
        (b"{", 400, None),
        (b'{"name": NaN}', 400, None),
        (b'{"name": "\xff"}', 400, None),
        (b'{"name": "\\ud800"}', 400, None),
        (b"[" * 999, 422, ""),
        (b'{"x":' * 190, 400, None),
        (b"x" * 1001, 413, None),
    ],
)
def test_a_bad_body_says_what_is_wrong(
    client: FlaskClient, bearer: dict[str, str], data: bytes, status: int, field: str | None
) -> None:
    answered = client.post(SENT, data=data, headers={**bearer, "Content-Type": "application/json"})
    assert answered.status_code == status, answered.text
    if field is not None:
        assert answered.get_json()["errors"][0]["field"] == field


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded"])
def test_another_media_type_is_refused(client: FlaskClient, bearer: dict[str, str], kind: str) -> None:
    answered = client.post(SENT, data=b"{}", headers={**bearer, "Content-Type": kind})
    assert answered.status_code == 415


def test_other_media_types_pass_where_they_are_named(client: FlaskClient) -> None:
    assert client.post(RAW, data=b"{}\n{}", content_type="application/x-ndjson").data == b"{}\n{}"
    assert client.post(RAW, data=b"{}", content_type="application/vnd.x+json").status_code == 200
    assert client.post(RAW, data=b"{}", headers={"Content-Type": ""}).status_code == 200


@pytest.mark.parametrize(
    ("data", "coding", "status"),
    [
        (gzip.compress(b"\0" * 10_000_000, mtime=0)[:900], "gzip", 413),
        (gzip.compress(b"{}", mtime=0)[:-6], "gzip", 400),
        (b"not gzip", "gzip", 400),
        (b"{}", "br", 415),
        (b"{}", "gzip, gzip", 415),
        (gzip.compress(b"x" * 600, mtime=0) * 2, "gzip", 413),
        (gzip.compress(b"", mtime=0) * 50, "gzip", 400),
        (b"{}", "identity", 200),
    ],
)
def test_compressed_bodies_are_bounded(client: FlaskClient, data: bytes, coding: str, status: int) -> None:
    headers = {"Content-Encoding": coding, "Content-Type": "application/json"}
    assert client.post(RAW, data=data, headers=headers).status_code == status
