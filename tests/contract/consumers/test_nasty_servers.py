"""The same on Neo4j and PostgreSQL, with the embedded log, which is the same as Kafka to the loop."""

import uuid
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.alerting import database as alerting_database
from headwater.bus.embedded import EmbeddedBus
from headwater.bus.port import Outgoing
from headwater.metrics_engine import database as metrics_database
from tests.contract.consumers import nasty
from tests.contract.consumers.pipeline import Pipeline
from tests.emptied_neo4j import EmptiedNeo4j


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory, database: EmptiedNeo4j, postgres_url: str) -> Iterator[Pipeline]:
    bus = EmbeddedBus(tmp_path_factory.mktemp("bus"), fsync=False, clock=lambda: nasty.NOW)
    bus.create_topics(nasty.TOPICS)
    schemas = [f"{name}_{uuid.uuid4().hex[:8]}" for name in ("metrics", "alerting")]
    metrics_db = metrics_database.DATABASE.connect(postgres_url, schema=schemas[0])
    metrics_database.DATABASE.migrate(metrics_db, schema=schemas[0])
    alerting_db = alerting_database.DATABASE.connect(postgres_url, schema=schemas[1])
    alerting_database.DATABASE.migrate(alerting_db, schema=schemas[1])
    pipeline = Pipeline(bus, database.fresh(), metrics_db, alerting_db)
    yield pipeline
    pipeline.close()
    for engine, schema in zip((metrics_db, alerting_db), schemas, strict=True):
        with engine.begin() as connection:
            connection.execute(sa.text(f"DROP SCHEMA {schema} CASCADE"))
        engine.dispose()
    bus.close()


def test_what_was_made_to_hurt_by_hand_stops_nobody(pipeline: Pipeline) -> None:
    pipeline.send(nasty.by_hand())
    pipeline.read_all()
    pipeline.takes_good_events()
    assert pipeline.dead() == []


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(nasty.events(), min_size=5, max_size=30))
def test_nothing_that_the_gateway_accepts_stops_a_consumer(pipeline: Pipeline, records: list[Outgoing]) -> None:
    pipeline.send(records)
    pipeline.read_all()
    pipeline.takes_good_events()
