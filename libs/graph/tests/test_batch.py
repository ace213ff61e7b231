"""What the working set promises about facets, from any event and in any order."""

import random
from collections.abc import Sequence
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from headwater.contracts.keys import dataset_key
from headwater.graph.deriving.batch import NodeEntry
from headwater.graph.state.facts import Facets, FacetValues, Stamp
from headwater.graph.state.states import DatasetState

SETS = [FacetValues(f) for f in ({"a": b"1"}, {"a": b"2", "b": b"1"}, {"a": None}, {"b": b"1"}, {"a": b"1", "b": None})]


def entry() -> NodeEntry:
    return NodeEntry("id", dataset_key("n", "d"), DatasetState(), True)


def values_after(said: Sequence[tuple[Stamp, Facets]]) -> dict[str, bytes | None]:
    """The content of a store that writes what the entry asks for, one batch per event."""
    kept, stored = entry(), dict[str, bytes | None]()
    for stamp, facets in said:
        kept.take_facets(facets, stamp)
        stored |= kept.facets or {}
        kept.facets = None
    return stored


@given(st.lists(st.sampled_from(SETS), max_size=12), st.randoms(use_true_random=False))
def test_facets_end_alike_in_any_order(drawn: list[FacetValues], dice: random.Random) -> None:
    said = [(Stamp(time, "e"), facets) for time, facets in zip(count(), drawn, strict=False)]
    last = {name: value for _, facets in said for name, value in facets.items()}
    shuffled = dice.sample(said, len(said))
    assert values_after(said) == values_after(shuffled) == last


def test_the_same_facets_again_are_not_written_again_but_hold_from_then_on() -> None:
    kept, facets = entry(), SETS[1]
    kept.take_facets(facets, Stamp(1, "e"))
    kept.facets = None
    kept.take_facets(facets, Stamp(5, "e"))
    assert kept.facets is None
    kept.take_facets({"a": b"late"}, Stamp(3, "e"))
    assert kept.facets is None
    assert kept.state.facets == {"a": (5, "e"), "b": (5, "e")}
