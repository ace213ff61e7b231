from typing import Any

from headwater.contracts.api.alerts import Rule, RulePage
from headwater.contracts.api.graph import Edge, Node, Scene
from headwater.contracts.api.models import (
    MetricPoint,
    MetricSeries,
    ModelDetail,
    ModelPage,
    PredictionDetail,
    VersionSummary,
)
from headwater.contracts.identity import ALL
from headwater.contracts.problems import Problems
from headwater.runtime.web.problem import Problem

VERSION = VersionSummary(id="v", version="3", stage="deployed")
CHURN = ModelDetail(id="m", namespace="ml", name="churn", version_list=[VERSION])
POINT = MetricPoint(metric="accuracy", definition="d", version="3", window_start="a", window_end="b", value=0.5)
SERIES = MetricSeries(points=[POINT], metrics=["accuracy"])
NODE = Node(id="o", kind="Output", namespace="db", name="scores")
AT = 1_767_225_600_000_000


def rule(number: int, **changed: Any) -> Rule:
    given: dict[str, Any] = {"metric": "accuracy", "model_id": "m"} | changed
    return Rule(
        id=f"r{number}",
        name=f"rule {number}",
        model_namespace="ml",
        model_name="churn",
        comparison="below",
        threshold=0.8,
        **given,
    )


def prediction(output: Node | None) -> PredictionDetail:
    return PredictionDetail(
        id="p",
        model_id="m",
        model_namespace="ml",
        model_name="churn",
        version="3",
        version_id="v",
        event_time="2026-01-01T00:00:00.000000Z",
        prediction={"task": "binary"},
        weight=1.0,
        output=output,
    )


def test_models_are_listed_by_a_piece_of_their_name(client: Any, graph: Any) -> None:
    graph.answers["models"] = ModelPage(items=[CHURN])
    assert client.get("/api/v1/models?q=chu").json["items"][0]["name"] == "churn"
    assert graph.last("models")[1] == {"text": "chu", "limit": 50, "cursor": None, "visible": ALL}


def test_a_version_is_found_by_its_text_and_by_its_id(client: Any, graph: Any) -> None:
    graph.answers["model"] = CHURN
    assert client.get("/api/v1/models/m/versions/3").json["id"] == "v"
    assert client.get("/api/v1/models/m/versions/v").json["version"] == "3"
    assert client.get("/api/v1/models/m/versions/4").status_code == 404


def test_a_series_carries_the_thresholds_of_its_rules(client: Any, upstreams: Any) -> None:
    upstreams["metrics-engine"].answers["/api/v1/models/m/metrics"] = SERIES
    rules = [rule(1), rule(2, model_id="other"), rule(3, enabled=False), rule(4, metric="recall")]
    upstreams["alerting"].answers["/api/v1/alerts/rules"] = RulePage(items=rules)
    series = client.get("/api/v1/models/m/metrics?metric=accuracy&from=2026-01-01T00:00:00Z")
    assert [line["rule_id"] for line in series.json["thresholds"]] == ["r1"]
    assert series.json["points"][0]["value"] == 0.5
    assert upstreams["metrics-engine"].asked[0][1] == (
        "/api/v1/models/m/metrics?metric=accuracy&from=2026-01-01T00:00:00Z"
    )


def test_the_series_of_a_version_is_asked_at_its_own_path(client: Any, upstreams: Any) -> None:
    upstreams["metrics-engine"].answers["/api/v1/models/m/versions/3/metrics"] = SERIES
    upstreams["alerting"].answers["/api/v1/alerts/rules"] = RulePage(items=[])
    assert client.get("/api/v1/models/m/versions/3/metrics").status_code == 200


