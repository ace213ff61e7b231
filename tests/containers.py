"""The same servers as containers, with a Docker engine (HEADWATER_TEST_DOCKER=1)."""

from collections.abc import Iterator
from contextlib import contextmanager

from headwater.local.addresses import Addresses

_MESSAGE_LIMIT = str(17 * 1024 * 1024)


@contextmanager
def container(name: str) -> Iterator[Addresses]:
    """One server in a container for the duration of the block."""
    yield from {"kafka": _kafka, "neo4j": _neo4j, "postgres": _postgres}[name]()


def _kafka() -> Iterator[Addresses]:
    from testcontainers.kafka import KafkaContainer

    broker = KafkaContainer("confluentinc/cp-kafka:8.2.0").with_kraft()
    broker.with_env("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false").with_env("KAFKA_MESSAGE_MAX_BYTES", _MESSAGE_LIMIT)
    with broker:
        yield Addresses(kafka_bootstrap=broker.get_bootstrap_server())


def _neo4j() -> Iterator[Addresses]:
    from testcontainers.neo4j import Neo4jContainer

    with Neo4jContainer("neo4j:5.26.30-community") as store:
        yield Addresses(neo4j_uri=store.get_connection_url(), neo4j_user=store.username, neo4j_password=store.password)


def _postgres() -> Iterator[Addresses]:
    from testcontainers.postgres import PostgresContainer

    with PostgresContainer("postgres:17.6-alpine", driver=None) as store:
        yield Addresses(postgres_url=store.get_connection_url())
