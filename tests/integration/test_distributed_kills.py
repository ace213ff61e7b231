"""`kill -9` of every program of the distributed product, at random moments under load."""

import os
import random
from contextlib import closing

import pytest

from headwater.bus.kafka import KafkaBus
from tests.distributed import PROGRAMS, DistributedProduct
from tests.load import Producers
from tests.product import eventually
from tests.progress import settled_export
from tests.tally import Garbage, tally

SOAK_ROUNDS = int(os.environ.get("HEADWATER_KILL_ROUNDS", "2"))
SEED = int(os.environ.get("HEADWATER_SEED", "20260301"))
DIRTIED = ("openlineage.events", "lineage.events", "prediction.events")


def test_every_acknowledged_event_is_in_the_graph_once_whichever_program_is_killed(
    distributed: DistributedProduct,
) -> None:
    _kill_under_load(distributed, "killed", rounds=1)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_soak_distributed_kills(distributed: DistributedProduct) -> None:
    _kill_under_load(distributed, "killed often", rounds=SOAK_ROUNDS)


def _kill_under_load(product: DistributedProduct, space: str, *, rounds: int) -> None:
    """Every program once per round, each round in another order."""
    chance = random.Random(SEED)
    producer = (product.url, product.producer_key)
    with closing(KafkaBus(product.stores().kafka_bootstrap, client_id="garbage")) as bus:
        garbage = Garbage(bus, DIRTIED)
        with Producers(lambda: producer, space=space) as producers:
            for _ in range(rounds):
                for program in chance.sample(PROGRAMS, len(PROGRAMS)):
                    producers.await_acknowledged(more=40)
                    garbage.throw()
                    eventually(lambda: chance.random() < 0.04)
                    _kill(product, program, chance)
        product.await_ready()
        found = tally(settled_export(product), producers)
        missing = garbage.missing()
    kills, dead_lettered = rounds * len(PROGRAMS), garbage.sent * len(DIRTIED)
    print(f"seed {SEED}: distributed, {kills} kills, {found}, {dead_lettered} dead letters, missing {missing}")
    assert (found.lost, found.doubled, missing, producers.refused) == (0, 0, {}, [])


def _kill(product: DistributedProduct, program: str, chance: random.Random) -> None:
    """The program, or sometimes one of its worker processes if it has any."""
    main = product.child(program)
    chance.choice([main, *main.children()]).kill()
