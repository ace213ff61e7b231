"""What any graph store promises. Subclasses provide `make_room`; nothing here knows Neo4j or SQLite."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.contracts.identity import ALL, Visible
from headwater.contracts.keys import dataset_key, metric_key, model_key, model_version_key, run_key
from headwater.graph.errors import Fenced
from headwater.graph.facts import (
    AlertFact,
    ColumnSource,
    DatasetFact,
    JobFact,
    MetricFact,
    ModelFact,
    OutputFact,
    RunFact,
    Stamp,
    StaticFact,
)
from headwater.graph.port import SceneQuery, Source
from tests.contract.graph import reference
from tests.contract.graph.histories import History, batches
from tests.contract.graph.rooms import MINUTE, MakeRoom, Room

SEEDS = range(6)
NAMES = ("a", "b", "c", "d", "loop", "日本", "x" * 400, 'q"`\\')
_flow = st.tuples(
    st.sampled_from(["j1", "j2", "j3"]),
    st.sets(st.sampled_from(NAMES), max_size=3),
    st.sets(st.sampled_from(NAMES), max_size=3),
)
# Every example makes its own room, and every adapter's class runs the same method: neither is an accident here.
shared = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)


class GraphContract:
    """Every test works in a room of its own."""

    @pytest.fixture
    def room(self, make_room: MakeRoom) -> Room:
        return make_room()

    # --- facts in any order

    @pytest.mark.parametrize("seed", SEEDS)
    def test_shuffled_doubled_and_split_facts_give_equal_exports(self, make_room: MakeRoom, seed: int) -> None:
        exports = []
        for order in range(3):
            room = make_room()
            facts = History(seed, namespace=room.prefix).facts(40)
            for batch in batches(facts, order, doubled=order > 0) if order else [facts]:
                room.apply(batch)
            exports.append(room.export())
        assert exports[0] == exports[1] == exports[2]
        assert len(exports[0]) > 20

    def test_facts_applied_again_change_nothing(self, room: Room) -> None:
        facts = History(7, namespace=room.prefix).facts(30)
        first = room.apply(facts)
        again = room.apply(facts)
        assert again.touched == ()
        assert again.change == first.change

    # --- walks

    def test_no_walk_invents_lineage(self, room: Room) -> None:
        room.apply([room.run("job", "1", 1, "a", "x"), room.run("job", "2", 2, "b", "y")])
        assert room.names(room.dataset("a"), down=5, up=5) == {"a", "job", "x"}
        assert room.edges(room.dataset("a"), down=5) == {("a", "TRANSFORMED_BY", "job"), ("job", "PRODUCES", "x")}
        assert room.names(room.job("job"), down=1, up=1) == {"a", "b", "job", "x", "y"}

    @shared
    @given(flows=st.lists(_flow, max_size=12), hops=st.tuples(st.integers(0, 4), st.integers(0, 4)))
    def test_scenes_hold_exactly_what_the_flows_say(
        self, make_room: MakeRoom, flows: list[tuple[str, set[str], set[str]]], hops: tuple[int, int]
    ) -> None:
        room = make_room()
        runs = [
            RunFact(
                key=(*room.key(job), f"run {index}"),
                stamp=Stamp(index * MINUTE, f"event {index}"),
                inputs=tuple(room.key(n) for n in sorted(inputs)),
                outputs=tuple(room.key(n) for n in sorted(outputs)),
            )
            for index, (job, inputs, outputs) in enumerate(flows)
        ]
        room.apply([*runs, DatasetFact(room.key("a"), Stamp(1, "seen"))])
        said = {reference.Flow(job, frozenset(i), frozenset(o)) for job, i, o in flows}
        up, down = hops
        nodes, edges = reference.scene(said, "a", up=up, down=down)
        assert room.names(room.dataset("a"), up=up, down=down) == nodes
        assert room.edges(room.dataset("a"), up=up, down=down) == edges

    def test_chains_with_skip_edges_and_cycles_end(self, room: Room) -> None:
        count = 60
        runs = [room.run(f"j{i}", "1", i, f"t{i}", f"t{i + 1} t{min(i + 7, count)}") for i in range(count)]
        room.apply([*runs, room.run("back", "1", 99, f"t{count}", "t0")])
        found = room.names(room.dataset("t0"), down=500)
        assert {f"t{i}" for i in range(count + 1)} <= found

    def test_a_hub_is_cut_at_the_limit_and_says_so(self, room: Room) -> None:
        room.apply([room.run(f"j{i}", "1", 1, "hub", f"out{i}") for i in range(40)])
        scene = room.graph.scene(SceneQuery(room.dataset("hub"), 0, 1, limit=11), visible=ALL)
        assert scene is not None
        assert scene.truncated
        assert len(scene.nodes) == 11
        whole = room.graph.scene(SceneQuery(room.dataset("hub"), 0, 1, limit=500), visible=ALL)
        assert whole is not None
        assert (len(whole.nodes), whole.truncated) == (81, False)

    def test_what_a_job_only_reads_or_only_writes_shows(self, room: Room) -> None:
        room.apply([room.run("reader", "1", 1, "a"), room.run("writer", "1", 1, "", "a")])
        assert room.edges(room.dataset("a"), up=1, down=1) == {
            ("a", "TRANSFORMED_BY", "reader"),
            ("writer", "PRODUCES", "a"),
        }

    def test_ingestion_jobs_bring_data_in(self, room: Room) -> None:
        facet = {"jobType": b'{"processingType":"BATCH","integration":"X","jobType":"INGESTION"}'}
        room.apply([room.run("load", "1", 1, "src", "raw"), JobFact(room.key("load"), Stamp(1, "e"), facet)])
        assert ("src", "INGESTED_BY", "load") in room.edges(room.dataset("src"), down=1)

    def test_a_focus_that_does_not_exist_has_no_scene(self, room: Room) -> None:
        assert room.graph.scene(SceneQuery("nobody"), visible=ALL) is None
        assert room.graph.get("nobody", visible=ALL) is None

    def test_filtered_kinds_are_passed_through(self, room: Room) -> None:
        room.apply([room.run("j", "1", 1, "a", "x"), room.run("j", "2", 2, "b", "y"), room.run("k", "1", 3, "x", "z")])
        kinds = frozenset({"DataSource"})
        assert room.edges(room.dataset("a"), down=3, kinds=kinds) == {("a", "LEADS_TO", "x"), ("x", "LEADS_TO", "z")}
        jobs = frozenset({"ETLProcess"})
        assert room.edges(room.dataset("a"), down=3, kinds=jobs) == {
            ("a", "TRANSFORMED_BY", "j"),
            ("j", "LEADS_TO", "k"),
        }

    # --- time

    def test_a_scene_as_of_a_moment_holds_what_held_then(self, room: Room) -> None:
        room.apply([room.run("j", "1", 10, "a", "x")])
        room.apply([room.run("j", f"late {n}", 20 + n, "a", "y") for n in range(3)])
        assert room.names(room.dataset("a"), down=1, as_of=9) == {"a"}
        assert room.names(room.dataset("a"), down=1, as_of=15) == {"a", "j", "x"}
        assert room.names(room.dataset("a"), down=1, as_of=21) == {"a", "j", "x", "y"}
        assert room.names(room.dataset("a"), down=1, as_of=22) == {"a", "j", "y"}
        assert room.names(room.dataset("a"), down=1) == {"a", "j", "y"}

    def test_flows_of_unfinished_and_failed_runs_are_not_confirmed(self, room: Room) -> None:
        room.apply([room.run("j", "1", 1, "a", "x", kind="START")])
        assert self._confirmed(room) == [False, False]
        room.apply([room.run("j", "1", 2, kind="FAIL")])
        assert self._confirmed(room) == [False, False]
        room.apply([room.run("j", "2", 3, "a", "x")])
        assert self._confirmed(room) == [True, True]

    def _confirmed(self, room: Room) -> list[bool]:
        scene = room.graph.scene(SceneQuery(room.dataset("a"), 0, 1), visible=ALL)
        assert scene is not None
        return [edge.confirmed for edge in scene.edges]

    def test_a_drop_ends_what_the_dataset_took_part_in(self, room: Room) -> None:
        room.apply([room.run("j", "1", 1, "a", "x")])
        room.apply([DatasetFact(room.key("x"), Stamp(5 * MINUTE, "drop"), dropped=True)])
        assert room.names(room.dataset("a"), down=1) == {"a"}
        assert room.names(room.dataset("a"), down=1, as_of=4) == {"a", "j", "x"}
        room.apply([room.run("j", "2", 8, "a", "x")])
        assert room.names(room.dataset("a"), down=1) == {"a", "j", "x"}
        assert room.names(room.dataset("a"), down=1, as_of=6) == {"a"}

    def test_a_declaration_holds_until_the_next(self, room: Room) -> None:
        def declared(minute: int, output: str) -> StaticFact:
            stamp = Stamp(minute * MINUTE, f"s{minute}")
            return StaticFact(stamp=stamp, job=room.key("j"), inputs=(room.key("a"),), outputs=(room.key(output),))

        room.apply([declared(5, "y"), declared(1, "x")])
        assert room.names(room.dataset("a"), down=1) == {"a", "j", "y"}
        assert room.names(room.dataset("a"), down=1, as_of=2) == {"a", "j", "x"}

    # --- what an asker may see

    def test_hidden_nodes_become_one_restricted_node_a_connected_part(self, room: Room) -> None:
        room.apply(
            [
                room.run("j1", "1", 1, "a", "secret:m1"),
                room.run("j2", "1", 2, "secret:m1", "secret:m2", space="secret"),
                room.run("j3", "1", 3, "secret:m2", "z"),
            ]
        )
        visible = Visible(prefixes=(room.prefix + "n",))
        scene = room.graph.scene(SceneQuery(room.dataset("a"), 0, 9), visible=visible)
        assert scene is not None
        kinds = sorted(node.kind for node in scene.nodes)
        assert kinds == ["DataSource", "DataSource", "ETLProcess", "ETLProcess", "restricted"]
        assert {node.name for node in scene.nodes} == {"a", "j1", "j3", "z", ""}
        assert scene.hidden == {"permission": 3}
        assert len(scene.edges) == 4

    def test_a_hidden_job_joins_nothing_that_no_flow_joins(self, room: Room) -> None:
        room.apply([room.run("j", "1", 1, "a b", "x", space="secret"), room.run("j", "2", 2, "b", "y", space="secret")])
        visible = Visible(prefixes=(room.prefix + "n",))
        scene = room.graph.scene(SceneQuery(room.dataset("b"), 0, 2), visible=visible)
        assert scene is not None
        restricted = [node.id for node in scene.nodes if node.kind == "restricted"]
        assert len(restricted) == 2
        assert sorted(edge.type for edge in scene.edges) == ["PRODUCES", "PRODUCES", "TRANSFORMED_BY", "TRANSFORMED_BY"]

    def test_what_is_hidden_is_found_by_no_question(self, room: Room) -> None:
        room.apply([room.run("j", "1", 1, "secret:hushed", "secret:hushed2", space="secret")])
        visible = Visible(prefixes=(room.prefix + "n",))
        focus = room.dataset("hushed", "secret")
        assert room.graph.get(focus, visible=visible) is None
        assert room.graph.find("DataSource", *room.key("hushed", "secret"), visible=visible) is None
        assert room.graph.scene(SceneQuery(focus), visible=visible) is None
        assert room.graph.search("hushed", visible=visible).items == []
        assert room.graph.runs(visible=visible).items == []
        assert room.graph.run(run_key(*room.key("j", "secret"), "1").id, visible=visible) is None
        assert room.graph.columns(focus, None, up=1, down=1, as_of=None, limit=9, visible=visible) is None
        assert room.graph.stats(visible=visible).nodes == {}

    def test_limits_apply_after_filtering(self, room: Room) -> None:
        runs = [room.run(f"h{i}", "1", 1, "a", f"secret:s{i}", space="secret") for i in range(30)]
        room.apply([*runs, room.run("zz", "1", 1, "a", "z")])
        visible = Visible(prefixes=(room.prefix + "n",))
        scene = room.graph.scene(SceneQuery(room.dataset("a"), 0, 1, limit=3), visible=visible)
        assert scene is not None
        assert {"a", "zz", "z"} <= {node.name for node in scene.nodes}
        assert not scene.truncated

    def test_facets_that_name_something_hidden_are_redacted(self, room: Room) -> None:
        raw = f'{{"identifiers":[{{"namespace":"{room.prefix}secret","name":"s"}}]}}'.encode()
        room.apply([DatasetFact(room.key("a"), Stamp(1, "e"), {"symlinks": raw, "storage": b'{"x":1}'})])
        detail = room.graph.get(room.dataset("a"), visible=Visible(prefixes=(room.prefix + "n",)))
        assert detail is not None
        assert "secret" not in str(detail.facets)
        assert detail.facets["storage"] == {"x": 1}

    # --- names

    @pytest.mark.parametrize("link_first", [True, False])
    def test_linked_datasets_are_one_node_whenever_the_link_arrives(self, room: Room, link_first: bool) -> None:
        link = DatasetFact(room.key("path"), Stamp(1, "link"), {}, (room.key("table"),))
        runs = [room.run("w", "1", 1, "src", "path"), room.run("r", "1", 2, "table", "out")]
        for facts in ([link], runs) if link_first else (runs, [link]):
            room.apply(list(facts))
        assert room.names(room.dataset("src"), down=2) == {"src", "w", "path", "r", "out"}
        merged = room.graph.get(room.dataset("table"), visible=ALL)
        assert merged is not None
        assert (merged.name, merged.merged_into) == ("path", room.dataset("path"))
        assert room.names(room.dataset("table"), down=1) == {"path", "r", "out"}
        found = room.graph.search("table", namespace=room.prefix, visible=ALL).items
        assert [node.name for node in found] == ["path"]

    # --- search

    def test_search_finds_any_piece_of_a_name_in_any_case(self, room: Room) -> None:
        names = ["db.Orders", "db.order_items", "s3/RAW/Öffnung.csv", "50% off_sale", "ab"]
        room.apply([DatasetFact(room.key(name), Stamp(i, f"e{i}")) for i, name in enumerate(names)])

        def found(text: str) -> set[str]:
            page = room.graph.search(text, namespace=room.prefix, visible=ALL)
            return {node.name for node in page.items}

        assert found("RDER") == {"db.Orders", "db.order_items"}
        assert found("order_") == {"db.order_items"}
        assert found("raw/öff") == {"s3/RAW/Öffnung.csv"}
        assert found("% o") == {"50% off_sale"}
        assert found("B") == {"db.Orders", "db.order_items", "ab"}
        assert found("nothing") == set()
        assert len(found("")) == 5

    def test_search_orders_by_rank_then_name(self, room: Room) -> None:
        names = ["zz.orders_old", "a.reorders", "m.orders", "b.orders"]
        room.apply([DatasetFact(room.key(name), Stamp(i, f"e{i}")) for i, name in enumerate(names)])
        page = room.graph.search("orders", namespace=room.prefix, visible=ALL)
        assert [node.name for node in page.items] == ["b.orders", "m.orders", "zz.orders_old", "a.reorders"]

    @pytest.mark.parametrize("text", ["", "tab", "t"])
    def test_pages_of_a_search_hold_every_node_once(self, room: Room, text: str) -> None:
        names = [f"table {i:02d}" for i in range(23)]
        dice = random.Random(1)
        facts = [DatasetFact(room.key(name), Stamp(i, f"e{i}")) for i, name in enumerate(dice.sample(names, 23))]
        room.apply(facts)
        found: list[str] = []
        cursor = None
        while True:
            page = room.graph.search(text, namespace=room.prefix, limit=5, cursor=cursor, visible=ALL)
            found += [node.name for node in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert found == names

    def test_a_cursor_that_is_not_ours_is_refused(self, room: Room) -> None:
        for cursor in ("x", "bm8", "e30", "é"):
            with pytest.raises(ValueError, match="cursor"):
                room.graph.search("a", cursor=cursor, visible=ALL)
            with pytest.raises(ValueError, match="cursor"):
                room.graph.runs(cursor=cursor, visible=ALL)

    def test_search_keeps_to_kinds_and_namespaces(self, room: Room) -> None:
        room.apply([room.run("thing job", "1", 1, "thing", "other:thing")])

        def kinds(**how: object) -> list[tuple[str, str]]:
            page = room.graph.search("thing", visible=ALL, **how)  # type: ignore[arg-type]
            return [(node.kind, node.namespace.removeprefix(room.prefix)) for node in page.items]

        assert kinds(kinds=["ETLProcess"], namespace=room.prefix) == [("ETLProcess", "n")]
        assert kinds(namespace=room.prefix + "other") == [("DataSource", "other")]

    # --- runs

    def test_runs_come_newest_first_in_pages(self, room: Room) -> None:
        room.apply([room.run("j", f"r{i}", i + 1, "a", "x") for i in range(7)])
        first = room.graph.runs(job=room.job("j"), limit=4, visible=ALL)
        rest = room.graph.runs(job=room.job("j"), limit=4, cursor=first.next_cursor, visible=ALL)
        assert [run.run_id for run in (*first.items, *rest.items)] == [f"r{i}" for i in reversed(range(7))]
        assert rest.next_cursor is None

    def test_runs_are_filtered_by_state_and_time(self, room: Room) -> None:
        room.apply(
            [room.run("j", "good", 1), room.run("j", "bad", 5, kind="FAIL"), room.run("j", "new", 9, kind="START")]
        )

        def found(**how: object) -> list[str]:
            return [run.run_id for run in room.graph.runs(job=room.job("j"), visible=ALL, **how).items]  # type: ignore[arg-type]

        assert found(state="FAIL") == ["bad"]
        assert found(since=2 * MINUTE) == ["new", "bad"]
        assert found(until=5 * MINUTE) == ["good"]

    def test_a_run_shows_events_facets_family_and_data(self, room: Room) -> None:
        parent = room.run("dag", "p", 1, kind="START")
        child = RunFact(
            key=(*room.key("task"), "c"),
            stamp=Stamp(2 * MINUTE, "child"),
            type="COMPLETE",
            producer="tests",
            inputs=(room.key("a"),),
            outputs=(room.key("x"),),
            facets={"processing_engine": b'{"name": "spark", "n": 1.50}'},
            parent=parent.key,
        )
        room.apply([parent, child])
        run = room.graph.run(run_key(*child.key).id, visible=ALL)
        assert run is not None
        assert (run.state, run.run_id, [e.type for e in run.events]) == ("COMPLETE", "c", ["COMPLETE"])
        assert run.facets == {"processing_engine": {"name": "spark", "n": 1.5}}
        assert ([n.name for n in run.inputs], [n.name for n in run.outputs]) == (["a"], ["x"])
        assert run.parent is not None
        assert run.parent.run_id == "p"
        above = room.graph.run(run_key(*parent.key).id, visible=ALL)
        assert above is not None
        assert [c.run_id for c in above.children] == ["c"]

    def test_one_run_id_may_serve_several_jobs(self, room: Room) -> None:
        room.apply([room.run("j1", "same", 1, kind="FAIL"), room.run("j2", "same", 1)])
        states = {r.job_name: r.state for r in room.graph.runs(visible=ALL).items if r.run_id == "same"}
        assert {states["j1"], states["j2"]} == {"FAIL", "COMPLETE"}

    # --- columns

    def test_columns_are_walked_both_ways(self, room: Room) -> None:
        def columns(output: str, source: str, column: str, target: str) -> ColumnSource:
            raw = (
                f'{{"fields":{{"{target}":{{"inputFields":[{{"namespace":"{room.prefix}n","name":"{source}",'
                f'"field":"{column}","transformations":[{{"type":"DIRECT","masking":true}}]}}]}}}}}}'
            )
            return ColumnSource(room.key(output), f"{output}{source}", (room.key(source),), raw.encode())

        first = RunFact(
            key=(*room.key("j"), "1"), stamp=Stamp(1, "1"), type="COMPLETE", columns=(columns("x", "a", "id", "key"),)
        )
        second = RunFact(
            key=(*room.key("k"), "1"), stamp=Stamp(2, "2"), type="COMPLETE", columns=(columns("y", "x", "key", "k"),)
        )
        room.apply([first, second])
        found = room.graph.columns(room.dataset("x"), "key", up=3, down=3, as_of=None, limit=50, visible=ALL)
        assert found is not None
        assert [(e.from_column, e.to_column, e.transformations) for e in found.edges if e.to_column == "k"] == [
            ("key", "k", [{"type": "DIRECT", "masking": True}])
        ]
        assert {n.name for n in found.nodes} == {"a", "x", "y"}
        other = room.graph.columns(room.dataset("x"), "nope", up=3, down=3, as_of=None, limit=50, visible=ALL)
        assert other is not None
        assert other.edges == []

    # --- models

    def test_one_walk_leads_from_data_through_a_model_to_what_reads_its_output(self, room: Room) -> None:
        model = room.key("churn")
        room.apply(
            [
                room.run("prepare", "1", 1, "raw", "features"),
                room.run("train", "t", 2, "features"),
                ModelFact(
                    model=model,
                    version="3",
                    stamp=Stamp(3 * MINUTE, "m"),
                    action="trained",
                    run=(*room.key("train"), "t"),
                ),
                OutputFact(model=model, version="3", stamp=Stamp(4 * MINUTE, "o"), output=room.key("scores")),
                room.run("mail", "1", 5, "scores", "campaign"),
            ]
        )
        assert room.names(room.dataset("raw"), down=4) >= {
            "raw",
            "prepare",
            "features",
            "churn@3",
            "scores",
            "mail",
            "campaign",
        }
        assert room.names(room.dataset("campaign"), up=4) >= {"raw", "churn@3", "train", "churn"}
        edges = room.edges(model_version_key(*model, "3").id, up=1, down=1)
        assert edges == {
            ("features", "USED_IN", "churn@3"),
            ("train", "TRAINS", "churn@3"),
            ("churn", "HAS_VERSION", "churn@3"),
            ("churn@3", "GENERATES", "scores"),
        }
        scores = room.graph.get(room.dataset("scores"), visible=ALL)
        assert scores is not None
        assert scores.kind == "Output"

    def test_a_model_shows_versions_stages_and_the_latest_metric(self, room: Room) -> None:
        model = room.key("m")
        facts = [
            ModelFact(model=model, version=v, stamp=Stamp(t * MINUTE, f"{v}{a}"), action=a, about=b'{"task":"binary"}')
            for t, v, a in ((1, "1", "registered"), (2, "1", "deployed"), (3, "2", "registered"))
        ]

        def metric(end: int, revision: int, value: float | None) -> MetricFact:
            return MetricFact(
                model=model, version="1", metric="f1", definition="f1@1", start=0, end=end * MINUTE, revision=revision,
                computed_at=1, result=f"{end}{revision}", value=value, n=5,
            )  # fmt: skip

        room.apply([*facts, metric(5, 2, 0.7), metric(5, 1, 0.6), metric(4, 9, 0.1), metric(6, 1, None)])
        detail = room.graph.model(model_key(*model).id, visible=ALL)
        assert detail is not None
        assert (detail.task, detail.versions, detail.latest_version, detail.deployed_version) == ("binary", 2, "2", "1")
        assert [(v.version, v.stage) for v in detail.version_list] == [("2", "registered"), ("1", "deployed")]
        node = room.graph.get(metric_key(*model, "1", "f1@1").id, visible=ALL)
        assert node is not None
        assert node.summary["value"] == 0.7
        assert [m.name for m in room.graph.models(text="m", visible=ALL).items if m.namespace == model[0]] == ["m"]

    def test_a_firing_alert_shows_on_model_and_version_until_it_is_resolved(self, room: Room) -> None:
        def alert(minute: int, state: str) -> AlertFact:
            return AlertFact(
                model=room.key("m"), version="1", stamp=Stamp(minute * MINUTE, state), rule="r", metric="f1",
                state=state, severity="warning", start=0,
            )  # fmt: skip

        room.apply([alert(2, "firing"), alert(1, "pending")])
        assert self._status(room) == ("firing", "firing")
        room.apply([alert(3, "resolved")])
        assert self._status(room) == ("ok", "ok")

    def _status(self, room: Room) -> tuple[str | None, str | None]:
        model = room.graph.get(model_key(*room.key("m")).id, visible=ALL)
        version = room.graph.get(model_version_key(*room.key("m"), "1").id, visible=ALL)
        assert model is not None
        assert version is not None
        return model.status, version.status

    # --- nodes

    def test_facets_follow_the_latest_event_and_are_served_as_sent(self, room: Room) -> None:
        def facets(time: int, **values: bytes | None) -> DatasetFact:
            return DatasetFact(room.key("a"), Stamp(time, f"e{time}"), values)

        schema = b'{"fields":[{"name":"id","type":"int","description":"key"}],"extra":[1,{"deep":null}]}'
        room.apply([facets(5, schema=schema, storage=b'{"v":5}')])
        room.apply([facets(3, storage=b'{"v":3}', documentation=b'{"description":"all"}')])
        detail = room.graph.get(room.dataset("a"), visible=ALL)
        assert detail is not None
        assert detail.facets["storage"] == {"v": 5}
        assert detail.facets["schema"]["extra"] == [1, {"deep": None}]
        assert [(c.name, c.type) for c in detail.columns] == [("id", "int")]
        assert detail.description == "all"
        room.apply([facets(9, storage=None)])
        after = room.graph.get(room.dataset("a"), visible=ALL)
        assert after is not None
        assert "storage" not in after.facets

    def test_a_job_shows_its_last_run_and_who_confirmed_it(self, room: Room) -> None:
        room.apply([room.run("j", "1", 1, "a", "x"), room.run("j", "2", 5, "a", "x", kind="FAIL")])
        job = room.graph.get(room.job("j"), visible=ALL)
        assert job is not None
        assert job.status == "FAIL"
        assert [run.run_id for run in job.runs] == ["2", "1"]
        assert job.last_confirmed_run == run_key(*room.key("j"), "1").id

    def test_a_node_is_found_by_its_names(self, room: Room) -> None:
        room.apply([OutputFact(model=room.key("m"), version="1", stamp=Stamp(1, "o"), output=room.key("out"))])
        for kind in ("Output", "DataSource"):
            node = room.graph.find(kind, *room.key("out"), visible=ALL)
            assert node is not None
            assert node.id == dataset_key(*room.key("out")).id

    # --- offsets and the one writer

    def test_offsets_move_with_the_change_and_never_back(self, room: Room) -> None:
        source = Source(room.prefix + "topic", 3)
        room.apply([room.run("j", "1", 1, "a", "x")], {source: 5})
        room.apply([], {source: 2})
        assert room.graph.offsets()[source] == 5

    def test_a_batch_that_fails_leaves_nothing_behind(self, room: Room) -> None:
        source = Source(room.prefix + "topic", 0)
        room.apply([room.run("j", "1", 1, "a", "x")], {source: 1})
        before = room.export()
        broken = ModelFact(model=room.key("m"), version="1", stamp=Stamp(1, "e"), action="trained", about=b"not json")
        with pytest.raises(Exception, match=r".+"):
            room.apply([room.run("j", "2", 2, "a", "y"), broken], {source: 9})
        assert room.export() == before
        assert room.graph.offsets()[source] == 1
        room.apply([room.run("j", "2", 2, "a", "y")])
        assert room.names(room.dataset("a"), down=1) == {"a", "j", "x", "y"}

    def test_the_change_number_grows_only_with_change(self, room: Room) -> None:
        fact = room.run("j", "1", 1, "a", "x")
        first = room.apply([fact])
        assert room.graph.change() == first.change
        assert room.job("j") in first.touched
        assert room.apply([fact]).change == first.change
        assert room.apply([room.run("j", "2", 2)]).change == first.change + 1


class FencingContract:
    """Two writers of one graph. Subclasses provide `two_writers`, both open on the same, otherwise unused graph."""

    def test_a_second_writer_fences_the_first(self, two_writers: tuple[Room, Room]) -> None:
        first, second = two_writers
        first.graph.acquire("one")
        first.apply([first.run("j", "1", 1, "a", "x")])
        second.graph.acquire("two")
        with pytest.raises(Fenced):
            first.apply([first.run("j", "2", 2, "a", "y")])
        second.apply([second.run("j", "3", 3, "a", "z")])
        assert second.names(second.dataset("a"), down=1) == {"a", "j", "x", "z"}
        first.graph.acquire("one")
        first.apply([first.run("j", "4", 4, "a", "w")])
        assert first.names(first.dataset("a"), down=1) == {"a", "j", "w", "x", "z"}

    def test_a_store_that_was_never_acquired_writes_nothing(self, two_writers: tuple[Room, Room]) -> None:
        first, _ = two_writers
        with pytest.raises(Fenced):
            first.apply([first.run("j", "1", 1, "a", "x")])
