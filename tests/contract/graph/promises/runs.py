"""Runs, their events, attempts and families."""

from headwater.contracts.identity import ALL, Visible
from headwater.contracts.keys import run_key
from headwater.graph.state.facts import (
    RunFact,
    Stamp,
)
from tests.contract.graph.stores import MINUTE, IsolatedStore


class Runs:
    def test_runs_come_newest_first_in_pages(self, store: IsolatedStore) -> None:
        store.apply([store.run("j", f"r{i}", i + 1, "a", "x") for i in range(7)])
        first = store.graph.runs(job=store.job("j"), limit=4, visible=ALL)
        rest = store.graph.runs(job=store.job("j"), limit=4, cursor=first.next_cursor, visible=ALL)
        assert [run.run_id for run in (*first.items, *rest.items)] == [f"r{i}" for i in reversed(range(7))]
        assert rest.next_cursor is None

    def test_runs_are_filtered_by_state_and_time(self, store: IsolatedStore) -> None:
        store.apply(
            [store.run("j", "good", 1), store.run("j", "bad", 5, kind="FAIL"), store.run("j", "new", 9, kind="START")]
        )

        def found(**how: object) -> list[str]:
            return [run.run_id for run in store.graph.runs(job=store.job("j"), visible=ALL, **how).items]  # type: ignore[arg-type]

        assert found(state="FAIL") == ["bad"]
        assert found(since=2 * MINUTE) == ["new", "bad"]
        assert found(until=5 * MINUTE) == ["good"]

    def test_a_run_shows_events_facets_family_and_data(self, store: IsolatedStore) -> None:
        parent = store.run("dag", "p", 1, kind="START")
        child = RunFact(
            key=(*store.key("task"), "c"),
            stamp=Stamp(2 * MINUTE, "child"),
            type="COMPLETE",
            producer="tests",
            inputs=(store.key("a"),),
            outputs=(store.key("x"),),
            facets={"processing_engine": b'{"name": "spark", "n": 1.50}'},
            parent=parent.key,
        )
        store.apply([parent, child])
        run = store.graph.run(run_key(*child.key).id, visible=ALL)
        assert run is not None
        assert (run.state, run.run_id, [e.type for e in run.events]) == ("COMPLETE", "c", ["COMPLETE"])
        assert run.facets == {"processing_engine": {"name": "spark", "n": 1.5}}
        assert ([n.name for n in run.inputs], [n.name for n in run.outputs]) == (["a"], ["x"])
        assert run.parent is not None
        assert run.parent.run_id == "p"
        above = store.graph.run(run_key(*parent.key).id, visible=ALL)
        assert above is not None
        assert [c.run_id for c in above.children] == ["c"]

    def test_runs_are_found_by_their_run_id(self, store: IsolatedStore) -> None:
        shared = f"{store.prefix}0190-Run"
        runs = [store.run(f"j{i}", shared, i, "a", "x", space=space) for i, space in enumerate(("n", "n", "secret"))]
        store.apply([*runs, store.run("j0", "another", 9)])

        def found(visible: Visible = ALL, **how: object) -> list[str]:
            page = store.graph.runs(visible=visible, **how)  # type: ignore[arg-type]
            return [run.job_name for run in page.items]

        seen = Visible(prefixes=(store.prefix + "n",))
        assert found(run_id=shared) == ["j2", "j1", "j0"]
        assert found(run_id=shared, job=store.job("j1")) == ["j1"]
        assert found(run_id=shared, state="FAIL") == found(run_id=shared[:-1]) == []
        assert found(seen, run_id=shared) == ["j1", "j0"]
        first = store.graph.runs(run_id=shared, limit=2, visible=ALL)
        assert found(run_id=shared, limit=2, cursor=first.next_cursor) == ["j0"]
        for text, visible, count in ((shared, ALL, 3), (shared, seen, 2), (shared[:-1], ALL, 0)):
            items = store.graph.search(text, visible=visible).items
            assert [node.kind for node in items] == ["Run"] * count
        near = store.graph.search(shared, namespace=store.prefix + "s", visible=ALL).items
        assert [node.namespace for node in near] == [store.prefix + "secret"]
        (newest, *_) = store.graph.search(shared, kinds=["Run"], visible=ALL).items
        assert (newest.name, newest.label, newest.summary["job_id"]) == ("j2", shared, store.job("j2", "secret"))
        assert store.graph.search(shared, kinds=["DataSource"], visible=ALL).items == []

    def test_one_run_id_may_serve_several_jobs(self, store: IsolatedStore) -> None:
        store.apply([store.run("j1", "same", 1, kind="FAIL"), store.run("j2", "same", 1)])
        states = {r.job_name: r.state for r in store.graph.runs(visible=ALL).items if r.run_id == "same"}
        assert {states["j1"], states["j2"]} == {"FAIL", "COMPLETE"}
