from typing import Any

import pytest

from headwater.contracts.api.graph import ColumnScene, GraphStats, NodeDetail, RunDetail, RunPage, Scene, SearchPage
from headwater.contracts.cursors import CursorRefused
from headwater.contracts.identity import ALL, Visible
from headwater.graph.errors import GraphUnavailable
from headwater.graph.port import SceneQuery

ORDERS = NodeDetail(id="a", kind="DataSource", namespace="db", name="orders")
SCENE = Scene(focus="a", as_of=None, nodes=[ORDERS], edges=[])
RUN = RunDetail(id="r", job_id="j", job_namespace="db", job_name="load", run_id="1", state="COMPLETE")
AT = 1_767_225_600_000_000


def test_search_passes_the_query_on(client: Any, graph: Any) -> None:
    graph.answers["search"] = SearchPage(items=[ORDERS])
    path = "/api/v1/graph/search?q=ord&kind=DataSource,Output&namespace=db&status=FAIL,ABORT&limit=5&cursor=c"
    found = client.get(path)
    assert found.json["items"][0]["name"] == "orders"
    assert graph.last("search") == (
        ("ord",),
        {
            "kinds": {"DataSource", "Output"},
            "namespace": "db",
            "statuses": {"FAIL", "ABORT"},
            "limit": 5,
            "cursor": "c",
            "visible": ALL,
        },
    )


def test_search_without_text_lists_everything(client: Any, graph: Any) -> None:
    graph.answers["search"] = SearchPage(items=[])
    assert client.get("/api/v1/graph/search").json == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("path", ["graph/search", "runs", "models"])
def test_a_cursor_that_is_not_ours_is_refused_by_name(client: Any, graph: Any, path: str) -> None:
    graph.answers[path.removeprefix("graph/")] = CursorRefused()
    refused = client.get(f"/api/v1/{path}?cursor=x")
    assert refused.status_code == 400
    assert [error["field"] for error in refused.json["errors"]] == ["cursor"]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("graph/search?limit=0", "limit"),
        ("graph/search?limit=many", "limit"),
        ("graph/search?colour=red", "colour"),
        ("graph/search?status=FAIL,", "status"),
        ("graph/search?status=broken", "status"),
        ("graph/scene", "focus"),
        ("graph/scene?focus=a&up=51", "up"),
        ("graph/scene?focus=a&as_of=yesterday", "as_of"),
        ("graph/columns?focus=a&as_of=2026-13-01T00:00:00Z", "as_of"),
        ("graph/nodes?kind=DataSource&namespace=db", "name"),
        ("runs?state=HAPPY", "state"),
        ("runs?from=today", "from"),
        ("predictions?model=m", "id"),
        ("models/m/metrics?metrics=x", "metrics"),
    ],
)
def test_a_wrong_parameter_is_named(client: Any, path: str, field: str) -> None:
    refused = client.get(f"/api/v1/{path}")
    assert refused.status_code == 400
    assert refused.json["type"].endswith("invalid-query")
    assert field in refused.json["detail"]


def test_a_node_is_found_by_id_and_by_name(client: Any, graph: Any) -> None:
    graph.answers |= {"get": {"a": ORDERS}, "find": {"DataSource": ORDERS}}
    assert client.get("/api/v1/graph/nodes/a").json["name"] == "orders"
    assert client.get("/api/v1/graph/nodes?kind=DataSource&namespace=db&name=orders").json["id"] == "a"
    assert graph.last("find")[0] == ("DataSource", "db", "orders")


def test_a_merged_id_answers_the_node_it_was_merged_into(client: Any, graph: Any) -> None:
    gone = NodeDetail(id="b", kind="DataSource", namespace="db", name="alias", merged_into="a")
    graph.answers["get"] = {"a": ORDERS, "b": gone}
    assert client.get("/api/v1/graph/nodes/b").json["id"] == "a"


@pytest.mark.parametrize(
    "path", ["graph/nodes/x", "graph/scene?focus=x", "graph/columns?focus=x", "runs/x", "models/x"]
)
def test_hidden_and_missing_are_the_same_404(client: Any, path: str) -> None:
    missing = client.get(f"/api/v1/{path}")
    assert (missing.status_code, missing.json["type"]) == (404, "urn:headwater:problem:not-found")


def test_a_scene_is_asked_as_of_a_moment_and_by_kind(client: Any, graph: Any) -> None:
    graph.answers["scene"] = SCENE
    client.get("/api/v1/graph/scene?focus=a&up=2&down=3&as_of=2026-01-01T00:00:00Z&kinds=DataSource&limit=9")
    assert graph.last("scene")[0] == (SceneQuery("a", 2, 3, AT, frozenset({"DataSource"}), 9),)


