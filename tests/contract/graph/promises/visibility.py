"""No query reveals what a principal may not see."""

import json

import msgspec

from headwater.contracts.identity import ALL, Visible
from headwater.contracts.keys import run_key
from headwater.graph.port import SceneQuery
from headwater.graph.state.facts import (
    DatasetFact,
    ModelFact,
    Stamp,
    io_facet_name,
)
from tests.contract.graph.stores import IsolatedStore


class Visibility:
    def test_hidden_nodes_become_one_restricted_node_a_connected_part(self, store: IsolatedStore) -> None:
        store.apply(
            [
                store.run("j1", "1", 1, "a", "secret:m1"),
                store.run("j2", "1", 2, "secret:m1", "secret:m2", space="secret"),
                store.run("j3", "1", 3, "secret:m2", "z"),
            ]
        )
        visible = Visible(prefixes=(store.prefix + "n",))
        scene = store.graph.scene(SceneQuery(store.dataset("a"), 0, 9), visible=visible)
        assert scene is not None
        kinds = sorted(node.kind for node in scene.nodes)
        assert kinds == ["DataSource", "DataSource", "ETLProcess", "ETLProcess", "restricted"]
        assert {node.name for node in scene.nodes} == {"a", "j1", "j3", "z", ""}
        assert scene.hidden == {"permission": 3}
        assert len(scene.edges) == 4

    def test_a_hidden_job_joins_nothing_that_no_flow_joins(self, store: IsolatedStore) -> None:
        store.apply(
            [store.run("j", "1", 1, "a b", "x", space="secret"), store.run("j", "2", 2, "b", "y", space="secret")]
        )
        visible = Visible(prefixes=(store.prefix + "n",))
        scene = store.graph.scene(SceneQuery(store.dataset("b"), 0, 2), visible=visible)
        assert scene is not None
        restricted = [node.id for node in scene.nodes if node.kind == "restricted"]
        assert len(restricted) == 2
        assert sorted(edge.type for edge in scene.edges) == ["PRODUCES", "PRODUCES", "TRANSFORMED_BY", "TRANSFORMED_BY"]

    def test_what_is_hidden_is_found_by_no_question(self, store: IsolatedStore) -> None:
        store.apply([store.run("j", "1", 1, "secret:hushed", "secret:hushed2", space="secret")])
        visible = Visible(prefixes=(store.prefix + "n",))
        focus = store.dataset("hushed", "secret")
        assert store.graph.get(focus, visible=visible) is None
        assert store.graph.find("DataSource", *store.key("hushed", "secret"), visible=visible) is None
        assert store.graph.scene(SceneQuery(focus), visible=visible) is None
        assert store.graph.search("hushed", visible=visible).items == []
        assert store.graph.runs(visible=visible).items == []
        assert store.graph.run(run_key(*store.key("j", "secret"), "1").id, visible=visible) is None
        assert store.graph.columns(focus, None, up=1, down=1, as_of=None, limit=9, visible=visible) is None
        assert store.graph.stats(visible=visible).nodes == {}

    def test_a_grant_ends_at_a_boundary_for_every_question(self, store: IsolatedStore) -> None:
        near = {"n": True, "n/x": True, "n:x": True, "n.x": True, "nx": False, "n-x": False, "N": False}
        facts = [DatasetFact(store.key("mart", space), Stamp(1, f"d{space}")) for space in near]
        runs = [store.run("load", "1", 1, space=space) for space in near]
        models = [
            ModelFact(model=store.key("churn", space), version="1", stamp=Stamp(1, f"m{space}"), action="registered")
            for space in near
        ]
        store.apply([*facts, *runs, *models])
        visible = Visible(prefixes=(store.prefix + "n",))
        expected = sorted(store.prefix + space for space, seen in near.items() if seen)
        for text in ("mart", "ma", ""):
            found = store.graph.search(text, kinds=["DataSource"], limit=50, visible=visible).items
            assert sorted(node.namespace for node in found) == expected, text
        for text in ("churn", ""):
            found = store.graph.search(text, kinds=["MLModel"], limit=50, visible=visible).items
            assert sorted(node.namespace for node in found) == expected, text
        assert sorted(run.job_namespace for run in store.graph.runs(visible=visible).items) == expected
        for space, seen in near.items():
            job = store.job("load", space)
            assert len(store.graph.runs(job=job, visible=visible).items) == int(seen), space
            assert (store.graph.get(store.dataset("mart", space), visible=visible) is not None) == seen, space
            assert (store.graph.scene(SceneQuery(job), visible=visible) is not None) == seen, space
        assert sorted(m.namespace for m in store.graph.models(visible=visible).items) == expected
        assert store.graph.stats(visible=visible).nodes["DataSource"] == len(expected)

    def test_limits_apply_after_filtering(self, store: IsolatedStore) -> None:
        runs = [store.run(f"h{i}", "1", 1, "a", f"secret:s{i}", space="secret") for i in range(30)]
        store.apply([*runs, store.run("zz", "1", 1, "a", "z")])
        visible = Visible(prefixes=(store.prefix + "n",))
        scene = store.graph.scene(SceneQuery(store.dataset("a"), 0, 1, limit=3), visible=visible)
        assert scene is not None
        assert {"a", "zz", "z"} <= {node.name for node in scene.nodes}
        assert not scene.truncated

    def test_facets_that_name_something_hidden_are_redacted(self, store: IsolatedStore) -> None:
        space = f"{store.prefix}secret"
        naming = {
            "symlinks": f'{{"identifiers":[{{"namespace":"{space}","name":"s"}}]}}',
            "custom": f'{{"a":[{{"b":{{"namespace":"{space}","name":"s"}}}}]}}',
            "joined": f'{{"source":"{space}/vault"}}',
            "address": '{"uri":"s3://vault/salaries"}',
            "query": '{"query":"SELECT * FROM hr.salaries"}',
            "documentation": '{"description":"pay from hr.salaries"}',
            "ownership": f'{{"owners":[{{"name":"{space}:payroll"}}]}}',
            "schema": f'{{"fields":[{{"name":"pay","description":"of {space}/vault"}}]}}',
        }
        facets = {name: text.encode() for name, text in naming.items()} | {"storage": b'{"x":1}'}
        run = store.run("j", "1", 2, "secret:people.hr.salaries", "a")
        store.apply([DatasetFact(store.key("a"), Stamp(1, "e"), facets), msgspec.structs.replace(run, facets=facets)])
        visible = Visible(prefixes=(store.prefix + "n",))
        detail = store.graph.get(store.dataset("a"), visible=visible)
        assert detail is not None
        assert {name for name, value in detail.facets.items() if value.get("redacted")} == set(naming)
        assert detail.facets["storage"] == {"x": 1}
        assert (detail.columns, detail.owners, detail.description) == ([], [], None)
        found = store.graph.run(run_key(*run.key).id, visible=visible)
        assert found is not None
        assert {name for name, value in found.facets.items() if value.get("redacted")} == set(naming)
        for shown in (str(detail), str(found)):
            assert not any(word in shown for word in (space, "salaries", "vault"))
        everything = store.graph.get(store.dataset("a"), visible=ALL)
        assert everything is not None
        assert everything.facets == {name: json.loads(text) for name, text in facets.items()}

    def test_facets_of_the_sides_of_a_run_do_not_name_hidden_data(self, store: IsolatedStore) -> None:
        run = store.run("j", "1", 2, "secret:salaries", "a")
        sides = {io_facet_name("in", store.key("salaries", "secret"), "stats"): b'{"rows":1}'}
        sides[io_facet_name("out", store.key("a"), "stats")] = b'{"rows":2}'
        store.apply([msgspec.structs.replace(run, facets=sides)])
        found = store.graph.run(run_key(*run.key).id, visible=Visible(prefixes=(store.prefix + "n",)))
        assert found is not None
        assert list(found.facets["inputFacets"]) == ["restricted"]
        assert list(found.facets["outputFacets"].values()) == [{"rows": 2}]
        assert "salaries" not in str(found)

    def test_tags_of_cards_do_not_name_hidden_data(self, store: IsolatedStore) -> None:
        tags = b'{"tags":[{"key":"gold"},{"key":"from","value":"s3://vault/salaries"}]}'
        store.apply([DatasetFact(store.key("a"), Stamp(1, "e"), {"tags": tags}), store.run("j", "1", 2, "a", "x")])
        visible = Visible(prefixes=(store.prefix + "n",))
        scene = store.graph.scene(SceneQuery(store.job("j"), 1, 1), visible=visible)
        columns = store.graph.columns(store.dataset("a"), None, up=1, down=1, as_of=None, limit=9, visible=visible)
        run = store.graph.run(run_key(*store.key("j"), "1").id, visible=visible)
        assert scene is not None
        assert columns is not None
        assert run is not None
        cards = [*scene.nodes, *columns.nodes, *run.inputs, *store.graph.search("a", visible=visible).items]
        assert {tuple(node.tags) for node in cards if node.name == "a"} == {("gold",)}
        assert "vault" not in str([scene, columns, run])
