"""What a scene contains: everything in the flows and nothing else."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.contracts.identity import ALL, Visible
from headwater.graph.port import SceneQuery
from headwater.graph.state.facts import (
    DatasetFact,
    JobFact,
    RunFact,
    Stamp,
)
from tests.contract.graph import reference
from tests.contract.graph.stores import MINUTE, IsolatedStore, MakeStore

NAMES = ("a", "b", "c", "d", "loop", "日本", "x" * 400, 'q"`\\')
_flow = st.tuples(
    st.sampled_from(["j1", "j2", "j3"]),
    st.sets(st.sampled_from(NAMES), max_size=3),
    st.sets(st.sampled_from(NAMES), max_size=3),
)
# Every example creates its own store, and every adapter's class runs the same method: both are intended.
shared = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)


class Walks:
    def test_no_walk_invents_lineage(self, store: IsolatedStore) -> None:
        store.apply([store.run("job", "1", 1, "a", "x"), store.run("job", "2", 2, "b", "y")])
        assert store.names(store.dataset("a"), down=5, up=5) == {"a", "job", "x"}
        assert store.edges(store.dataset("a"), down=5) == {("a", "TRANSFORMED_BY", "job"), ("job", "PRODUCES", "x")}
        assert store.names(store.job("job"), down=1, up=1) == {"a", "b", "job", "x", "y"}

    @shared
    @given(flows=st.lists(_flow, max_size=12), hops=st.tuples(st.integers(0, 4), st.integers(0, 4)))
    def test_scenes_hold_exactly_what_the_flows_say(
        self, make_store: MakeStore, flows: list[tuple[str, set[str], set[str]]], hops: tuple[int, int]
    ) -> None:
        store = make_store()
        runs = [
            RunFact(
                key=(*store.key(job), f"run {index}"),
                stamp=Stamp(index * MINUTE, f"event {index}"),
                inputs=tuple(store.key(n) for n in sorted(inputs)),
                outputs=tuple(store.key(n) for n in sorted(outputs)),
            )
            for index, (job, inputs, outputs) in enumerate(flows)
        ]
        store.apply([*runs, DatasetFact(store.key("a"), Stamp(1, "seen"))])
        said = {reference.Flow(job, frozenset(i), frozenset(o)) for job, i, o in flows}
        up, down = hops
        nodes, edges = reference.scene(said, "a", up=up, down=down)
        assert store.names(store.dataset("a"), up=up, down=down) == nodes
        assert store.edges(store.dataset("a"), up=up, down=down) == edges

    def test_chains_with_skip_edges_and_cycles_end(self, store: IsolatedStore) -> None:
        count = 60
        runs = [store.run(f"j{i}", "1", i, f"t{i}", f"t{i + 1} t{min(i + 7, count)}") for i in range(count)]
        store.apply([*runs, store.run("back", "1", 99, f"t{count}", "t0")])
        found = store.names(store.dataset("t0"), down=500)
        assert {f"t{i}" for i in range(count + 1)} <= found

    def test_a_hub_is_cut_at_the_limit_and_says_so(self, store: IsolatedStore) -> None:
        store.apply([store.run(f"j{i}", "1", 1, "hub", f"out{i}") for i in range(40)])
        scene = store.graph.scene(SceneQuery(store.dataset("hub"), 0, 1, limit=11), visible=ALL)
        assert scene is not None
        assert scene.truncated
        assert len(scene.nodes) == 11
        whole = store.graph.scene(SceneQuery(store.dataset("hub"), 0, 1, limit=500), visible=ALL)
        assert whole is not None
        assert (len(whole.nodes), whole.truncated) == (81, False)
        assert (scene.hidden, whole.hidden) == ({"limit": 70}, {})

    def test_what_lies_one_hop_further_is_counted(self, store: IsolatedStore) -> None:
        store.apply([store.run(f"j{i}", "1", i, f"t{i}", f"t{i + 1} side{i}") for i in range(4)])

        def hidden(focus: str, up: int, down: int, **how: object) -> dict[str, int]:
            scene = store.graph.scene(SceneQuery(focus, up, down, **how), visible=ALL)  # type: ignore[arg-type]
            assert scene is not None
            assert not scene.truncated
            return scene.hidden

        middle = store.dataset("t2")
        assert hidden(middle, 1, 1) == {"depth": 2 + 3}
        assert hidden(middle, 2, 2) == {}
        assert hidden(middle, 0, 1) == {"depth": 3}
        assert hidden(store.job("j1"), 1, 1) == {"depth": 2 + 3}
        assert hidden(middle, 1, 1, kinds=frozenset({"DataSource"})) == {"depth": 1 + 2}
        assert hidden(middle, 1, 1, as_of=2 * MINUTE) == {"depth": 2}

    def test_what_is_hidden_is_not_counted_one_by_one(self, store: IsolatedStore) -> None:
        store.apply(
            [store.run("j1", "1", 1, "a", "b"), store.run("j2", "1", 2, "b", "secret:x secret:y z", space="secret")]
        )
        scene = store.graph.scene(SceneQuery(store.dataset("a"), 0, 1), visible=Visible(prefixes=(store.prefix + "n",)))
        assert scene is not None
        assert scene.hidden == {"depth": 1}

    def test_what_a_job_only_reads_or_only_writes_shows(self, store: IsolatedStore) -> None:
        store.apply([store.run("reader", "1", 1, "a"), store.run("writer", "1", 1, "", "a")])
        assert store.edges(store.dataset("a"), up=1, down=1) == {
            ("a", "TRANSFORMED_BY", "reader"),
            ("writer", "PRODUCES", "a"),
        }

    def test_ingestion_jobs_bring_data_in(self, store: IsolatedStore) -> None:
        facet = {"jobType": b'{"processingType":"BATCH","integration":"X","jobType":"INGESTION"}'}
        store.apply([store.run("load", "1", 1, "src", "raw"), JobFact(store.key("load"), Stamp(1, "e"), facet)])
        assert ("src", "INGESTED_BY", "load") in store.edges(store.dataset("src"), down=1)

    def test_a_focus_that_does_not_exist_has_no_scene(self, store: IsolatedStore) -> None:
        assert store.graph.scene(SceneQuery("nobody"), visible=ALL) is None
        assert store.graph.get("nobody", visible=ALL) is None

    def test_filtered_kinds_are_passed_through(self, store: IsolatedStore) -> None:
        store.apply(
            [store.run("j", "1", 1, "a", "x"), store.run("j", "2", 2, "b", "y"), store.run("k", "1", 3, "x", "z")]
        )
        kinds = frozenset({"DataSource"})
        assert store.edges(store.dataset("a"), down=3, kinds=kinds) == {("a", "LEADS_TO", "x"), ("x", "LEADS_TO", "z")}
        jobs = frozenset({"ETLProcess"})
        assert store.edges(store.dataset("a"), down=3, kinds=jobs) == {
            ("a", "TRANSFORMED_BY", "j"),
            ("j", "LEADS_TO", "k"),
        }