def test_a_scene_that_the_principal_holds_is_not_sent_again(client: Any, graph: Any) -> None:
    graph.answers |= {"scene": SCENE, "sees": True}
    first = client.get("/api/v1/graph/scene?focus=a")
    asked = len(graph.asked)
    again = client.get("/api/v1/graph/scene?focus=a", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert [operation for operation, _, _ in graph.asked[asked:]] == ["change", "sees"]


@pytest.mark.parametrize("held", ["*", '"x", *', "the tag of this very answer"])
def test_no_condition_tells_whether_something_hidden_exists(client: Any, graph: Any, held: str) -> None:
    graph.answers |= {"scene": SCENE, "sees": True}
    tag = client.get("/api/v1/graph/scene?focus=a").headers["ETag"]
    graph.answers |= {"scene": None, "sees": False}
    headers = {"If-None-Match": held.replace("the tag of this very answer", tag)}
    refused = client.get("/api/v1/graph/scene?focus=a", headers=headers)
    assert (refused.status_code, "ETag" in refused.headers) == (404, False)


def test_a_scene_is_sent_again_when_the_graph_changed(client: Any, graph: Any) -> None:
    graph.answers["scene"] = SCENE
    first = client.get("/api/v1/graph/scene?focus=a")
    graph.answers["change"] = 2
    again = client.get("/api/v1/graph/scene?focus=a", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 200


def test_principals_with_other_grants_and_other_questions_have_other_tags(
    client_of: Any, make_principal: Any, graph: Any
) -> None:
    graph.answers["scene"] = SCENE
    tags = {
        client_of(make_principal("lineage:read", visible=seen))
        .get(f"/api/v1/graph/scene?focus=a&up={up}")
        .headers["ETag"]
        for seen in (ALL, Visible(prefixes=("db",)), Visible(prefixes=("db", "ml")))
        for up in (1, 2)
    }
    assert len(tags) == 6


def test_every_read_is_asked_with_the_grants_of_the_principal(client_of: Any, make_principal: Any, graph: Any) -> None:
    seen = Visible(prefixes=("db",))
    graph.answers |= {
        "search": SearchPage(items=[]),
        "get": ORDERS,
        "find": ORDERS,
        "scene": SCENE,
        "columns": ColumnScene(focus="a", column=None, nodes=[], edges=[]),
        "runs": RunPage(items=[]),
        "run": RUN,
        "stats": GraphStats(nodes={}, edges={}, change=1),
    }
    client = client_of(make_principal("lineage:read", "stats:read", visible=seen))
    for path in ("graph/search", "graph/nodes/a", "graph/nodes?kind=k&namespace=n&name=m", "graph/scene?focus=a"):
        assert client.get(f"/api/v1/{path}").status_code == 200, path
    for path in ("graph/columns?focus=a&column=c", "runs", "runs/r", "stats"):
        assert client.get(f"/api/v1/{path}").status_code == 200, path
    assert {named["visible"] for operation, _, named in graph.asked if operation != "change"} == {seen}


def test_runs_are_filtered_by_job_state_and_time(client: Any, graph: Any) -> None:
    graph.answers["runs"] = RunPage(items=[])
    client.get("/api/v1/runs?run_id=r&job=j&state=FAIL&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z")
    _, named = graph.last("runs")
    assert named["run_id"] == "r"
    assert (named["job"], named["state"], named["since"], named["until"]) == ("j", "FAIL", AT, AT + 86_400_000_000)


def test_the_export_is_lines_of_json(client: Any, graph: Any) -> None:
    graph.answers["export"] = iter([b'{"record":"edge"}', b'{"record":"node"}'])
    exported = client.get("/api/v1/graph/export")
    assert exported.mimetype == "application/x-ndjson"
    assert exported.data == b'{"record":"edge"}\n{"record":"node"}\n'


def test_the_export_requires_access_to_all_namespaces(client_of: Any, make_principal: Any) -> None:
    client = client_of(make_principal("lineage:export", visible=Visible(prefixes=("db",))))
    assert client.get("/api/v1/graph/export").status_code == 403


@pytest.mark.parametrize("path", ["graph/search", "graph/scene?focus=a", "graph/nodes/a", "stats"])
def test_an_unreachable_graph_is_a_503_with_retry_after(client: Any, graph: Any, path: str) -> None:
    away = GraphUnavailable("no answer", retry_after=3)
    graph.answers |= {"search": away, "change": away, "get": away, "stats": away}
    refused = client.get(f"/api/v1/{path}")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "3")
    assert refused.json["type"] == "urn:headwater:problem:unavailable"


def test_readiness_names_the_graph(client: Any, graph: Any) -> None:
    graph.answers["check"] = GraphUnavailable("no answer")
    refused = client.get("/readyz")
    assert refused.status_code == 503
    assert refused.json["dependencies"]["graph"] == {"ok": False, "message": "no answer"}
