"""The latest results depend only on the set of events, not on order, repetition or batches; on both databases."""

import json
import random
import shutil
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.evaluation import Parameters, evaluate
from headwater.metrics_engine import database
from headwater.metrics_engine import tables as t
from headwater.metrics_engine.batch import Observed

DAY = 86_400_000_000
MODEL = {"namespace": "shop", "name": "churn"}

# Few ids and times, so that observations about one prediction collide and tie on time.
ids = st.sampled_from(["p1", "p2"])
times = st.sampled_from([0, 1, DAY])
classes = st.sampled_from(["no", "yes"])
weights = st.sampled_from([1.0, 0.3, 1e-9, 7.0])
regions = st.sampled_from([{}, {"region": "eu"}, {"region": "mars"}])

predictions = st.builds(
    lambda key, at, version, cls, weight, slices: {
        "type": "prediction",
        "id": key,
        "event_time": at,
        "model": MODEL,
        "version": version,
        "prediction": {"task": "binary", "class": cls},
        "weight": weight,
        "slices": slices,
        "output": {"namespace": "db", "name": version},
    },
    ids, times, st.sampled_from(["1", "2"]), classes, weights, regions,
)  # fmt: skip
labels = st.builds(
    lambda key, at, cls: {
        "type": "label",
        "prediction_id": key,
        "event_time": at,
        "model": MODEL,
        "label": None if cls is None else {"task": "class", "class": cls},
    },
    ids, times, st.none() | classes,
)  # fmt: skip
batches = st.lists(st.tuples(ids, times, classes), min_size=1, max_size=4).map(
    lambda rows: {
        "type": "labels",
        "model": MODEL,
        "prediction_ids": [key for key, _, _ in rows],
        "event_time": [at for _, at, _ in rows],
        "classes": [cls for _, _, cls in rows],
    }
)
model_events = st.builds(
    lambda version, at, task, positive, slices: {
        **MODEL,
        "action": "registered",
        "version": version,
        "event_time": at,
        "task": task,
        "positive": positive,
        "slices": slices,
    },
    st.sampled_from(["1", "2"]),
    st.sampled_from([0, 1]),
    st.sampled_from(["binary", "binary", None]),
    st.sampled_from(["yes", "no", None]),
    st.sampled_from([{}, {"region": ["eu"]}]),
)
REGISTERED = {**MODEL, "action": "registered", "version": "1", "event_time": 0, "task": "binary"}
anything = st.one_of(predictions, predictions, labels, labels, batches, model_events)
events = st.builds(
    lambda first, predicted, labelled, more: [*first, *predicted, *labelled, *more],
    st.sampled_from([[REGISTERED], [REGISTERED], []]),
    st.lists(predictions, min_size=2, max_size=8),
    st.lists(labels, min_size=2, max_size=8),
    st.lists(anything, max_size=12),
)


def final(engine: sa.Engine) -> dict[str, Any]:
    """Everything that must not depend on order. A window that lost its last row equals one that never existed."""
    with database.reading(engine) as connection:
        query = (
            sa.select(
                t.versions.c.version,
                t.windows.c.slice_name,
                t.windows.c.slice_value,
                t.windows.c.window_start,
                t.windows.c.state,
                t.results.c.body,
            )
            .join(t.versions, t.versions.c.id == t.windows.c.version)
            .join(
                t.results, sa.and_(t.results.c.window == t.windows.c.id, t.results.c.revision == t.windows.c.revision)
            )
            .where(t.windows.c.rows > 0)
        )
        windows = {tuple(row[:4]): (bytes(row[4]), json.loads(bytes(row[5]))) for row in connection.execute(query)}
        s, o = t.superseded_labels.c, t.outputs.c
        history = {
            tuple(map(_plain, row))
            for row in connection.execute(sa.select(s.prediction_id, s.event_time, s.event_id, s.body))
        }
        outputs = {tuple(row) for row in connection.execute(sa.select(o.namespace, o.name, o.event_time))}
        dirty = connection.execute(sa.select(sa.func.count()).select_from(t.windows).where(t.windows.c.dirty)).scalar()
    assert dirty == 0
    return {"windows": windows, "history": history, "outputs": outputs}


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def clear(engine: sa.Engine) -> None:
    with database.writing(engine) as connection:
        for table in reversed(t.metadata.sorted_tables):
            connection.execute(table.delete())


