from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from headwater.alerting.service import SERVICE
from headwater.contracts.identity import IdentityChanges
from headwater.contracts.predictions import ModelRef
from headwater.runtime.identity.principal import granted
from headwater.runtime.identity.verifier import LocalIdentityFeed, Verifier
from headwater.runtime.settings import Secret
from headwater.runtime.telemetry.series import Telemetry
from headwater.runtime.web.application import PRINCIPAL_ENVIRON
from tests.hosting import application

from .results import DAY, HOUR, MODEL_ID, Feed, low_accuracy, result

NEW = {
    "name": "accuracy too low",
    "model_namespace": "shop",
    "model_name": "churn",
    "metric": "accuracy",
    "comparison": "below",
    "threshold": 0.8,
    "severity": "critical",
    "for_windows": 1,
}
NOW = 1_000 * DAY
Asks = Callable[..., FlaskClient]


@pytest.fixture
def metrics() -> Telemetry:
    return Telemetry("alerting")


@pytest.fixture
def asks(engine: sa.Engine, metrics: Telemetry) -> Asks:
    """A client that holds permissions on namespaces; the model has sent its first event."""
    Feed(engine).hear()
    nobody = IdentityChanges(cursor=0, jwks={"keys": []}, pepper_id="", keys=[], subjects=[])
    verifier = Verifier(LocalIdentityFeed(lambda: nobody), Secret("pepper"), Secret("service"))
    app = application(SERVICE, engine=engine, verifier=verifier, registry=metrics.registry, clock=lambda: NOW)

    def ask(read: tuple[str, ...] = ("",), write: tuple[str, ...] = ("",)) -> FlaskClient:
        client = app.test_client()
        principal = granted("somebody", "user", {"alerts:read": read, "alerts:write": write})
        client.environ_base.update({PRINCIPAL_ENVIRON: principal})  # type: ignore[dict-item]  # WSGI carries objects too
        return client

    return ask


def test_a_new_rule_is_evaluated_at_once_on_known_results(asks: Asks, engine: sa.Engine, metrics: Telemetry) -> None:
    feed = Feed(engine)
    feed.take(result(0, 0.9), result(1, 0.5))
    made = asks().post("/api/v1/alerts/rules", json=NEW)
    assert made.status_code == 201
    assert made.json is not None
    assert made.json["model_id"] == MODEL_ID
    page = asks().get("/api/v1/alerts").json
    assert page is not None
    (alert,) = page["items"]
    assert (alert["state"], alert["value"], alert["since"]) == ("firing", 0.5, "1970-01-03T00:00:00.000000Z")
    assert [change["state"] for change in alert["history"]] == ["firing"]
    assert feed.told() == [("firing", "3")]
    assert b'headwater_alerts_firing{service="alerting",severity="critical"} 1.0' in metrics.render()


def test_history_is_newest_first(asks: Asks, engine: sa.Engine) -> None:
    asks().post("/api/v1/alerts/rules", json=NEW)
    Feed(engine).take(result(0, 0.5), result(1, 0.9))
    page: Any = asks().get(f"/api/v1/alerts?model={MODEL_ID}&state=resolved").json
    [alert] = page["items"]
    assert [change["state"] for change in alert["history"]] == ["resolved", "firing"]
    assert alert["changes"] == 2
    assert asks().get("/api/v1/alerts?state=firing").json == {"items": [], "next_cursor": None}
    assert asks().get("/api/v1/alerts?model=other").json == {"items": [], "next_cursor": None}


def test_dropping_a_rule_drops_its_alerts(asks: Asks, engine: sa.Engine, metrics: Telemetry) -> None:
    Feed(engine).take(result(1, 0.5))
    made: Any = asks().post("/api/v1/alerts/rules", json=NEW).json
    path = f"/api/v1/alerts/rules/{made['id']}"
    assert asks().get(path).json == made
    assert asks().delete(path).status_code == 204
    assert asks().get(path).status_code == 404
    assert asks().delete(path).status_code == 404
    assert asks().get("/api/v1/alerts").json == {"items": [], "next_cursor": None}
    assert b'severity="critical"} 0.0' in metrics.render()


