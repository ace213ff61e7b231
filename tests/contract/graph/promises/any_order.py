"""The graph does not depend on the order, repetition and batching of facts."""

import msgspec
import pytest

from headwater.graph.state.facts import Fact, Group, RunFact, Stamp, StaticFact
from tests.contract.graph.histories import History, batches
from tests.contract.graph.stores import IsolatedStore, MakeStore

SEEDS = range(6)


class AnyOrder:
    @pytest.mark.parametrize("seed", SEEDS)
    def test_shuffled_doubled_and_split_facts_give_equal_exports(self, make_store: MakeStore, seed: int) -> None:
        exports = []
        for order in range(3):
            store = make_store()
            facts = History(seed, namespace=store.prefix).facts(40)
            for batch in batches(facts, order, doubled=order > 0) if order else [facts]:
                store.apply(batch)
            exports.append(store.export())
        assert exports[0] == exports[1] == exports[2]
        assert len(exports[0]) > 20

    def test_facts_applied_again_change_nothing(self, store: IsolatedStore) -> None:
        facts = History(7, namespace=store.prefix).facts(30)
        first = store.apply(facts)
        again = store.apply(facts)
        assert again.touched == ()
        assert again.change == first.change

    @pytest.mark.parametrize("kind", ["run", "declaration"])
    def test_an_event_that_comes_twice_states_what_either_copy_states(self, make_store: MakeStore, kind: str) -> None:
        """The same bytes may be accepted twice with different grants of their sender."""
        exports = []
        for order in ((True, False), (False, True), (True,)):
            store = make_store()
            whole, part = _copies(store.prefix, kind)
            for is_whole in order:
                store.apply([whole if is_whole else part])
            exports.append(store.export())
        assert exports[0] == exports[1] == exports[2]
        assert any('"flow"' in line and '"other"' in line for line in map(str, exports[0]))


def _copies(prefix: str, kind: str) -> tuple[Fact, Fact]:
    """An event whose lineage leads through another job, and the same without it."""
    job, other, target = (f"{prefix}n", "j"), (f"{prefix}n", "other"), (f"{prefix}n", "x")
    stamp, explicit = Stamp(1_000_000, "event"), (Group(other, (), (target,)),)
    whole: RunFact | StaticFact = (
        RunFact(key=(*job, "r"), stamp=stamp, type="COMPLETE", explicit=explicit)
        if kind == "run"
        else StaticFact(stamp=stamp, job=job, explicit=explicit)
    )
    return whole, msgspec.structs.replace(whole, explicit=())
