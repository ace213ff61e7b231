"""Search by part of a name, in pages."""

import random

import pytest

from headwater.contracts.cursors import CursorOf, CursorRefused, RowId, Whole
from headwater.contracts.identity import ALL, Visible
from headwater.graph.state.facts import (
    DatasetFact,
    Stamp,
)
from tests.contract.graph.stores import IsolatedStore


class Search:
    def test_search_finds_any_piece_of_a_name_in_any_case(self, store: IsolatedStore) -> None:
        names = ["db.Orders", "db.order_items", "s3/RAW/Öffnung.csv", "50% off_sale", "ab"]
        store.apply([DatasetFact(store.key(name), Stamp(i, f"e{i}")) for i, name in enumerate(names)])

        def found(text: str) -> set[str]:
            page = store.graph.search(text, namespace=store.prefix, visible=ALL)
            return {node.name for node in page.items}

        assert found("RDER") == {"db.Orders", "db.order_items"}
        assert found("order_") == {"db.order_items"}
        assert found("raw/öff") == {"s3/RAW/Öffnung.csv"}
        assert found("% o") == {"50% off_sale"}
        assert found("B") == {"db.Orders", "db.order_items", "ab"}
        assert found("nothing") == set()
        assert len(found("")) == 5

    def test_search_orders_by_rank_then_name(self, store: IsolatedStore) -> None:
        names = ["zz.orders_old", "a.reorders", "m.orders", "b.orders"]
        store.apply([DatasetFact(store.key(name), Stamp(i, f"e{i}")) for i, name in enumerate(names)])
        page = store.graph.search("orders", namespace=store.prefix, visible=ALL)
        assert [node.name for node in page.items] == ["b.orders", "m.orders", "zz.orders_old", "a.reorders"]

    def test_search_ranks_by_the_pieces_of_a_label(self, store: IsolatedStore) -> None:
        names = ["w.public.orders", "w.public.order_items", "lake/raw/orders", "w.reorders.x", "orders.public.x"]
        store.apply([DatasetFact(store.key(name), Stamp(i, f"e{i}")) for i, name in enumerate(names)])

        def found(text: str) -> list[str]:
            return [node.name for node in store.graph.search(text, namespace=store.prefix, visible=ALL).items]

        assert found("orders") == ["lake/raw/orders", "w.public.orders", "orders.public.x", "w.reorders.x"]
        assert found("raw/orders") == ["lake/raw/orders"]
        assert found("public.ord") == ["w.public.order_items", "w.public.orders"]

    def test_a_job_and_its_runs_are_labelled_alike_and_not_like_the_table(self, store: IsolatedStore) -> None:
        job, table = "db.public.shop.orders.run", "db.public.orders"
        store.apply([store.run(job, "1", 1, "", table)])
        (run,) = store.graph.runs(job=store.job(job), visible=ALL).items
        labels = {node.name: node.label for node in store.graph.search("orders", visible=ALL).items}
        assert labels == {job: "orders.run", table: "public.orders"}
        assert run.job_label == "orders.run"

    @pytest.mark.parametrize("text", ["", "tab", "t"])
    def test_pages_of_a_search_hold_every_node_once(self, store: IsolatedStore, text: str) -> None:
        names = [f"table {i:02d}" for i in range(23)]
        dice = random.Random(1)
        facts = [DatasetFact(store.key(name), Stamp(i, f"e{i}")) for i, name in enumerate(dice.sample(names, 23))]
        store.apply(facts)
        found: list[str] = []
        cursor = None
        while True:
            page = store.graph.search(text, namespace=store.prefix, limit=5, cursor=cursor, visible=ALL)
            found += [node.name for node in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert found == names

    def test_a_cursor_that_is_not_ours_is_refused(self, store: IsolatedStore) -> None:
        for cursor in ("x", "bm8", "e30", "é"):
            with pytest.raises(CursorRefused):
                store.graph.search("a", cursor=cursor, visible=ALL)
            with pytest.raises(CursorRefused):
                store.graph.runs(cursor=cursor, visible=ALL)

    def test_the_furthest_cursors_are_answered_and_unknown_rows_refused(self, store: IsolatedStore) -> None:
        store.apply([store.run("j", "1", 1, "a", "x")])
        runs = CursorOf("runs", tuple[Whole, RowId])
        for at in (-(2**63), -1, 0, 2**63 - 1):
            cursor = runs.write((at, "~" * 64), None, store.job("j"), None, None, None)
            shown = store.graph.runs(job=store.job("j"), cursor=cursor, visible=ALL).items
            assert len(shown) == int(at > 1)
        search = CursorOf("search", tuple[Whole, RowId])
        for rank, count in ((-(2**63), 1), (2**63 - 1, 0)):
            cursor = search.write((rank, store.dataset("a")), "a", ("DataSource",), store.prefix, ())
            page = store.graph.search("A", kinds=["DataSource"], namespace=store.prefix, cursor=cursor, visible=ALL)
            assert len(page.items) == count
        cursor = search.write((0, store.dataset("nobody")), "a", (), None, ())
        with pytest.raises(CursorRefused):
            store.graph.search("a", cursor=cursor, visible=ALL)

    def test_pages_go_on_after_names_longer_than_any_cursor(self, store: IsolatedStore) -> None:
        names = [f"{entry}{'long' * 500}" for entry in "abc"]
        store.apply([DatasetFact(store.key(name), Stamp(i, f"e{i}")) for i, name in enumerate(names)])
        found: list[str] = []
        cursor = None
        while cursor is not None or not found:
            page = store.graph.search("longlong", namespace=store.prefix, limit=1, cursor=cursor, visible=ALL)
            found += [node.name for node in page.items]
            cursor = page.next_cursor
        assert found == names

    def test_search_keeps_to_kinds_and_namespaces(self, store: IsolatedStore) -> None:
        store.apply([store.run("thing job", "1", 1, "thing", "other:thing")])

        def kinds(**how: object) -> list[tuple[str, str]]:
            page = store.graph.search("thing", visible=ALL, **how)  # type: ignore[arg-type]
            return [(node.kind, node.namespace.removeprefix(store.prefix)) for node in page.items]

        assert kinds(kinds=["ETLProcess"], namespace=store.prefix) == [("ETLProcess", "n")]
        assert kinds(namespace=store.prefix + "other") == [("DataSource", "other")]

    def test_search_finds_jobs_by_the_state_of_their_latest_run(self, store: IsolatedStore) -> None:
        """No matter how many runs have ended since, and what the job did before."""
        store.apply(
            [
                store.run("quiet failure", "1", 1, kind="FAIL"),
                store.run("b repaired", "1", 2, kind="FAIL"),
                store.run("b repaired", "2", 3),
                store.run("again", "1", 4),
                store.run("again", "2", 5, kind="FAIL"),
                *(store.run("busy", f"r{i}", 10 + i) for i in range(150)),
                store.run("stopped", "1", 6, kind="ABORT"),
                store.run("hidden", "1", 7, kind="FAIL", space="secret"),
            ]
        )

        def found(*statuses: str, text: str = "", visible: Visible = ALL, **how: object) -> list[str]:
            page = store.graph.search(text, namespace=store.prefix, statuses=statuses, visible=visible, **how)  # type: ignore[arg-type]
            return [node.name for node in page.items]

        assert found("FAIL") == ["again", "hidden", "quiet failure"]
        assert found("FAIL", "ABORT", kinds=["ETLProcess"]) == ["again", "hidden", "quiet failure", "stopped"]
        assert found("FAIL", visible=Visible(prefixes=(store.prefix + "n",))) == ["again", "quiet failure"]
        assert found("FAIL", text="FAILURE") == ["quiet failure"]
        assert found("COMPLETE", text="rep") == ["b repaired"]
        assert found("FAIL", text="repaired") == found("FAIL", kinds=["DataSource"]) == found("NEW") == []
        first = store.graph.search("", namespace=store.prefix, statuses=["FAIL"], limit=2, visible=ALL)
        assert found("FAIL", limit=2, cursor=first.next_cursor) == ["quiet failure"]
        with pytest.raises(CursorRefused):
            found("ABORT", cursor=first.next_cursor)

    def test_a_run_found_by_its_id_is_of_the_status_searched_for(self, store: IsolatedStore) -> None:
        run_id = f"{store.prefix}0191-run"
        store.apply([store.run("good", run_id, 1), store.run("bad", run_id, 2, kind="FAIL")])
        assert [node.name for node in store.graph.search(run_id, statuses=["FAIL"], visible=ALL).items] == ["bad"]
