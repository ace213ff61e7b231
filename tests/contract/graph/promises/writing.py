"""Offsets, batches, and the one active writer."""

import pytest

from headwater.contracts.times import utc_now
from headwater.graph.errors import Fenced
from headwater.graph.port import Source, first_change
from headwater.graph.state.facts import (
    ModelFact,
    Stamp,
)
from tests.contract.graph.stores import IsolatedStore, MakeStore


class Writing:
    def test_offsets_move_with_the_change_and_never_back(self, store: IsolatedStore) -> None:
        source = Source(store.prefix + "topic", 3)
        store.apply([store.run("j", "1", 1, "a", "x")], {source: 5})
        store.apply([], {source: 2})
        assert store.graph.offsets()[source] == 5

    def test_a_batch_that_fails_leaves_nothing_behind(self, store: IsolatedStore) -> None:
        source = Source(store.prefix + "topic", 0)
        store.apply([store.run("j", "1", 1, "a", "x")], {source: 1})
        before = store.export()
        broken = ModelFact(model=store.key("m"), version="1", stamp=Stamp(1, "e"), action="trained", about=b"not json")
        with pytest.raises(Exception, match=r".+"):
            store.apply([store.run("j", "2", 2, "a", "y"), broken], {source: 9})
        assert store.export() == before
        assert store.graph.offsets()[source] == 1
        store.apply([store.run("j", "2", 2, "a", "y")])
        assert store.names(store.dataset("a"), down=1) == {"a", "j", "x", "y"}

    def test_a_new_graph_counts_on_above_whatever_it_replaces(self, make_store: MakeStore) -> None:
        before = first_change(utc_now())
        assert make_store().graph.change() >= before

    def test_the_change_number_grows_only_with_change(self, store: IsolatedStore) -> None:
        fact = store.run("j", "1", 1, "a", "x")
        first = store.apply([fact])
        assert store.graph.change() == first.change
        assert store.job("j") in first.touched
        assert store.apply([fact]).change == first.change
        assert store.apply([store.run("j", "2", 2)]).change == first.change + 1


class FencingContract:
    """Two writers of one graph. Subclasses provide `two_writers`, both open on the same, otherwise unused graph."""

    def test_a_second_writer_fences_the_first(self, two_writers: tuple[IsolatedStore, IsolatedStore]) -> None:
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

    def test_a_store_that_was_never_acquired_writes_nothing(
        self, two_writers: tuple[IsolatedStore, IsolatedStore]
    ) -> None:
        first, _ = two_writers
        with pytest.raises(Fenced):
            first.apply([first.run("j", "1", 1, "a", "x")])
