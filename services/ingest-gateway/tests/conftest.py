"""A gateway on an embedded log, with keys: one for everything, others for the namespace `team-a`."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from headwater.bus.dead_letter_watch import DeadLetterWatch
from headwater.bus.embedded import EmbeddedBus
from headwater.bus.port import Record
from headwater.contracts import topics
from headwater.contracts.identity import INSTALLATION, ApiKeyRecord, IdentityChanges
from headwater.contracts.times import parse_instant
from headwater.ingest_gateway.app import OPEN_INGEST
from headwater.ingest_gateway.service import SERVICE
from headwater.ingest_gateway.settings import Settings
from headwater.runtime.identity import apikey
from headwater.runtime.identity.verifier import LocalIdentityFeed, Verifier
from headwater.runtime.settings import Secret
from headwater.runtime.telemetry.series import Telemetry
from tests.event_loops import Loop
from tests.hosting import Audited, hosted, web

NOW = parse_instant("2026-03-01T12:00:00Z")
PEPPER = Secret("pepper of the tests")
KEYS = {name: apikey.mint() for name in ("all", "team-a", "tagger", "reader")}


def _record(name: str, permissions: tuple[str, ...], prefixes: tuple[str, ...]) -> ApiKeyRecord:
    digest = apikey.digest(PEPPER, KEYS[name].secret)
    return ApiKeyRecord(id=KEYS[name].id, digest=digest, owner=INSTALLATION, permissions=permissions, prefixes=prefixes)


STATE = IdentityChanges(
    cursor=1,
    jwks={"keys": []},
    pepper_id="1",
    keys=[
        _record("all", ("ingest:write", "dataset:annotate"), ("",)),
        _record("team-a", ("ingest:write",), ("team-a",)),
        _record("tagger", ("ingest:write", "dataset:annotate"), ("team-a", "postgres://db:5432")),
        _record("reader", ("lineage:read",), ("",)),
    ],
    subjects=[],
)


class Gateway:
    """The gateway as a producer uses it, and the log behind it."""

    def __init__(self, bus: Any, settings: Settings, reading: EmbeddedBus) -> None:
        verifier = Verifier(
            LocalIdentityFeed(lambda: STATE),
            PEPPER,
            Secret(""),
            lambda: NOW,
            open_permissions=OPEN_INGEST if settings.open_ingest else frozenset(),
            monotonic=lambda: 0.0,  # what was checked once stays in memory, however slow the machine is
        )
        self.audited = Audited()
        parts = hosted(SERVICE, settings, bus=bus, verifier=verifier, audit=self.audited, clock=lambda: NOW)
        self.metrics = parts.get(Telemetry)
        self.app = web(SERVICE, parts)
        self._client = self.app.test_client()
        self._reading = reading

    def post(
        self,
        path: str,
        body: object,
        *,
        key: str | None = "all",
        headers: dict[str, str] | None = None,
        content_type: str = "application/json",
    ) -> TestResponse:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {**self.shown(key), **(headers or {})}
        return self._client.post(path, data=data, headers=sent, content_type=content_type)

    def shown(self, key: str | None = "all") -> dict[str, str]:
        """The header with a key."""
        return {} if key is None else {"Authorization": f"Bearer {KEYS[key].text()}"}

    def log(self, topic: str = topics.LINEAGE_EVENTS) -> list[Record]:
        """Every record of a topic."""
        consumer = self._reading.consumer(group=None, topics=[topic])
        records = consumer.poll(timeout=0.0, max_records=100_000)
        consumer.close()
        return records

    def counted(self, line: str) -> bool:
        """Whether a series with exactly this text and value is exposed."""
        return line.encode() in self.metrics.render()


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[EmbeddedBus]:
    bus = EmbeddedBus(tmp_path / "log", clock=lambda: NOW, fsync=False)
    bus.create_topics(dict.fromkeys((topics.LINEAGE_EVENTS, topics.MODEL_EVENTS, topics.PREDICTION_EVENTS), 1))
    yield bus
    bus.close()


@pytest.fixture
def gateways(bus: EmbeddedBus, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Gateway]:
    """Creates gateways with other settings, another bus, or topics whose dead letters are `full`."""

    def make(instead: Any = None, full: Callable[[str], bool] = lambda topic: False, **settings: Any) -> Gateway:
        monkeypatch.setattr(DeadLetterWatch, "full", lambda watch, topic: full(topic))
        return Gateway(instead or bus, Settings(**settings), bus)

    return make


@pytest.fixture
def gateway(gateways: Callable[..., Gateway]) -> Gateway:
    return gateways()


@pytest.fixture
def run_event() -> dict[str, Any]:
    return {
        "eventType": "COMPLETE",
        "eventTime": "2026-03-01T11:00:00Z",
        "producer": "https://example.org/tests",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": "0191b1c0-0000-7000-8000-000000000001"},
        "job": {"namespace": "team-a", "name": "daily"},
        "inputs": [{"namespace": "postgres://db:5432", "name": "shop.orders"}],
        "outputs": [{"namespace": "postgres://db:5432", "name": "shop.revenue"}],
    }


@pytest.fixture
def prediction() -> dict[str, Any]:
    return {
        "id": "p-1",
        "event_time": "2026-03-01T11:00:00Z",
        "model": {"namespace": "team-a", "name": "churn"},
        "version": "3",
        "prediction": {"task": "binary", "class": "yes", "scores": {"yes": 0.75}},
    }


@pytest.fixture
def loop(gateway: Any, bus: EmbeddedBus) -> Iterator[Loop]:
    bus.open_writers((topics.LINEAGE_EVENTS, topics.MODEL_EVENTS, topics.PREDICTION_EVENTS))
    made = Loop(gateway)
    yield made
    made.close()
