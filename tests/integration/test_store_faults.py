"""Kafka, Neo4j and PostgreSQL stopped, killed or halted, and recovered, under load; no service is restarted."""

import contextlib
import time
from collections.abc import Callable
from typing import NamedTuple

import psutil
import pytest
import requests

from headwater.local.server import Server
from tests.distributed import PROGRAMS, DistributedProduct
from tests.load import Producers, Readers, run_event
from tests.patience import LONG, eventually, promised
from tests.progress import settled_export
from tests.tally import tally


def halt(server: Server) -> None:
    """It keeps accepting connections, and does not respond."""
    for process in family(server):
        process.suspend()


def awaken(server: Server) -> None:
    for process in family(server):
        process.resume()


def family(server: Server) -> list[psutil.Process]:
    identity = server.identity()
    process = identity.process() if identity else None
    return [process, *process.children(recursive=True)] if process else []


class Fault(NamedTuple):
    """A fault of a store, and its repair. `told_within`: seconds until requests meanwhile get a response."""

    begin: Callable[[Server], None]
    mend: Callable[[Server], None]
    told_within: float = 20.0


FAULTS = {
    "stopped": Fault(Server.stop, Server.start),
    "killed": Fault(Server.kill9, Server.start),
    "halted": Fault(halt, awaken, told_within=3.0),
}


class Outage(NamedTuple):
    """A store, the services whose readiness must name it and how, whether events are accepted, and what is not."""

    store: str
    named_by: dict[str, str]
    takes_events: bool
    unanswered: tuple[str, ...]


OUTAGES = (
    Outage("neo4j", {"lineage-writer": "graph", "api-gateway": "graph"}, True, ("/api/v1/graph/search?q=job",)),
    Outage("kafka", {"ingest-gateway": "bus", "lineage-writer": "bus", "metrics-engine": "bus"}, False, ()),
    Outage("postgres", {"auth": "database", "metrics-engine": "database", "alerting": "database"}, True, ()),
)


IN_SOAK = {("kafka", "halted"), ("postgres", "halted"), *((outage.store, "killed") for outage in OUTAGES)}
CASES = [
    pytest.param(
        outage, fault, id=f"{outage.store}-{fault}", marks=[pytest.mark.soak] * ((outage.store, fault) in IN_SOAK)
    )
    for outage in OUTAGES
    for fault in FAULTS
]


@pytest.mark.parametrize(("outage", "fault"), CASES)
def test_nothing_acknowledged_is_lost_and_work_goes_on_when_a_store_is_well_again(
    distributed: DistributedProduct, outage: Outage, fault: str
) -> None:
    store = distributed.servers()[outage.store]
    before = {name: distributed.child(name).pid for name in PROGRAMS}
    space = f"{outage.store} {fault}"
    token = Token(distributed)
    with (
        Readers(lambda: (distributed.url, token())) as readers,
        Producers(lambda: (distributed.url, distributed.producer_key), space=space) as producers,
    ):
        producers.await_acknowledged(more=100)
        FAULTS[fault].begin(store)
        try:
            _check_outage(distributed, outage, token(), FAULTS[fault].told_within)
            _check_series(distributed, outage)
        finally:
            FAULTS[fault].mend(store)
        distributed.await_ready()
        eventually(lambda: not _missed(distributed, outage))
        producers.await_acknowledged(more=100)
    found = tally(settled_export(distributed), producers)
    refused = producers.refused + readers.refused
    print(f"{outage.store} {fault}: {found}, {readers.answered} reads answered, refused {refused[:3]}")
    assert (found.lost, found.doubled, refused) == (0, 0, [])
    assert readers.answered
    assert {name: distributed.child(name).pid for name in PROGRAMS} == before


def _check_outage(product: DistributedProduct, outage: Outage, token: str, told_within: float) -> None:
    for program, dependency in outage.named_by.items():
        _await_down(product, program, dependency)
    answer = product.post("/api/v1/lineage", run_event("during", "a run", space=outage.store))
    assert answer.status_code == (201 if outage.takes_events else 503), answer.text
    refused = [] if outage.takes_events else [answer]
    for route in outage.unanswered:
        with promised(told_within):
            refused.append(product.get(route, token))
    for refusal in refused:
        assert refusal.status_code == 503, refusal.text
        assert int(refusal.headers["Retry-After"]) > 0
    assert requests.get(f"{product.url}/livez", timeout=LONG).ok


def _await_down(product: DistributedProduct, program: str, dependency: str) -> None:
    def says_so() -> bool:
        ready, dependencies = product.readiness(program)
        return not ready and not dependencies.get(dependency, {"ok": True})["ok"]

    eventually(says_so)


def test_stores_and_proxy_that_die_are_started_again_by_the_supervisor(distributed: DistributedProduct) -> None:
    before = {store.name: store.identity() for store in distributed.servers()}
    for identity in before.values():
        assert identity
        psutil.Process(identity.pid).kill()
    distributed.child("nginx").kill()
    eventually(lambda: all(store.ready() for store in distributed.servers()))
    assert all(store.identity() != before[store.name] for store in distributed.servers())
    distributed.await_ready()
    eventually(lambda: taken(distributed))
    assert any(b'"again"' in line for line in settled_export(distributed))


def taken(product: DistributedProduct) -> bool:
    try:
        return product.post("/api/v1/lineage", run_event("after", "a run", space="again")).ok
    except requests.ConnectionError:  # nginx is not back yet
        return False


def _missed(distributed: DistributedProduct, outage: Outage) -> set[str]:
    """Programs whose series report the store as down."""
    return {
        name
        for name, word in outage.named_by.items()
        if distributed.series(name)[f'headwater_dependency_up{{dependency="{word}",service="{name}"}}'] == 0.0
    }


def _check_series(distributed: DistributedProduct, outage: Outage) -> None:
    """Programs report the store as down; a stuck consumer reports its lag and the age of its oldest record."""
    eventually(lambda: _missed(distributed, outage) == set(outage.named_by))
    if outage.store == "neo4j":
        labels = 'service="lineage-writer",topic="lineage.events"'
        age = f"headwater_consumer_oldest_record_age_seconds{{{labels}}}"
        first = eventually(lambda: distributed.series("lineage-writer")[age])
        eventually(lambda: distributed.series("lineage-writer")[age] > first)
        shown = distributed.series("lineage-writer").items()
        assert sum(value for name, value in shown if name.startswith("headwater_consumer_lag_records{")) > 0


class Token:
    """A reader's access token, renewed while it is valid; kept while auth is down."""

    LIFE = 120.0

    def __init__(self, product: DistributedProduct) -> None:
        self._product = product
        self._token, self._until = product.login(), time.monotonic() + self.LIFE

    def __call__(self) -> str:
        if time.monotonic() > self._until:
            with contextlib.suppress(requests.RequestException):  # auth is down: the old one stays valid for a while
                self._token, self._until = self._product.login(), time.monotonic() + self.LIFE
        return self._token
