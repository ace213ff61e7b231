"""The published events through the real endpoints of both products, in any order, twice: one canonical export."""

import random
from pathlib import Path

import pytest

from headwater.contracts import topics
from tests.conformance import published
from tests.distributed import DistributedProduct
from tests.entry_points import post_batches, post_each, produce
from tests.histories import LINEAGE, Sent
from tests.product import running
from tests.progress import empty_graph, settled_export

SEEDS = (1, 2, 3)


@pytest.fixture(scope="module")
def said() -> list[Sent]:
    published.require()
    events = [Sent(LINEAGE, topics.OPENLINEAGE_EVENTS, body) for body in published.events()]
    assert len(events) == 74
    return events


@pytest.fixture(scope="module")
def in_order(said: list[Sent], tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    with running(tmp_path_factory.mktemp("in order") / "data") as product:
        post_each(product, said)
        export = settled_export(product)
    assert len(export) > 100
    return export


def test_the_embedded_product_exports_them_alike_shuffled_and_doubled(
    said: list[Sent], in_order: list[bytes], tmp_path: Path
) -> None:
    for seed in SEEDS:
        with running(tmp_path / str(seed)) as product:
            post_batches(product, _shuffled_and_doubled(said, seed))
            assert settled_export(product) == in_order
    print(f"published events, embedded: in order, seeds {SEEDS} shuffled and doubled: {len(in_order)} records equal")


def test_the_distributed_product_exports_them_as_the_embedded_one_does(
    said: list[Sent], in_order: list[bytes], distributed: DistributedProduct
) -> None:
    empty_graph(distributed)
    post_each(distributed, said)
    assert settled_export(distributed) == in_order
    for seed in SEEDS:
        empty_graph(distributed)
        mixed = _shuffled_and_doubled(said, seed)
        produce(distributed.stores().kafka_bootstrap, mixed[::2], random.Random(seed))
        post_batches(distributed, mixed[1::2])
        assert settled_export(distributed) == in_order
    print(f"published events, distributed: in order and seeds {SEEDS}: {len(in_order)} records equal to embedded")


def _shuffled_and_doubled(said: list[Sent], seed: int) -> list[Sent]:
    mixed = 2 * said
    random.Random(seed).shuffle(mixed)
    return mixed
