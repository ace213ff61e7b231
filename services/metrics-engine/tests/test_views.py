"""The HTTP answers: look-up with label history, series with filters, evaluations, and what is refused."""

from collections.abc import Callable
from typing import Any

import flask
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from headwater.contracts.identity import ALL, IdentityChanges, Visible
from headwater.contracts.keys import dataset_key, model_key, model_version_key
from headwater.metrics_engine.service import SERVICE
from headwater.metrics_engine.settings import Settings
from headwater.runtime.identity.verifier import LocalIdentityFeed, Principal, Verifier
from headwater.runtime.settings import Secret
from headwater.runtime.web.application import PRINCIPAL_ENVIRON
from tests.hosting import application

MODEL = model_key("shop", "churn").id
Client = Callable[..., FlaskClient]


@pytest.fixture
def app(engine: sa.Engine) -> flask.Flask:
    nobody = IdentityChanges(cursor=0, jwks={"keys": []}, pepper_id="", keys=[], subjects=[])
    verifier = Verifier(LocalIdentityFeed(lambda: nobody), Secret("pepper"), Secret("service"))
    return application(SERVICE, Settings(kept_days=30), engine=engine, verifier=verifier)


@pytest.fixture
def client(app: flask.Flask) -> FlaskClient:
    return _client(app, ALL)


def _client(app: flask.Flask, visible: Visible) -> FlaskClient:
    held = ("predictions:read", "metrics:read", "evaluations:run")
    prefixes = ("",) if visible.everything else visible.prefixes
    principal = Principal("someone", frozenset(held), visible, "user", dict.fromkeys(held, prefixes))
    client = app.test_client()
    client.environ_base = client.environ_base | {PRINCIPAL_ENVIRON: principal}  # type: ignore[assignment]
    return client


def test_one_prediction_comes_with_its_label_history(client: FlaskClient, feed: Any, say: Any) -> None:
    more = {
        "output": {"namespace": "db", "name": "public.scores"},
        "run": {"namespace": "j", "name": "s", "run_id": "r1"},
    }
    payload = {"task": "binary", "class": "yes", "scores": {"yes": 0.8}}
    feed.take(
        say.prediction("p 1", at=5, weight=2.0, slices={"region": "eu"}, features={"age": 7}, **more)
        | {"prediction": payload}
    )
    feed.take(say.label("p 1", "no", at=9), say.label("p 1", "yes", at=7), say.label("p 1", None, at=8))
    found = client.get("/api/v1/predictions", query_string={"model": MODEL, "id": "p 1"}).get_json()
    assert found["prediction"] == payload
    assert (found["model_id"], found["model_name"], found["version"]) == (MODEL, "churn", "1")
    assert found["version_id"] == model_version_key("shop", "churn", "1").id
    assert found["event_time"] == "1970-01-01T00:00:00.000005Z"
    assert (found["weight"], found["slices"], found["features"]) == (2.0, {"region": "eu"}, {"age": 7})
    assert [entry["label"] and entry["label"]["class"] for entry in found["labels"]] == ["yes", None, "no"]
    assert (found["output"]["id"], found["output"]["label"]) == (dataset_key("db", "public.scores").id, "scores")
    assert (found["run_id"], found["kept_days"], found["scene"]) == ("r1", 30, None)


def test_what_is_not_there_or_not_visible_is_not_found(app: flask.Flask, feed: Any, say: Any) -> None:
    feed.take(say.prediction("p1"), say.label("p2"), say.registered())
    everybody, stranger = _client(app, ALL), _client(app, Visible(prefixes=("else",)))
    for client, path in (
        (everybody, f"/api/v1/predictions?model={MODEL}&id=p9"),
        (everybody, f"/api/v1/predictions?model={MODEL}&id=p2"),
        (everybody, "/api/v1/predictions?model=nobody&id=p1"),
        (everybody, f"/api/v1/models/{MODEL}/versions/9/metrics"),
        (stranger, f"/api/v1/predictions?model={MODEL}&id=p1"),
        (stranger, f"/api/v1/models/{MODEL}/metrics"),
        (stranger, f"/api/v1/models/{MODEL}/versions/1/metrics"),
    ):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert answer.get_json()["type"] == "urn:headwater:problem:not-found"


def test_an_output_hidden_from_the_principal_is_omitted(app: flask.Flask, feed: Any, say: Any) -> None:
    feed.take(say.prediction("p1", output={"namespace": "secret", "name": "t"}))
    client = _client(app, Visible(prefixes=("shop",)))
    assert client.get(f"/api/v1/predictions?model={MODEL}&id=p1").get_json()["output"] is None


@pytest.fixture
def measured(feed: Any, say: Any) -> None:
    feed.take(say.registered("1", slices={"region": ["eu"]}), say.registered("2"))
    for day in range(3):
        for version in ("1", "2"):
            key = f"{version}-{day}"
            feed.take(say.prediction(key, "yes", at=day * say.day, version=version, slices={"region": "eu"}))
            feed.take(say.label(key, "yes" if day else "no"))


