"""Lineage of columns."""

from headwater.contracts.identity import ALL
from headwater.graph.state.facts import (
    ColumnSource,
    RunFact,
    Stamp,
)
from tests.contract.graph.stores import IsolatedStore


class Columns:
    def test_columns_are_walked_both_ways(self, store: IsolatedStore) -> None:
        def columns(output: str, source: str, column: str, target: str) -> ColumnSource:
            raw = (
                f'{{"fields":{{"{target}":{{"inputFields":[{{"namespace":"{store.prefix}n","name":"{source}",'
                f'"field":"{column}","transformations":[{{"type":"DIRECT","masking":true}}]}}]}}}}}}'
            )
            return ColumnSource(store.key(output), f"{output}{source}", (store.key(source),), raw.encode())

        first = RunFact(
            key=(*store.key("j"), "1"), stamp=Stamp(1, "1"), type="COMPLETE", columns=(columns("x", "a", "id", "key"),)
        )
        second = RunFact(
            key=(*store.key("k"), "1"), stamp=Stamp(2, "2"), type="COMPLETE", columns=(columns("y", "x", "key", "k"),)
        )
        store.apply([first, second])
        found = store.graph.columns(store.dataset("x"), "key", up=3, down=3, as_of=None, limit=50, visible=ALL)
        assert found is not None
        assert [(e.from_column, e.to_column, e.transformations) for e in found.edges if e.to_column == "k"] == [
            ("key", "k", [{"type": "DIRECT", "masking": True}])
        ]
        assert {n.name for n in found.nodes} == {"a", "x", "y"}
        other = store.graph.columns(store.dataset("x"), "nope", up=3, down=3, as_of=None, limit=50, visible=ALL)
        assert other is not None
        assert other.edges == []
