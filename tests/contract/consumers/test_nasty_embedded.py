import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.alerting import database as alerting_database
from headwater.bus.embedded import EmbeddedBus
from headwater.bus.port import Outgoing
from headwater.graph.sqlite import EmbeddedGraph
from headwater.metrics_engine import database as metrics_database
from tests.contract.consumers import nasty
from tests.contract.consumers.pipeline import Pipeline


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    directory = tmp_path_factory.mktemp("pipeline")
    with contextlib.ExitStack() as stack:
        yield stack.enter_context(on_sqlite(directory))


@contextlib.contextmanager
def on_sqlite(directory: Path) -> Iterator[Pipeline]:
    bus = EmbeddedBus(directory / "bus", fsync=False, clock=lambda: nasty.NOW)
    bus.create_topics(nasty.TOPICS)
    graph = EmbeddedGraph(directory / "graph.db")
    graph.ensure_schema()
    metrics_db = metrics_database.DATABASE.connect(f"sqlite:///{directory / 'metrics.db'}")
    metrics_database.DATABASE.migrate(metrics_db)
    alerting_db = alerting_database.DATABASE.connect(f"sqlite:///{directory / 'alerting.db'}")
    alerting_database.DATABASE.migrate(alerting_db)
    pipeline = Pipeline(bus, graph, metrics_db, alerting_db)
    yield pipeline
    pipeline.close()
    graph.close()
    metrics_db.dispose()
    alerting_db.dispose()
    bus.close()


def test_hand_written_hostile_events_stop_no_consumer(pipeline: Pipeline) -> None:
    pipeline.send(nasty.by_hand())
    pipeline.read_all()
    pipeline.takes_good_events()
    assert pipeline.dead() == []


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(nasty.events(), min_size=1, max_size=12))
def test_nothing_that_the_gateway_accepts_stops_a_consumer(pipeline: Pipeline, records: list[Outgoing]) -> None:
    pipeline.send(records)
    pipeline.read_all()
    pipeline.takes_good_events()