def replay(feed: Any, said: list[dict[str, Any]], rng: random.Random) -> None:
    """The same events shuffled, some of them twice, in batches of any size."""
    mixed = said + rng.sample(said, rng.randint(0, len(said)))
    rng.shuffle(mixed)
    while mixed:
        size = rng.randint(1, len(mixed))
        feed.take(*mixed[:size])
        del mixed[:size]
    feed.clock.now += 10_000_000
    while feed.handler.publish_due():
        pass


def check(first: sa.Engine, second: sa.Engine, feed_of: Any, said: list[dict[str, Any]], rng: random.Random) -> None:
    for engine in (first, second):
        clear(engine)
    at_once = feed_of(first)
    at_once.take(*said)
    replay(feed_of(second, revision_seconds=rng.choice([0.0, 1.0])), said, rng)
    assert final(second) == final(first)


@pytest.fixture
def other_engine(empty_database: Path, tmp_path: Path) -> Iterator[sa.Engine]:
    path = tmp_path / "other.db"
    shutil.copy(empty_database, path)
    engine = database.DATABASE.connect(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events, st.randoms(use_true_random=False))
def test_on_sqlite(
    engine: sa.Engine, other_engine: sa.Engine, feed_of: Any, said: list[dict[str, Any]], rng: random.Random
) -> None:
    check(engine, other_engine, feed_of, said, rng)


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[sa.Engine]:
    schema = f"metrics_{uuid.uuid4().hex[:8]}"
    engine = database.DATABASE.connect(postgres_url, schema=schema)
    database.DATABASE.migrate(engine, schema=schema)
    yield engine
    with engine.begin() as connection:
        connection.execute(sa.text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.mark.servers
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events, st.randoms(use_true_random=False))
def test_on_postgresql_as_on_sqlite(
    engine: sa.Engine, postgres: sa.Engine, feed_of: Any, said: list[dict[str, Any]], rng: random.Random
) -> None:
    check(engine, postgres, feed_of, said, rng)


@pytest.mark.servers
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events, st.randoms(use_true_random=False))
def test_three_processes_at_once_as_one(
    engine: sa.Engine, postgres: sa.Engine, feed_of: Any, said: list[dict[str, Any]], rng: random.Random
) -> None:
    clear(engine)
    clear(postgres)
    feed_of(engine).take(*said)
    shares: list[list[dict[str, Any]]] = [[], [], []]
    for event in said + said:
        rng.choice(shares).append(event)
    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(_take_singly, feed_of(postgres), share) for share in shares]:
            done.result()
    assert final(postgres) == final(engine)


def _take_singly(feed: Any, share: list[dict[str, Any]]) -> None:
    for event in share:
        feed.take(event)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(predictions, labels), max_size=25), st.randoms(use_true_random=False))
def test_the_latest_results_are_those_of_the_rows_that_hold(
    engine: sa.Engine, feed_of: Any, said: list[dict[str, Any]], rng: random.Random
) -> None:
    clear(engine)
    feed = feed_of(engine)
    feed.take({**MODEL, "version": "1", "action": "registered", "event_time": 0, "task": "binary"})
    replay(feed, said, rng)
    found = {
        (version, start): {v["metric"]: v["value"] for v in values}
        for (version, name, _, start), (_, values) in final(engine)["windows"].items()
        if not name
    }
    assert found == _by_hand(feed, said)


def _by_hand(feed: Any, said: list[dict[str, Any]]) -> dict[tuple[str, int], dict[str, float | None]]:
    """The valid rows, found without the engine and evaluated as arrays."""

    def place(event: dict[str, Any]) -> tuple[int, bytes]:
        decoded: Observed = feed.handler.decode(feed.record("prediction.events", event))
        observation = decoded.predictions[0] if decoded.predictions else decoded.labels[0]
        return observation.time, observation.event_id

    held: dict[tuple[str, str], dict[str, Any]] = {}
    for event in said:
        key = (event["type"], event.get("id") or event["prediction_id"])
        if key not in held or place(event) > place(held[key]):
            held[key] = event
    windows: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for (kind, _), event in held.items():
        if kind == "prediction":
            windows.setdefault((event["version"], event["event_time"] // DAY * DAY), []).append(event)
    return {key: _values(rows, held) for key, rows in windows.items()}


def _values(rows: list[dict[str, Any]], held: dict[tuple[str, str], dict[str, Any]]) -> dict[str, float | None]:
    pairs = [
        (truth["label"]["class"], row["prediction"]["class"], row["weight"])
        for row in rows
        if (truth := held.get(("label", row["id"]))) is not None and truth["label"] is not None
    ]
    true, predicted, weights = ([pair[i] for pair in pairs] for i in range(3))
    return {e.metric: e.value for e in evaluate("binary", true, predicted, weights, parameters=Parameters())}
