"""Full dead letters in the running product: new events are refused, nothing else stops, it recovers by itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from headwater.bus.embedded import EmbeddedBus
from headwater.bus.port import Outgoing
from headwater.contracts import topics
from tests.integration.bad_events import LINEAGE, PREDICTION, PREDICTIONS, named, run_event
from tests.integration.commands import succeeds, told
from tests.product import Product, eventually, running

pytestmark = pytest.mark.embedded
LIMIT = 2


@pytest.fixture
def product(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Product]:
    monkeypatch.setenv("HEADWATER_DEAD_LETTER_LIMIT", str(LIMIT))
    with running(tmp_path / "data", "--port", "0") as product:
        yield product


def append(product: Product, *values: bytes) -> None:
    """Append to the log directly, as the gateway would refuse them."""
    bus = EmbeddedBus(product.data_dir / "bus")
    bus.producer().send_all([Outgoing(topics.LINEAGE_EVENTS, b"k", value) for value in values], timeout=10)
    bus.close()


def readiness(product: Product) -> tuple[int, dict[str, Any]]:
    answer = requests.get(f"{product.url}/readyz", timeout=5)
    return answer.status_code, answer.json()["dependencies"]["dead letters"]


def post(product: Product, job: str) -> requests.Response:
    return product.post(LINEAGE, run_event(job=named(name=job)))


def test_full_dead_letters_close_their_topic_until_they_are_settled(product: Product) -> None:
    on = ("--data-dir", product.data_dir)
    assert readiness(product) == (200, {"ok": True})
    append(product, *[b"no event"] * (LIMIT + 3))
    eventually(lambda: post(product, "waits").status_code == 503)
    refused = post(product, "waits")
    assert refused.headers["Retry-After"] == "30"
    assert "headwater dead-letters" in refused.json()["detail"]
    assert product.post(PREDICTIONS, PREDICTION).status_code == 201
    status, shown = eventually(lambda: (found := readiness(product)) != (200, {"ok": True}) and found)
    assert (status, shown["ok"]) == (200, True)
    assert shown["message"].startswith("dead letters of lineage.events are full")
    # What was accepted before fits in the reserve.
    waiting = eventually(lambda: len(lines := told("dead-letters", "list", *on).splitlines()) == LIMIT + 3 and lines)
    succeeds("dead-letters", "redrive", waiting[0].split()[0], *on)
    eventually(lambda: waiting[0] not in told("dead-letters", "list", *on))
    eventually(lambda: len(told("dead-letters", "list", *on).splitlines()) == LIMIT + 3)
    assert f"{LIMIT + 3} discarded" in succeeds(
        "dead-letters", "discard", "--topic", topics.LINEAGE_EVENTS, "--yes", *on
    )
    eventually(lambda: post(product, "comes in").status_code == 201)
    eventually(lambda: readiness(product) == (200, {"ok": True}))
    assert b"dead-letters.discard" in _audit(product)


def _audit(product: Product) -> bytes:
    bus = EmbeddedBus(product.data_dir / "bus")
    consumer = bus.consumer(group=None, topics=[topics.AUDIT_EVENTS])
    values = b"".join(record.value for record in consumer.poll(timeout=5, max_records=100))
    consumer.close()
    bus.close()
    return values
