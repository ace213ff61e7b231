"""Kafka, Neo4j and PostgreSQL stopped or killed and started again under load; ours stay as they are."""

import contextlib
import time
from collections.abc import Callable
from typing import NamedTuple

import pytest
import requests

from headwater.local.server import Server
from tests.distributed import PROGRAMS, DistributedProduct
from tests.load import Producers, Readers, run_event
from tests.product import eventually
from tests.progress import settled_export
from tests.tally import tally

END: dict[str, Callable[[Server], None]] = {"stopped": Server.stop, "killed": Server.kill9}


class Outage(NamedTuple):
    """A store, who must name it in its readiness and by which word, whether events are still taken, and what is not."""

    store: str
    named_by: dict[str, str]
    takes_events: bool
    unanswered: tuple[str, ...]


OUTAGES = (
    Outage("neo4j", {"lineage-writer": "graph", "api-gateway": "graph"}, True, ("/api/v1/graph/search?q=job",)),
    Outage("kafka", {"ingest-gateway": "bus", "lineage-writer": "bus", "metrics-engine": "bus"}, False, ()),
    Outage("postgres", {"auth": "database", "metrics-engine": "database", "alerting": "database"}, True, ()),
)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("end", ["stopped", pytest.param("killed", marks=pytest.mark.soak)])
@pytest.mark.parametrize("outage", OUTAGES, ids=lambda outage: outage.store)
def test_nothing_acknowledged_is_lost_and_work_goes_on_when_a_store_comes_back(
    distributed: DistributedProduct, outage: Outage, end: str
) -> None:
    store = distributed.servers()[outage.store]
    before = {name: distributed.child(name).pid for name in PROGRAMS}
    space = f"{outage.store} {end}"
    token = Token(distributed)
    with (
        Readers(lambda: (distributed.url, token())) as readers,
        Producers(lambda: (distributed.url, distributed.producer_key), space=space) as producers,
    ):
        producers.await_acknowledged(more=100)
        END[end](store)
        try:
            _check_outage(distributed, outage, token())
        finally:
            store.start()
        distributed.await_ready()
        producers.await_acknowledged(more=100)
    found = tally(settled_export(distributed), producers)
    refused = producers.refused + readers.refused
    print(f"{outage.store} {end}: {found}, {readers.answered} reads answered, refused {refused[:3]}")
    assert (found.lost, found.doubled, refused) == (0, 0, [])
    assert readers.answered
    assert {name: distributed.child(name).pid for name in PROGRAMS} == before


def _check_outage(product: DistributedProduct, outage: Outage, token: str) -> None:
    for program, dependency in outage.named_by.items():
        _await_down(product, program, dependency)
    answer = product.post("/api/v1/lineage", run_event("during", "a run", space=outage.store))
    assert answer.status_code == (201 if outage.takes_events else 503), answer.text
    refused = [] if outage.takes_events else [answer]
    for refusal in [*refused, *(product.get(route, token) for route in outage.unanswered)]:
        assert refusal.status_code == 503, refusal.text
        assert int(refusal.headers["Retry-After"]) > 0


def _await_down(product: DistributedProduct, program: str, dependency: str) -> None:
    def says_so() -> bool:
        ready, dependencies = product.readiness(program)
        return not ready and not dependencies.get(dependency, {"ok": True})["ok"]

    eventually(says_so, seconds=20)


class Token:
    """A reader's access token, renewed while it is valid; kept while auth is away."""

    LIFE = 120.0

    def __init__(self, product: DistributedProduct) -> None:
        self._product = product
        self._token, self._until = product.login(), time.monotonic() + self.LIFE

    def __call__(self) -> str:
        if time.monotonic() > self._until:
            with contextlib.suppress(requests.RequestException):  # auth is away: the old one is good for a while
                self._token, self._until = self._product.login(), time.monotonic() + self.LIFE
        return self._token
