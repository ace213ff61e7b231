"""The progress of a running product: the records on its bus against the offsets in each of its stores."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import neo4j
import sqlalchemy as sa

from headwater.alerting import database as alerting_database
from headwater.alerting import store as alerting
from headwater.alerting import tables as alerting_tables
from headwater.bus.embedded import EmbeddedBus
from headwater.bus.errors import Unavailable
from headwater.bus.kafka import KafkaBus
from headwater.bus.kafka_library import KafkaAdminClient, RetriableError
from headwater.bus.port import Bus, TopicPartition
from headwater.contracts.topics import INBOUND, METRIC_RESULTS, MODEL_EVENTS
from headwater.embedded.data_dir import DataDir
from headwater.graph.neo4j import Neo4jGraph
from headwater.graph.port import GraphStore
from headwater.graph.sqlite import EmbeddedGraph
from headwater.ingest_gateway.app import GROUP as INBOUND_GROUP
from headwater.lineage_writer.handlers import TOPICS as WRITTEN
from headwater.local.addresses import Addresses
from headwater.metrics_engine import database, window_store
from headwater.metrics_engine import tables as metrics_tables
from headwater.metrics_engine.handlers import TOPICS as MEASURED
from headwater.runtime.storage import offsets
from tests.distributed import DistributedProduct
from tests.patience import while_it_moves
from tests.product import Product

Left = dict[TopicPartition, int]


class Progress:
    """While nothing is sent and `unread` is empty, the graph does not change.

    admin: client of the brokers, if there is a Kafka consumer.
    """

    def __init__(
        self,
        bus: Bus,
        graph: GraphStore,
        metrics: sa.Engine,
        alerts: sa.Engine,
        admin: KafkaAdminClient | None = None,
    ) -> None:
        self._bus, self._graph, self._metrics, self._alerts, self._admin = bus, graph, metrics, alerts, admin

    def await_all_read(self) -> None:
        """Wait as long as the remainder shrinks. Raises AssertionError with the remainder if it does not."""
        left: Left = {TopicPartition("not asked", 0): 1}

        def all_read() -> bool:
            with contextlib.suppress(RetriableError, Unavailable):  # a store that has just come back
                unread = self.unread()
                left.clear()
                left.update(unread)
            return not left

        while_it_moves(all_read, lambda: dict(left))

    def unread(self) -> Left:
        """Records that were not consumed yet, by position; read in the order of the data flow, so none is missed."""
        left = self._at_the_gateway() | self._in_the_engine() | self._in_alerting()
        return left | self._beyond(WRITTEN, {TopicPartition(*s): at for s, at in self._graph.offsets().items()})

    def _beyond(self, topics: Sequence[str], reached: Mapping[TopicPartition, int]) -> Left:
        with closing(self._bus.consumer(group=None, topics=topics)) as consumer:
            consumer.poll(timeout=0, max_records=1)
            ends = consumer.end_offsets()
        return {source: end - at for source, end in ends.items() if end > (at := reached.get(source, 0))}

    def _at_the_gateway(self) -> Left:
        if self._admin is None:
            return {}
        committed = self._admin.list_group_offsets({INBOUND_GROUP: None})[INBOUND_GROUP]
        return self._beyond(INBOUND, {TopicPartition(*source): at.offset for source, at in committed.items()})

    def _in_the_engine(self) -> Left:
        """Records, windows pending revision, and messages pending in the outbox, at one point in time."""
        with database.reading(self._metrics) as connection:
            left = self._beyond(MEASURED, offsets.positions(connection, metrics_tables.offsets))
            waiting = window_store.pending_count(connection) + window_store.any_dirty(connection)
        return left | ({TopicPartition("metrics-engine", 0): waiting} if waiting else {})

    def _in_alerting(self) -> Left:
        """Results, and alerts pending in the outbox, at one point in time."""
        with self._alerts.connect() as connection:
            left = self._beyond((METRIC_RESULTS, MODEL_EVENTS), offsets.positions(connection, alerting_tables.offsets))
            waiting = len(alerting.pending(connection, 1_000))
        return left | ({TopicPartition("alerting", 0): waiting} if waiting else {})


@contextmanager
def progress_of(product: Product) -> Iterator[Progress]:
    """For a running product in either mode."""
    opened = _of_stores(product.stores()) if isinstance(product, DistributedProduct) else _of_files(product.data_dir)
    with opened as progress:
        yield progress


def send_and_settle(product: Product, path: str, event: Any) -> None:
    """Post an event and wait until every consumer has read it."""
    product.post(path, event).raise_for_status()
    with progress_of(product) as progress:
        progress.await_all_read()


def settled_export(product: Product) -> list[bytes]:
    """The lines of the canonical export, once everything sent is in the graph."""
    with progress_of(product) as progress:
        progress.await_all_read()
    answer = product.get("/api/v1/graph/export", product.login())
    answer.raise_for_status()
    return answer.content.splitlines()


def empty_graph(product: DistributedProduct) -> None:
    """Empty the graph except for its offsets, and clear the writer's cache."""
    stores = product.stores()
    with progress_of(product) as progress:
        progress.await_all_read()
    auth = (stores.neo4j_user, stores.neo4j_password)
    with neo4j.GraphDatabase.driver(stores.neo4j_uri, auth=auth, notifications_min_severity="OFF") as driver:
        driver.execute_query("MATCH (n) WHERE NOT n:Graph AND NOT n:Offset DETACH DELETE n")
    product.child("lineage-writer").kill()


@contextmanager
def _of_files(data_dir: Path) -> Iterator[Progress]:
    """Reads the embedded product's files beside it."""
    here = DataDir(data_dir)
    with ExitStack() as stack:
        bus = stack.enter_context(closing(EmbeddedBus(here.bus)))
        graph = stack.enter_context(closing(EmbeddedGraph(here.graph, read_only=True)))
        metrics = database.DATABASE.connect(here.database_url("metrics"))
        stack.callback(metrics.dispose)
        alerts = alerting_database.DATABASE.connect(here.database_url("alerting"))
        stack.callback(alerts.dispose)
        yield Progress(bus, graph, metrics, alerts)


@contextmanager
def _of_stores(stores: Addresses) -> Iterator[Progress]:
    """Separate connections to the distributed product's stores."""
    with ExitStack() as stack:
        bus = stack.enter_context(closing(KafkaBus(stores.kafka_bootstrap, client_id="progress")))
        admin = stack.enter_context(closing(KafkaAdminClient(bootstrap_servers=stores.kafka_bootstrap.split(","))))
        graph = stack.enter_context(closing(Neo4jGraph(stores.neo4j_uri, stores.neo4j_user, stores.neo4j_password)))
        metrics = database.DATABASE.connect(stores.postgres_url)
        stack.callback(metrics.dispose)
        alerts = alerting_database.DATABASE.connect(stores.postgres_url)
        stack.callback(alerts.dispose)
        yield Progress(bus, graph, metrics, alerts, admin)
