"""Event histories in any order, doubled and split over batches, give one graph."""

import os
import random
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.contracts.grants import ALL_GRANTS
from headwater.contracts.times import parse_instant
from headwater.graph.sqlite import EmbeddedGraph
from headwater.graph.state.facts import Fact, Stamp
from headwater.lineage_writer.events import decode_event
from headwater.lineage_writer.facts import facts_of

EXAMPLES = int(os.environ.get("HEADWATER_HISTORIES", "40"))  # the soak runs thousands
names = st.sampled_from(["a", "b", "c", "日本", "x/y"])
datasets = st.builds(
    lambda name, facets: {"namespace": "n", "name": name, "facets": facets},
    names,
    st.fixed_dictionaries(
        {},
        optional={
            "symlinks": st.builds(lambda n: {"identifiers": [{"namespace": "n", "name": n, "type": "TABLE"}]}, names),
            "lifecycleStateChange": st.sampled_from(
                [{"lifecycleStateChange": "DROP"}, {"lifecycleStateChange": "CREATE"}]
            ),
            "columnLineage": st.builds(
                lambda n, c: {"fields": {c: {"inputFields": [{"namespace": "n", "name": n, "field": "f"}]}}},
                names,
                st.sampled_from("pq"),
            ),
            "schema": st.sampled_from([{"fields": [{"name": "p"}]}, {"_deleted": True}]),
        },
    ),
)
events = st.builds(
    lambda minute, kind, run, job, inputs, outputs: {
        "eventTime": f"2026-01-01T00:{minute:02d}:00Z",
        "eventType": kind,
        **({"run": {"runId": run}} if run else {}),
        "job": {"namespace": "n", "name": job},
        "inputs": inputs,
        "outputs": outputs,
    },
    st.integers(0, 59),
    st.sampled_from(["START", "RUNNING", "COMPLETE", "COMPLETE", "FAIL", "ABORT", "OTHER"]),
    st.sampled_from(["r1", "r2", "r3", "r4", "r5", None]),
    st.sampled_from(["j1", "j2"]),
    st.lists(datasets, max_size=2),
    st.lists(datasets, max_size=2),
)


def read(event: dict[str, Any], number: int) -> list[Fact]:
    decoded = decode_event(msgspec.json.encode(event))
    return facts_of(decoded, Stamp(parse_instant(decoded.event_time), f"event {number}"), ALL_GRANTS)


def export(batches: list[list[Fact]]) -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        graph = EmbeddedGraph(Path(folder) / "graph.db")
        graph.ensure_schema()
        graph.acquire("test")
        for batch in batches:
            graph.apply(batch, {})
        lines = list(graph.export())
        graph.close()
    return lines


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None)
@given(history=st.lists(events, max_size=14), seed=st.integers(0, 2**32))
def test_a_history_in_any_order_doubled_and_split_gives_one_graph(history: list[dict[str, Any]], seed: int) -> None:
    read_in = [read(event, number) for number, event in enumerate(history)]
    in_order = export([[fact for facts in read_in for fact in facts]])
    dice = random.Random(seed)
    again = [*read_in, *dice.sample(read_in, len(read_in) // 2)]
    dice.shuffle(again)
    assert export(again) == in_order