@pytest.mark.usefixtures("measured")
class TestSeries:
    def test_points_come_by_window_then_version_at_their_latest_revision(self, client: FlaskClient) -> None:
        found = client.get(f"/api/v1/models/{MODEL}/metrics?metric=accuracy").get_json()
        points = [(p["window_start"][:10], p["version"], p["value"]) for p in found["points"]]
        days = ("1970-01-01", "1970-01-02", "1970-01-03")
        assert points == [(day, version, float(day != days[0])) for day in days for version in ("1", "2")]
        assert found["metrics"] == ["accuracy", "precision", "recall", "f1"]
        assert found["thresholds"] == []
        first = found["points"][0]
        assert (first["revision"], first["n"], first["labelled"], first["slice"]) == (2, 1, 1, None)
        assert (first["interval"][0], first["window_end"]) == (0.0, "1970-01-02T00:00:00.000000Z")

    def test_windows_that_start_in_the_time_asked_are_shown(self, client: FlaskClient) -> None:
        path = f"/api/v1/models/{MODEL}/metrics?metric=f1&version=1&from=1970-01-02T00:00:00Z&to=1970-01-03T00:00:00Z"
        assert [p["window_start"][:10] for p in client.get(path).get_json()["points"]] == ["1970-01-02"]

    @pytest.mark.parametrize("version", ["2", model_version_key("shop", "churn", "2").id])
    def test_a_version_is_named_by_its_text_or_its_id(self, client: FlaskClient, version: str) -> None:
        found = client.get(f"/api/v1/models/{MODEL}/versions/{version}/metrics").get_json()
        assert {p["version"] for p in found["points"]} == {"2"}

    def test_slices_are_asked_for_by_name_and_value(self, client: FlaskClient) -> None:
        found = client.get(f"/api/v1/models/{MODEL}/metrics?slice=region:eu&metric=accuracy").get_json()
        assert {(p["version"], p["slice"]["region"]) for p in found["points"]} == {("1", "eu"), ("2", "eu")}
        everything = client.get(f"/api/v1/models/{MODEL}/metrics?slice=*&metric=accuracy").get_json()["points"]
        assert len(everything) == 6 + len(found["points"])

    def test_the_newest_windows_are_kept_when_there_are_too_many(self, client: FlaskClient) -> None:
        found = client.get(f"/api/v1/models/{MODEL}/versions/1/metrics?metric=accuracy&limit=1").get_json()
        assert [p["window_start"][:10] for p in found["points"]] == ["1970-01-03"]

    def test_a_metric_that_was_not_measured_has_no_points(self, client: FlaskClient) -> None:
        found = client.get(f"/api/v1/models/{MODEL}/metrics?metric=rmse").get_json()
        assert (found["points"], len(found["metrics"])) == ([], 4)

    def test_windows_that_lost_their_last_row_are_left_out(self, client: FlaskClient, feed: Any, say: Any) -> None:
        feed.take(say.prediction("1-0", at=9 * say.day))
        found = client.get(f"/api/v1/models/{MODEL}/versions/1/metrics?metric=accuracy").get_json()
        assert [p["window_start"][:10] for p in found["points"]] == ["1970-01-02", "1970-01-03", "1970-01-10"]

    @pytest.mark.parametrize(
        ("parameters", "field"),
        [("from=soon", "from"), ("slice=eu", "slice"), ("limit=0", "limit"), ("colour=red", "colour")],
    )
    def test_a_wrong_parameter_is_named(self, client: FlaskClient, parameters: str, field: str) -> None:
        answer = client.get(f"/api/v1/models/{MODEL}/metrics?{parameters}")
        assert (answer.status_code, answer.get_json()["errors"][0]["field"]) == (400, field)


def test_a_model_without_windows_has_an_empty_series(client: FlaskClient, feed: Any, say: Any) -> None:
    feed.take(say.registered())
    assert client.get(f"/api/v1/models/{MODEL}/metrics").get_json() == {
        "points": [],
        "metrics": [],
        "reported": [],
        "thresholds": [],
    }


def test_arrays_are_evaluated_without_storing(client: FlaskClient, feed: Any) -> None:
    asked = {"task": "binary", "y_true": [1, 0, 1, 0], "y_pred": [1, 0, 0, 0], "metrics": ["recall", "rmse"]}
    found = client.post("/api/v1/evaluations", json=asked).get_json()
    assert [(r["metric"], r["value"], r["reason"]) for r in found["results"]] == [
        ("recall", 0.5, None),
        ("rmse", None, "not_applicable"),
    ]
    assert feed.messages() == []


def test_scores_and_weights_are_evaluated(client: FlaskClient) -> None:
    asked: dict[str, Any] = {"task": "binary", "y_true": ["a", "b"], "y_score": [0.2, 0.6], "sample_weight": [1, 3]}
    asked |= {"params": {"positive": "b", "labels": ["a", "b"], "threshold": 0.7}, "metrics": ["accuracy"]}
    [result] = client.post("/api/v1/evaluations", json=asked).get_json()["results"]
    assert result["value"] == 0.25


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"y_pred": [1]}, "y_pred"),
        ({"sample_weight": [1.0, -1.0]}, "sample_weight[1]"),
        ({"metrics": ["fame"]}, "metrics"),
        ({"task": "sorcery"}, "task"),
        ({"y_pred": None}, "y_pred"),
        ({"groups": [1, 2]}, ""),
        ({"task": "regression", "y_true": ["a", "b"]}, "y_true"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_by_name(client: FlaskClient, change: dict[str, Any], field: str) -> None:
    asked = {"task": "binary", "y_true": [1, 0], "y_pred": [1, 0]} | change
    answer = client.post("/api/v1/evaluations", json=asked)
    assert (answer.status_code, answer.get_json()["errors"][0]["field"]) == (422, field)


def test_without_credentials_requests_are_refused(app: flask.Flask) -> None:
    for path in (f"/api/v1/predictions?model={MODEL}&id=p", f"/api/v1/models/{MODEL}/metrics"):
        assert app.test_client().get(path).status_code == 401
    assert app.test_client().post("/api/v1/evaluations", json={}).status_code == 401


def test_readiness_names_the_database(app: flask.Flask) -> None:
    assert app.test_client().get("/readyz").get_json()["dependencies"]["database"]["ok"]


def test_an_unreachable_database_is_unavailable(client: FlaskClient, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE models RENAME TO gone")
    answer = client.get(f"/api/v1/models/{MODEL}/metrics")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