def test_without_alerting_a_series_is_served_without_thresholds_and_marked(client: Any, upstreams: Any) -> None:
    upstreams["metrics-engine"].answers["/api/v1/models/m/metrics"] = SERIES
    upstreams["alerting"].answers["/api/v1/alerts/rules"] = Problem(Problems.UNAVAILABLE, "away")
    series = client.get("/api/v1/models/m/metrics")
    assert series.status_code == 200
    assert series.headers["Headwater-Incomplete"] == "thresholds"


def test_without_alerts_read_a_principal_gets_no_thresholds(
    client_of: Any, make_principal: Any, upstreams: Any
) -> None:
    upstreams["metrics-engine"].answers["/api/v1/models/m/metrics"] = SERIES
    series = client_of(make_principal("metrics:read")).get("/api/v1/models/m/metrics")
    assert series.json["thresholds"] == []
    assert "Headwater-Incomplete" not in series.headers
    assert upstreams["alerting"].asked == []


def test_a_series_is_refused_in_the_words_of_its_owner(client: Any, upstreams: Any) -> None:
    upstreams["metrics-engine"].answers["/api/v1/models/m/metrics"] = Problem(Problems.NOT_FOUND, "No such model.")
    refused = client.get("/api/v1/models/m/metrics")
    assert (refused.status_code, refused.json["detail"]) == (404, "No such model.")


def node(name: str) -> Node:
    return Node(id=name, kind="k", namespace="n", name=name)


def behind(name: str) -> Scene:
    return Scene(
        focus=name, as_of=None, nodes=[node(name), node("table")], edges=[Edge(from_="table", to=name, type="t")]
    )


def written(*versions: str) -> Scene:
    edges = [Edge(from_=version, to="o", type="GENERATES") for version in versions]
    return Scene(focus="o", as_of=None, nodes=[node("o"), *map(node, versions)], edges=edges)


def test_a_prediction_comes_with_the_data_behind_it_as_of_its_time(client: Any, upstreams: Any, graph: Any) -> None:
    upstreams["metrics-engine"].answers["/api/v1/predictions"] = prediction(NODE)
    graph.answers["scene"] = {"v": behind("v"), "o": written("v", "v of another day")}
    scene = client.get("/api/v1/predictions?model=m&id=p%20%2F%26").json["scene"]
    assert scene["focus"] == "o"
    assert [n["id"] for n in scene["nodes"]] == ["o", "v", "table"]
    assert [(e["from"], e["to"]) for e in scene["edges"]] == [("table", "v"), ("v", "o")]
    assert {args[0].as_of for name, args, _ in graph.asked if name == "scene"} == {AT}
    assert upstreams["metrics-engine"].asked[0][1] == "/api/v1/predictions?model=m&id=p+%2F%26"


def test_an_output_that_the_version_did_not_serve_then_is_left_out(client: Any, upstreams: Any, graph: Any) -> None:
    upstreams["metrics-engine"].answers["/api/v1/predictions"] = prediction(NODE)
    graph.answers["scene"] = {"v": behind("v"), "o": written("v of another day")}
    scene = client.get("/api/v1/predictions?model=m&id=p").json["scene"]
    assert (scene["focus"], [n["id"] for n in scene["nodes"]]) == ("v", ["v", "table"])


def test_a_prediction_of_a_version_unknown_to_the_graph_shows_where_it_was_written(
    client: Any, upstreams: Any, graph: Any
) -> None:
    upstreams["metrics-engine"].answers["/api/v1/predictions"] = prediction(NODE)
    graph.answers["scene"] = {"o": written()}
    assert client.get("/api/v1/predictions?model=m&id=p").json["scene"]["focus"] == "o"


def test_a_prediction_is_shown_without_lineage_to_those_who_may_not_read_it(
    client_of: Any, make_principal: Any, upstreams: Any, graph: Any
) -> None:
    upstreams["metrics-engine"].answers["/api/v1/predictions"] = prediction(None)
    found = client_of(make_principal("predictions:read")).get("/api/v1/predictions?model=m&id=p")
    assert found.json["scene"] is None
    assert graph.asked == []
