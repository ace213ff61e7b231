"""Every consumer of the product on one embedded log, stepped by hand, with whatever stores a test gives it."""

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import sqlalchemy as sa

from headwater.alerting import app as alerting
from headwater.alerting import database as alerting_database
from headwater.alerting import store as alert_rows
from headwater.alerting.rules import Rule
from headwater.alerting.service import SERVICE as ALERTING
from headwater.alerting.tables import points
from headwater.bus import deadletter
from headwater.bus.embedded import EmbeddedBus
from headwater.bus.port import Outgoing
from headwater.contracts.identity import ALL
from headwater.contracts.keys import job_key
from headwater.contracts.predictions import ModelRef
from headwater.graph.port import GraphStore
from headwater.lineage_writer import app as lineage_writer
from headwater.lineage_writer.service import SERVICE as LINEAGE_WRITER
from headwater.metrics_engine import app as metrics_engine
from headwater.metrics_engine import tables
from headwater.metrics_engine.service import SERVICE as METRICS_ENGINE
from headwater.metrics_engine.settings import Settings as EngineSettings
from headwater.runtime.stop import StopSignal
from tests.contract.consumers import nasty
from tests.hosting import hosted

GOOD = ModelRef("good", "model")


class Pipeline:
    """`read_all` steps every consumer until none is behind. Its clock advances by itself, so that pauses end."""

    def __init__(self, bus: EmbeddedBus, graph: GraphStore, metrics_db: sa.Engine, alerting_db: sa.Engine) -> None:
        self.bus, self.graph, self.metrics_db, self.alerting_db = bus, graph, metrics_db, alerting_db
        self._numbers = count()
        ticks = count(nasty.NOW, 100_000)
        clock: Callable[[], int] = lambda: next(ticks)  # noqa: E731
        stop = StopSignal()
        wired: dict[str, Any] = {"bus": bus, "stop": stop, "clock": clock}
        writer = lineage_writer.create_consumer(hosted(LINEAGE_WRITER, graph=graph, **wired))
        settings = EngineSettings(revision_seconds=0.0)
        engine = metrics_engine.create_consumer(hosted(METRICS_ENGINE, settings, engine=metrics_db, **wired))
        parts = hosted(ALERTING, engine=alerting_db, **wired)
        alerts, self._relay = alerting.create_consumer(parts), alerting.create_relay(parts)
        self._consumers: list[Any] = [engine, alerts, writer]
        self._readers = [engine._consumer, alerts._consumer, writer._consumer]
        for loop in self._loops():
            loop._poll_timeout = 0.0
        self._add_rule()

    def _add_rule(self) -> None:
        """A rule on the metric that the hostile events report."""
        rule = Rule(
            id="0" * 32, name="low", model=ModelRef(**nasty.MODEL), metric="f1", source="reported", min_rows=0,
            comparison="below", threshold=0.9, severity="warning", for_windows=1,
        )  # fmt: skip
        with alerting_database.writing(self.alerting_db) as connection:
            alert_rows.add_rule(connection, rule, created_at=0)

    def send(self, records: Sequence[Outgoing]) -> None:
        self.bus.producer().send_all(records, timeout=30)

    def read_all(self) -> None:
        """Raises whatever a consumer raises: none may."""
        quiet = 0
        for _ in range(2_000):
            moved = sum(consumer.step() for consumer in self._consumers) + self._relay.relay()
            quiet = 0 if moved or not self._caught_up() else quiet + 1
            if quiet > 2:
                return
        raise AssertionError("some consumer is still behind")

    def _caught_up(self) -> bool:
        return all(
            consumer._next.get(source, 0) >= end
            for reader, consumer in zip(self._readers, self._loops(), strict=True)
            for source, end in reader.end_offsets().items()
        )

    def _loops(self) -> list[Any]:
        return [getattr(consumer, "_loop", consumer) for consumer in self._consumers]

    def takes_good_events(self) -> None:
        """The next good events reach every store."""
        number = next(self._numbers)
        self.send(nasty.good(number))
        self.read_all()
        assert self.graph.get(job_key("good", f"job {number}").id, visible=ALL) is not None
        with self.metrics_db.connect() as connection:
            found = connection.execute(
                sa.select(tables.samples.c.label_body).where(tables.samples.c.prediction_id == f"p{number}")
            )
            assert found.scalar() is not None
        with self.alerting_db.connect() as connection:
            wanted = sa.select(points.c.version).where(points.c.version == "1", points.c.metric == "mae").limit(1)
            assert connection.execute(wanted).scalar() is not None

    def dead(self) -> list[str]:
        """Why records became dead letters."""
        return [f"{entry.id}: {entry.reason}" for topic in nasty.TOPICS if not topic.endswith(".dead")
                for entry in deadletter.entries(deadletter.reader(self.bus), topic)]  # fmt: skip

    def close(self) -> None:
        for reader in self._readers:
            reader.close()
