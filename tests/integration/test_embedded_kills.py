"""`kill -9` of every process of the embedded product, at random moments under load."""

import os
import random
from contextlib import closing
from pathlib import Path

import pytest

from headwater.bus.embedded import EmbeddedBus
from headwater.embedded.data_dir import DataDir
from tests.load import Producers
from tests.product import Product, eventually
from tests.progress import settled_export
from tests.tally import Garbage, tally

KILLS = 3
SOAK_KILLS = int(os.environ.get("HEADWATER_KILLS", "20"))
SEED = int(os.environ.get("HEADWATER_SEED", "20260301"))


@pytest.mark.embedded
def test_every_acknowledged_event_is_in_the_graph_once_whatever_is_killed(tmp_path: Path) -> None:
    _kill_under_load(tmp_path / "data", KILLS)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_soak_embedded_kills(tmp_path: Path) -> None:
    _kill_under_load(tmp_path / "data", SOAK_KILLS)


def _kill_under_load(data_dir: Path, kills: int) -> None:
    chance = random.Random(SEED)
    product = Product(data_dir).start()
    try:
        with closing(EmbeddedBus(DataDir(data_dir).bus)) as bus:
            garbage = Garbage(bus, ["lineage.events", "prediction.events"])
            with Producers(lambda: (product.url, product.producer_key)) as producers:
                for number in range(kills):
                    producers.await_acknowledged(more=40)
                    garbage.throw()
                    eventually(lambda: chance.random() < 0.02)
                    _kill(product, ("workers", "front", "all")[number % 3])
            found = tally(settled_export(product), producers)
            letters_missing = garbage.missing()
    finally:
        product.stop()
    print(f"seed {SEED}: embedded, {kills} kills, {found}, {2 * garbage.sent} dead letters, missing {letters_missing}")
    assert (found.lost, found.doubled, letters_missing, producers.refused) == (0, 0, {}, [])


def _kill(product: Product, what: str) -> None:
    if what == "all":
        product.kill9()
        product.start()
    else:
        product.child(what).kill()
