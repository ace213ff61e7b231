from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from headwater.alerting import database, tables
from headwater.alerting.app import create_notifier, create_relay
from headwater.alerting.channels import webhook
from headwater.alerting.service import SERVICE
from headwater.alerting.settings import Settings
from headwater.bus.deadletter import waiting
from headwater.bus.embedded import EmbeddedBus
from headwater.bus.port import Outgoing, Record
from headwater.bus.topics import create_all
from headwater.contracts.alerts import AlertEvent
from headwater.runtime.hosting.heartbeat import Heartbeats
from headwater.runtime.hosting.host import RunningWorkers, make_workers
from headwater.runtime.settings import SettingsError, load
from headwater.runtime.stop import StopSignal
from headwater.runtime.telemetry.series import Telemetry
from tests.hosting import hosted

from .results import Feed, low_accuracy, result


def test_results_on_the_bus_become_events_on_the_bus_and_garbage_a_dead_letter(
    engine: sa.Engine, tmp_path: Path
) -> None:
    bus = EmbeddedBus(tmp_path / "log", fsync=False)
    create_all(bus, embedded=True)
    Feed(engine).add(low_accuracy(1))
    sent = [msgspec.json.encode(result(0, 0.1)), b"garbage", msgspec.json.encode(result(1, 0.95))]
    bus.producer().send_all([Outgoing("metric.results", b"k", value) for value in sent], timeout=30)
    registered = {"namespace": "shop", "name": "fraud", "version": "1", "action": "registered", "event_time": 1}
    models = [msgspec.json.encode(registered), b"{}"]
    bus.producer().send_all([Outgoing("model.events", b"k", value) for value in models], timeout=30)
    parts = hosted(SERVICE, bus=bus, engine=engine)
    stop, metrics = parts.get(StopSignal), parts.get(Telemetry)
    workers = make_workers(SERVICE, parts)
    assert set(workers) == {"firing", "loop", "relay", "periodic tasks"}
    running = RunningWorkers(stop)
    running.start("alerting", workers, parts.get(Heartbeats))
    watcher = bus.consumer(group=None, topics=["alert.events"])
    events: list[Record] = []
    while not events:
        events += watcher.poll(timeout=0.1, max_records=10)
    watcher.close()
    stop.set()
    running.join(30)
    assert running.failed == []
    told = msgspec.json.decode(events[-1].value, type=AlertEvent)
    assert (told.state, told.rule_name) == ("resolved", "accuracy too low")
    with database.reading(engine) as connection:
        known = connection.execute(sa.select(tables.models.c.name).order_by(tables.models.c.name)).scalars().all()
    assert known == ["churn", "fraud"]
    assert dict(events[-1].headers)["event_id"].decode() == told.id
    assert [entry.reason[:19] for entry in waiting(bus, "metric.results")] == ["not a metric result"]
    assert [entry.reason[:17] for entry in waiting(bus, "model.events")] == ["not a model event"]
    assert b'headwater_consumed_records_total{service="alerting",topic="metric.results"} 3.0' in metrics.render()
    bus.close()


def test_the_relay_empties_the_outbox(engine: sa.Engine, tmp_path: Path) -> None:
    bus = EmbeddedBus(tmp_path / "log", fsync=False)
    create_all(bus, embedded=True)
    feed = Feed(engine)
    feed.add(low_accuracy(1))
    feed.take(result(0, 0.1))
    relay = create_relay(hosted(SERVICE, bus=bus, engine=engine))
    assert [relay.relay(), relay.relay()] == [1, 0]
    assert feed.told() == []
    bus.close()


def test_a_notifier_is_wired_only_where_a_receiver_is_set(engine: sa.Engine) -> None:
    assert create_notifier(webhook.CHANNEL, hosted(SERVICE, engine=engine)) is None
    heard = load(Settings, environ={"HEADWATER_WEBHOOK_URL": "http://127.0.0.1:1/hook"})
    assert create_notifier(webhook.CHANNEL, hosted(SERVICE, heard, engine=engine)) is not None


def test_a_receiver_with_a_wrong_address_is_a_wrong_setting(engine: sa.Engine) -> None:
    parts = hosted(SERVICE, load(Settings, environ={"HEADWATER_WEBHOOK_URL": "ftp://receiver.example/"}), engine=engine)
    with pytest.raises(SettingsError, match="webhook_url: use http:// or https://"):
        create_notifier(webhook.CHANNEL, parts)
