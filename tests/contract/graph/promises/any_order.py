"""Whatever the order, repetition and batching of facts, the graph is the same."""

import pytest

from tests.contract.graph.histories import History, batches
from tests.contract.graph.rooms import MakeRoom, Room

SEEDS = range(6)


class AnyOrder:
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
