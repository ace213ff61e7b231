"""A metrics engine on a fresh SQLite file, fed by records without a bus."""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from headwater.bus.port import Record
from headwater.metrics_engine import database
from headwater.metrics_engine.batch import Rules
from headwater.metrics_engine.handlers import MetricsHandler

DAY = 86_400_000_000
MODEL = {"namespace": "shop", "name": "churn"}
PREDICTIONS, MODELS = "prediction.events", "model.events"


class Clock:
    """A clock that stands still until a test sets it."""

    def __init__(self, now: int = 1_000 * DAY) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


class Feed:
    """Passes records to a handler as the loop does, and reads the results."""

    def __init__(self, engine: sa.Engine, *, revision_seconds: float = 0.0, window_seconds: int = 86_400) -> None:
        self.engine, self.clock = engine, Clock()
        self.rules = Rules(window_seconds=window_seconds, revision_seconds=revision_seconds)
        self.handler = MetricsHandler(engine, rules=self.rules, clock=self.clock)
        self._offset = 0

    def record(
        self, topic: str, value: Mapping[str, Any] | bytes, headers: Mapping[str, bytes] | None = None
    ) -> Record:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self._offset += 1
        return Record(topic, 0, self._offset - 1, None, body, tuple((headers or {}).items()), self.clock())

    def take(self, *values: Mapping[str, Any]) -> None:
        """One batch, one transaction; `action` marks model events."""
        records = [self.record(MODELS if "action" in value else PREDICTIONS, value) for value in values]
        items = [(record, self.handler.decode(record)) for record in records]
        self.handler.handle(items, {record.source: record.offset + 1 for record in records})

    def messages(self) -> list[dict[str, Any]]:
        """All messages of the outbox."""
        return [{"topic": m.topic, **json.loads(m.value)} for m in self.handler.pending(10_000)]

    def results(self) -> dict[tuple[Any, ...], dict[str, Any]]:
        """The latest result by version, window start, slice and metric, as a consumer of the topic sees it."""
        latest: dict[tuple[Any, ...], dict[str, Any]] = {}
        revisions: dict[tuple[Any, ...], int] = {}
        for message in self.handler.pending(100_000):
            if message.topic != "metric.results":
                continue
            result = json.loads(message.value)
            where = (result["version"], result["window"]["start"], _slice(result["slice"]))
            for value in result["results"]:
                key = (*where, value["metric"])
                if result["revision"] > revisions.get(key, 0):
                    revisions[key] = result["revision"]
                    latest[key] = value
        return latest

    def value(self, metric: str, *, version: str = "1", start: int = 0, of: str | None = None) -> dict[str, Any]:
        return self.results()[version, start, of, metric]


def _slice(value: Mapping[str, str] | None) -> str | None:
    return None if value is None else f"{value['name']}:{value['value']}"


def registered(version: str = "1", *, at: int = 0, **more: Any) -> dict[str, Any]:
    event = {**MODEL, "version": version, "action": "registered", "event_time": at, "task": "binary"}
    return {**event, "label_set": ["no", "yes"], **more}


def prediction(key: str, cls: str = "yes", *, at: int = 0, version: str = "1", **more: Any) -> dict[str, Any]:
    payload = {"task": "binary", "class": cls}
    event = {"type": "prediction", "id": key, "event_time": at, "model": MODEL, "version": version}
    return {**event, "prediction": payload, **more}


def label(key: str, cls: str | None = "yes", *, at: int = 0) -> dict[str, Any]:
    said = None if cls is None else {"task": "class", "class": cls}
    return {"type": "label", "prediction_id": key, "event_time": at, "model": MODEL, "label": said}


class Say:
    """Short constructors for events."""

    model = staticmethod(MODEL.copy)
    registered = staticmethod(registered)
    prediction = staticmethod(prediction)
    label = staticmethod(label)
    day = DAY


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy, faster than migrating for each test."""
    path = tmp_path_factory.mktemp("template") / "metrics.db"
    engine = database.DATABASE.connect(f"sqlite:///{path}")
    database.DATABASE.migrate(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture
def engine(empty_database: Path, tmp_path: Path) -> Iterator[sa.Engine]:
    path = tmp_path / "metrics.db"
    shutil.copy(empty_database, path)
    engine = database.DATABASE.connect(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture
def feed(engine: sa.Engine) -> Feed:
    return Feed(engine)


@pytest.fixture
def feed_of() -> type[Feed]:
    return Feed


@pytest.fixture
def say() -> type[Say]:
    return Say