def test_pages_follow_one_another_without_gap_or_repetition(asks: Asks, engine: sa.Engine) -> None:
    for number in range(5):
        assert asks().post("/api/v1/alerts/rules", json=NEW | {"name": f"rule {number}"}).status_code == 201
    Feed(engine).take(*(result(day, 0.5, version=str(day)) for day in range(3)))
    for path, count in (("/api/v1/alerts/rules", 5), ("/api/v1/alerts", 15)):
        seen: list[str] = []
        cursor = ""
        while cursor is not None:
            page: Any = asks().get(f"{path}?limit=2&cursor={cursor}").json
            seen += [item["id"] for item in page["items"]]
            cursor = page["next_cursor"]
        assert len(seen) == len(set(seen)) == count


def test_hidden_namespaces_can_be_neither_read_nor_changed(asks: Asks, engine: sa.Engine) -> None:
    Feed(engine).take(result(1, 0.5))
    made: Any = asks().post("/api/v1/alerts/rules", json=NEW).json
    path = f"/api/v1/alerts/rules/{made['id']}"
    for client in (asks(read=("Shop",), write=("SHOP",)), asks(read=("shopping",), write=("bank",))):
        assert client.get("/api/v1/alerts").json == {"items": [], "next_cursor": None}
        assert client.get("/api/v1/alerts/rules").json == {"items": [], "next_cursor": None}
        assert client.get(path).status_code == 404
        assert client.delete(path).status_code == 404
        assert client.post("/api/v1/alerts/rules", json=NEW | {"name": "mine"}).status_code == 403
    for client in (asks(read=("sho",), write=("sho",)), asks(read=("shop/",), write=("shop/",))):
        assert client.get("/api/v1/alerts").json == {"items": [], "next_cursor": None}
        assert client.get("/api/v1/alerts/rules").json == {"items": [], "next_cursor": None}
        assert client.get(path).status_code == 404
        assert client.post("/api/v1/alerts/rules", json=NEW | {"name": "mine"}).status_code == 403
    near: Any = asks(read=("bank", "shop")).get("/api/v1/alerts").json
    assert len(near["items"]) == 1


def test_a_name_is_taken_once_a_model(asks: Asks, engine: sa.Engine) -> None:
    Feed(engine).hear(ModelRef("shop", "fraud"))
    assert asks().post("/api/v1/alerts/rules", json=NEW).status_code == 201
    assert asks().post("/api/v1/alerts/rules", json=NEW).status_code == 409
    assert asks().post("/api/v1/alerts/rules", json=NEW | {"model_name": "fraud"}).status_code == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 201),
        ("model_name", ""),
        ("model_namespace", "a\0b"),
        ("metric", ""),
        ("comparison", "beside"),
        ("severity", "fatal"),
        ("for_windows", 0),
        ("for_windows", 1_000_000),
        ("source", "guessed"),
        ("min_rows", -1),
        ("min_rows", 2_000_000_000),
        ("threshold", "high"),
        ("surprise", 1),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_its_field(asks: Asks, field: str, value: object) -> None:
    refused = asks().post("/api/v1/alerts/rules", json=NEW | {field: value})
    assert refused.status_code == 422
    assert field in refused.get_data(as_text=True)


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "state=broken", "cursor=nonsense", "color=red"])
def test_a_wrong_question_names_its_parameter(asks: Asks, query: str) -> None:
    refused = asks().get(f"/api/v1/alerts?{query}")
    assert refused.status_code == 400
    assert query.partition("=")[0] in refused.get_data(as_text=True)


