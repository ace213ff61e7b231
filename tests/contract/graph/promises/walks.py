"""What a scene holds: all that flows say, and nothing that they do not."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.contracts.identity import ALL, Visible
from headwater.graph.facts import (
    DatasetFact,
    JobFact,
    RunFact,
    Stamp,
)
from headwater.graph.port import SceneQuery
from tests.contract.graph import reference
from tests.contract.graph.rooms import MINUTE, MakeRoom, Room

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


class Walks:
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
        assert (scene.hidden, whole.hidden) == ({"limit": 70}, {})

    def test_what_lies_one_hop_further_is_counted(self, room: Room) -> None:
        room.apply([room.run(f"j{i}", "1", i, f"t{i}", f"t{i + 1} side{i}") for i in range(4)])

        def hidden(focus: str, up: int, down: int, **how: object) -> dict[str, int]:
            scene = room.graph.scene(SceneQuery(focus, up, down, **how), visible=ALL)  # type: ignore[arg-type]
            assert scene is not None
            assert not scene.truncated
            return scene.hidden

        middle = room.dataset("t2")
        assert hidden(middle, 1, 1) == {"depth": 2 + 3}
        assert hidden(middle, 2, 2) == {}
        assert hidden(middle, 0, 1) == {"depth": 3}
        assert hidden(room.job("j1"), 1, 1) == {"depth": 2 + 3}
        assert hidden(middle, 1, 1, kinds=frozenset({"DataSource"})) == {"depth": 1 + 2}
        assert hidden(middle, 1, 1, as_of=2 * MINUTE) == {"depth": 2}

    def test_what_is_hidden_is_not_counted_one_by_one(self, room: Room) -> None:
        room.apply(
            [room.run("j1", "1", 1, "a", "b"), room.run("j2", "1", 2, "b", "secret:x secret:y z", space="secret")]
        )
        scene = room.graph.scene(SceneQuery(room.dataset("a"), 0, 1), visible=Visible(prefixes=(room.prefix + "n",)))
        assert scene is not None
        assert scene.hidden == {"depth": 1}

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
