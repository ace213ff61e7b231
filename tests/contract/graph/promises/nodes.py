"""Single nodes: names, facets, runs."""

import pytest

from headwater.contracts.identity import ALL
from headwater.contracts.keys import dataset_key, run_key
from headwater.graph.state.facts import (
    DatasetFact,
    OutputFact,
    Stamp,
)
from tests.contract.graph.stores import IsolatedStore


class Nodes:
    @pytest.mark.parametrize("link_first", [True, False])
    def test_linked_datasets_are_one_node_whenever_the_link_arrives(
        self, store: IsolatedStore, link_first: bool
    ) -> None:
        link = DatasetFact(store.key("path"), Stamp(1, "link"), {}, (store.key("table"),))
        runs = [store.run("w", "1", 1, "src", "path"), store.run("r", "1", 2, "table", "out")]
        for facts in ([link], runs) if link_first else (runs, [link]):
            store.apply(list(facts))
        assert store.names(store.dataset("src"), down=2) == {"src", "w", "path", "r", "out"}
        merged = store.graph.get(store.dataset("table"), visible=ALL)
        assert merged is not None
        assert (merged.name, merged.merged_into) == ("path", store.dataset("path"))
        assert store.names(store.dataset("table"), down=1) == {"path", "r", "out"}
        found = store.graph.search("table", namespace=store.prefix, visible=ALL).items
        assert [node.name for node in found] == ["path"]

    def test_facets_follow_the_latest_event_and_are_served_as_sent(self, store: IsolatedStore) -> None:
        def facets(time: int, **values: bytes | None) -> DatasetFact:
            return DatasetFact(store.key("a"), Stamp(time, f"e{time}"), values)

        schema = b'{"fields":[{"name":"id","type":"int","description":"key"}],"extra":[1,{"deep":null}]}'
        store.apply([facets(5, schema=schema, storage=b'{"v":5}')])
        store.apply([facets(3, storage=b'{"v":3}', documentation=b'{"description":"all"}')])
        detail = store.graph.get(store.dataset("a"), visible=ALL)
        assert detail is not None
        assert detail.facets["storage"] == {"v": 5}
        assert detail.facets["schema"]["extra"] == [1, {"deep": None}]
        assert [(c.name, c.type) for c in detail.columns] == [("id", "int")]
        assert detail.description == "all"
        store.apply([facets(9, storage=None)])
        after = store.graph.get(store.dataset("a"), visible=ALL)
        assert after is not None
        assert "storage" not in after.facets

    def test_a_job_shows_its_last_run_and_who_confirmed_it(self, store: IsolatedStore) -> None:
        store.apply([store.run("j", "1", 1, "a", "x"), store.run("j", "2", 5, "a", "x", kind="FAIL")])
        job = store.graph.get(store.job("j"), visible=ALL)
        assert job is not None
        assert job.status == "FAIL"
        assert [run.run_id for run in job.runs] == ["2", "1"]
        assert job.last_confirmed_run == run_key(*store.key("j"), "1").id

    def test_a_node_is_found_by_its_names(self, store: IsolatedStore) -> None:
        store.apply([OutputFact(model=store.key("m"), version="1", stamp=Stamp(1, "o"), output=store.key("out"))])
        for kind in ("Output", "DataSource"):
            node = store.graph.find(kind, *store.key("out"), visible=ALL)
            assert node is not None
            assert node.id == dataset_key(*store.key("out")).id
