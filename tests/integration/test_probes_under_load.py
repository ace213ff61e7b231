"""Probes and scrapes are answered within a second under any load, and a halted program is detected."""

import contextlib
import math
import time

import pytest
import requests

from tests.distributed import PROGRAMS, DistributedProduct
from tests.flood import flood
from tests.integration.test_operations import PROBLEM_SECONDS, halted
from tests.patience import LONG, eventually, slowdown
from tests.product import Product

PROBES = ("/livez", "/readyz", "/metrics")
SECONDS = 1.0
SHARE = 0.999
CLIENTS, IDLE, LOGINS = 40, 1_100, 60
"""Eight clients saturate single POSTs; these are five times as many."""
ASKED = pytest.mark.parametrize(
    "rounds",
    [pytest.param(20, id="few"), pytest.param(700, marks=[pytest.mark.soak, pytest.mark.timeout(3600)], id="many")],
)


class Late:
    """How long probes took, in turns over all addresses."""

    def __init__(self, addresses: list[str], rounds: int, slower: float) -> None:
        self.taken = [
            (_asked(address + probe), address + probe)
            for _ in range(rounds)
            for address in addresses
            for probe in PROBES
        ]
        self._limit = SECONDS * slower

    def check(self) -> None:
        late = sorted((taken for taken in self.taken if taken[0] > self._limit), reverse=True)
        assert len(late) <= math.floor((1 - SHARE) * len(self.taken)), f"{len(late)} of {len(self.taken)}: {late[:5]}"


def _asked(url: str) -> float:
    """Seconds until the whole answer was there."""
    began = time.monotonic()
    answer = requests.get(url, timeout=LONG)
    took = time.monotonic() - began
    assert answer.status_code in {200, 503}, answer.text
    return took


@pytest.mark.embedded
class TestEmbedded:
    @ASKED
    @pytest.mark.parametrize(("kind", "count"), [("events", CLIENTS), ("idle", IDLE), ("logins", LOGINS)])
    def test_under(self, product: Product, kind: str, count: int, rounds: int) -> None:
        slower = slowdown()
        with flood(kind, product.url, count, product.producer_key if kind == "events" else ""):
            late = Late([product.url], rounds, slower)
        late.check()


@pytest.mark.servers
@pytest.mark.integration
class TestDistributed:
    """Each program at its own address; events and logins come through nginx, as they do."""

    @pytest.fixture
    def addresses(self, distributed: DistributedProduct) -> list[str]:
        return [distributed.address(name) for name in PROGRAMS]

    @ASKED
    @pytest.mark.parametrize(("kind", "count"), [("events", CLIENTS), ("logins", LOGINS)])
    def test_under(
        self, distributed: DistributedProduct, addresses: list[str], kind: str, count: int, rounds: int
    ) -> None:
        slower = slowdown()
        with flood(kind, distributed.url, count, distributed.producer_key if kind == "events" else ""):
            late = Late(addresses, rounds, slower)
        late.check()

    @ASKED
    @pytest.mark.parametrize("name", PROGRAMS)
    def test_under_idle_connections(self, distributed: DistributedProduct, name: str, rounds: int) -> None:
        slower = slowdown()
        with flood("idle", distributed.address(name), IDLE):
            late = Late([distributed.address(name)], rounds, slower)
        late.check()

    @pytest.mark.parametrize("name", ["lineage-writer", "metrics-engine", "alerting", "auth"])
    def test_a_halted_program_is_not_ready(self, distributed: DistributedProduct, name: str) -> None:
        """It cannot report this itself: a probe gets no response in time."""

        def ready() -> bool:
            with contextlib.suppress(requests.Timeout):
                return requests.get(f"{distributed.address(name)}/readyz", timeout=SECONDS).ok
            return False

        eventually(ready)
        with halted(distributed.child(name)):
            eventually(lambda: not ready(), seconds=PROBLEM_SECONDS)
        eventually(ready)
