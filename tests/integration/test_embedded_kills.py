"""`kill -9` of every process of the embedded product, at random moments under load."""

import collections
import json
import os
import random
from pathlib import Path

import pytest

from tests.load import Producers
from tests.product import Product, eventually

KILLS = int(os.environ.get("HEADWATER_KILLS", "3"))
SEED = int(os.environ.get("HEADWATER_SEED", "20260301"))


@pytest.mark.embedded
@pytest.mark.timeout(60 + 30 * KILLS)
def test_every_acknowledged_event_is_in_the_graph_once_whatever_is_killed(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    product = Product(tmp_path / "data").start()
    try:
        with Producers(lambda: (product.url, product.producer_key)) as producers:
            for number in range(KILLS):
                producers.await_acknowledged(more=40)
                eventually(lambda: chance.random() < 0.02)
                _kill(product, ("workers", "front", "all")[number % 3])
        token = product.login()
        runs = eventually(lambda: _runs_once_all_are_in(product, token, producers.acknowledged), seconds=60)
    finally:
        product.stop()
    lost = producers.acknowledged - runs.keys()
    doubled = [run for run, times in runs.items() if times > 1]
    acknowledged = len(producers.acknowledged)
    print(f"seed {SEED}: {KILLS} kills, {acknowledged} acknowledged, {len(lost)} lost, {len(doubled)} doubled")
    assert not lost
    assert not doubled
    assert not producers.refused


def _kill(product: Product, what: str) -> None:
    if what == "all":
        product.kill9()
        product.start()
    else:
        product.child(what).kill()


def _runs_once_all_are_in(product: Product, token: str, wanted: set[str]) -> collections.Counter[str] | None:
    """How often each run stands in the export, as soon as the acknowledged ones are all there."""
    answer = product.get("/api/v1/graph/export", token)
    if not answer.ok:
        return None
    records = (json.loads(line) for line in answer.iter_lines())
    runs = collections.Counter(record["run_id"] for record in records if record["record"] == "run")
    return runs if wanted <= runs.keys() else None