def test_an_unreachable_database_is_unavailable(asks: Asks, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE rules"))
    for path in ("/api/v1/alerts", "/api/v1/alerts/rules"):
        assert asks().get(path).status_code == 503
    assert asks().post("/api/v1/alerts/rules", json=NEW).status_code == 503


def test_thresholds_of_a_model_are_its_rules(asks: Asks, engine: sa.Engine) -> None:
    feed = Feed(engine)
    feed.add(low_accuracy())
    feed.hear(ModelRef("shop", "fraud"))
    asks().post("/api/v1/alerts/rules", json=NEW | {"model_name": "fraud"})
    page: Any = asks().get(f"/api/v1/alerts/rules?model={MODEL_ID}").json
    assert [(rule["metric"], rule["threshold"], rule["enabled"]) for rule in page["items"]] == [("accuracy", 0.8, True)]


def test_what_is_done_to_a_rule_goes_to_the_audit_trail(asks: Asks, engine: sa.Engine) -> None:
    named = {"X-Request-Id": "request-of-the-test"}
    made: Any = asks().post("/api/v1/alerts/rules", json=NEW, headers=named).json
    assert asks().post("/api/v1/alerts/rules", json=NEW).status_code == 409
    assert asks().delete(f"/api/v1/alerts/rules/{made['id']}").status_code == 204
    assert asks().delete(f"/api/v1/alerts/rules/{made['id']}").status_code == 404
    created, deleted = Feed(engine).audited()
    assert (created.action, deleted.action) == ("alert_rule.create", "alert_rule.delete")
    assert {(act.actor, act.object, act.outcome) for act in (created, deleted)} == {
        ("user:somebody", f"alert-rule:{made['id']}", "done")
    }
    assert created.detail == {
        "name": "accuracy too low",
        "model": "shop/churn",
        "condition": "accuracy below 0.8, 1 windows",
        "severity": "critical",
        "request": "request-of-the-test",
    }


def test_a_rule_refused_for_its_namespace_goes_to_the_audit_trail(asks: Asks, engine: sa.Engine) -> None:
    assert asks(write=("bank",)).post("/api/v1/alerts/rules", json=NEW).status_code == 403
    (refused,) = Feed(engine).audited()
    assert (refused.actor, refused.action, refused.outcome) == ("user:somebody", "POST /api/v1/alerts/rules", "refused")
    assert refused.detail["reason"] == "This needs alerts:write on the namespace 'shop'."


def test_every_change_is_kept_and_paged(asks: Asks, engine: sa.Engine) -> None:
    asks().post("/api/v1/alerts/rules", json=NEW)
    feed = Feed(engine)
    feed.take(*(result(day, 0.5 if day % 2 else 0.9) for day in range(130)))
    page: Any = asks().get("/api/v1/alerts").json
    [alert] = page["items"]
    assert (len(alert["history"]), alert["changes"]) == (20, 129)
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        more: Any = asks().get(f"/api/v1/alerts/{alert['id']}/history?limit=50&cursor={cursor}").json
        seen += [change["at"] for change in more["items"]]
        cursor = more["next_cursor"]
    assert len(set(seen)) == 129
    assert seen == sorted(seen, reverse=True)
    feed.take(result(129, 0.9, revision=2))
    more = asks().get(f"/api/v1/alerts/{alert['id']}/history?limit=1").json
    assert [(change["state"], change["mark"]) for change in more["items"]] == [("firing", "taken_back")]


def test_the_history_of_an_alert_is_its_own_and_needs_its_namespace(asks: Asks, engine: sa.Engine) -> None:
    Feed(engine).take(result(0, 0.5))
    asks().post("/api/v1/alerts/rules", json=NEW)
    page: Any = asks().get("/api/v1/alerts").json
    path = f"/api/v1/alerts/{page['items'][0]['id']}/history"
    assert len(asks().get(path).json["items"]) == 1  # type: ignore[index]
    assert asks(read=("bank",)).get(path).status_code == 404
    assert asks().get("/api/v1/alerts/nothing/history").status_code == 404


def refused(asks: Asks, **changes: object) -> dict[str, str]:
    """The error messages by field of a refused rule."""
    answer = asks(write=("shop", "bank")).post("/api/v1/alerts/rules", json=NEW | changes)
    assert answer.status_code == 422
    assert answer.json is not None
    return {error["field"]: error["message"] for error in answer.json["errors"]}


def test_a_rule_on_a_model_that_never_sent_an_event_is_refused_with_the_remedy(asks: Asks, engine: sa.Engine) -> None:
    Feed(engine).hear(ModelRef("hidden", "chunk"))
    message = refused(asks, model_name="chrun")["model_name"]
    assert "'chrun'" in message
    assert "send its first event, and create the rule some seconds later" in message
    assert message.endswith("; near names churn in shop")
    assert "churn in shop" in refused(asks, model_namespace="bank")["model_name"]
    Feed(engine).hear(ModelRef("shop", "chrun"))
    assert asks().post("/api/v1/alerts/rules", json=NEW | {"model_name": "chrun"}).status_code == 201


def test_a_model_is_known_by_its_results_too(asks: Asks, engine: sa.Engine) -> None:
    Feed(engine).take(result(0, 0.9, model=ModelRef("shop", "fraud")))
    assert asks().post("/api/v1/alerts/rules", json=NEW | {"model_name": "fraud"}).status_code == 201


def test_a_rule_on_a_metric_that_is_not_computed_is_refused_with_near_names(asks: Asks, engine: sa.Engine) -> None:
    assert refused(asks, metric="acuracy")["metric"] == "'acuracy' is not a metric that is computed: use accuracy"
    assert "precision, recall" in refused(asks, metric="zzz")["metric"]
    both = refused(asks, metric="acuracy", model_name="nobody")
    assert set(both) == {"metric", "model_name"}


def test_a_rule_on_reported_values_needs_a_reported_value(asks: Asks, engine: sa.Engine) -> None:
    Feed(engine).take(result(0, 0.9))
    message = refused(asks, source="reported")["metric"]
    assert "send one to /api/v1/metrics first" in message
    assert message.endswith("it is computed too: set source to computed")
    Feed(engine).take(result(0, 0.9, source="reported"))
    assert asks().post("/api/v1/alerts/rules", json=NEW | {"source": "reported"}).status_code == 201
    assert "reported are accuracy" in refused(asks, source="reported", metric="acc")["metric"]


def watched(asks: Asks) -> list[Any]:
    page: Any = asks().get("/api/v1/alerts/rules").json
    [rule] = page["items"]
    assert rule == asks().get(f"/api/v1/alerts/rules/{rule['id']}").json
    found: list[Any] = rule["watched"]
    return found


def test_a_rule_lists_evaluated_and_pending_windows(asks: Asks, engine: sa.Engine) -> None:
    feed = Feed(engine, now=NOW)
    asks().post("/api/v1/alerts/rules", json=NEW)
    assert watched(asks) == []
    feed.take(result(997, 0.9), result(998, 0.2, rows=12), result(1_000, 0.1, rows=5))
    [version] = watched(asks)
    assert (version["version"], version["judged"]["value"], version["judged"]["rows"]) == ("3", 0.9, 90)
    few, still_open = version["waiting"]
    assert (few["unjudged"], few["rows"], few["value"]) == ("few_rows", 12, 0.2)
    assert (still_open["unjudged"], still_open["rows"]) == ("open", 5)
    assert still_open["closes_at"] == "1972-09-28T01:00:00.000000Z"
    feed.take(result(998, None, revision=2))
    assert [w["unjudged"] for w in watched(asks)[0]["waiting"]] == ["undefined", "open"]
    feed.take(result(998, 0.9, revision=3))
    assert [w["unjudged"] for w in watched(asks)[0]["waiting"]] == ["open"]


def test_a_closed_window_that_was_not_evaluated_yet_is_due(asks: Asks, engine: sa.Engine) -> None:
    asks().post("/api/v1/alerts/rules", json=NEW)
    feed = Feed(engine, now=NOW - HOUR - DAY)
    feed.take(result(998, 0.1))
    [version] = watched(asks)
    assert (version["judged"], [window["unjudged"] for window in version["waiting"]]) == (None, ["due"])


def test_versions_beyond_those_with_the_newest_windows_are_counted(asks: Asks, engine: sa.Engine) -> None:
    asks().post("/api/v1/alerts/rules", json=NEW)
    Feed(engine).take(*(result(day, 0.9, version=str(day)) for day in range(5)))
    page: Any = asks().get("/api/v1/alerts/rules").json
    [rule] = page["items"]
    assert [version["version"] for version in rule["watched"]] == ["4", "3", "2"]
    assert rule["more_versions"] == 2


def test_an_alert_lists_newer_windows_that_are_not_evaluated(asks: Asks, engine: sa.Engine) -> None:
    asks().post("/api/v1/alerts/rules", json=NEW)
    Feed(engine, now=NOW).take(result(997, 0.5), result(998, 0.9, rows=29))
    page: Any = asks().get("/api/v1/alerts").json
    [alert] = page["items"]
    assert (alert["state"], alert["value"], alert["rows"], alert["source"]) == ("firing", 0.5, 90, "computed")
    assert [(w["unjudged"], w["rows"]) for w in alert["waiting"]] == [("few_rows", 29)]
