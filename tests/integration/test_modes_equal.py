"""One history, sent in any order, twice, through every endpoint, to both products: one canonical export."""

import os
import random
from pathlib import Path

import pytest

from tests.distributed import DistributedProduct
from tests.entry_points import post_batches, post_each, produce
from tests.histories import history
from tests.product import running
from tests.progress import settled_export

SEED = int(os.environ.get("HEADWATER_SEED", "20260301"))
SHUFFLES = 3
WORLD = "world of the history"


@pytest.fixture(scope="module")
def in_order(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """The export of an embedded product that got the history once, in order, one event per request."""
    with running(tmp_path_factory.mktemp("in order") / "data") as product:
        post_each(product, history(WORLD, SEED))
        return settled_export(product)


def test_an_embedded_product_that_hears_it_shuffled_and_doubled_exports_the_same(
    in_order: list[bytes], tmp_path: Path
) -> None:
    for shuffle in range(SHUFFLES):
        said = 2 * history(WORLD, SEED)
        random.Random(SEED + shuffle).shuffle(said)
        with running(tmp_path / str(shuffle)) as product:
            post_batches(product, said)
            assert settled_export(product) == in_order
    print(f"seed {SEED}: embedded, {SHUFFLES} shuffles doubled, {len(in_order)} records equal")


def test_a_distributed_product_exports_the_same_by_whichever_endpoint_it_arrives(
    in_order: list[bytes], distributed: DistributedProduct
) -> None:
    bootstrap = distributed.stores().kafka_bootstrap
    worlds = [f"world {SEED} {number}" for number in range(SHUFFLES + 1)]
    post_each(distributed, history(worlds[0], SEED))
    for number, world in enumerate(worlds[1:]):
        chance = random.Random(SEED + number)
        said = 2 * history(world, SEED)
        chance.shuffle(said)
        third = len(said) // 3
        produce(bootstrap, said[:third], chance)
        post_batches(distributed, said[third : 2 * third])
        produce(bootstrap, said[2 * third :], chance)
    export = settled_export(distributed)
    for world in worlds:
        assert _named_alike(export, world) == in_order, world
    print(f"seed {SEED}: distributed, in order and {SHUFFLES} shuffles doubled, {len(in_order)} records equal")


def _named_alike(export: list[bytes], world: str) -> list[bytes]:
    """The records of one namespace under a common name for comparison."""
    mark = f'"{world}"'.encode()
    return sorted(line.replace(mark, f'"{WORLD}"'.encode()) for line in export if mark in line)
