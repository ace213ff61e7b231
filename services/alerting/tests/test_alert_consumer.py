import threading
from pathlib import Path

import msgspec
import sqlalchemy as sa

from headwater.alerting.app import create_notifier, create_relay, create_workers, open_store
from headwater.alerting.settings import Settings
from headwater.bus.deadletter import waiting
from headwater.bus.embedded import EmbeddedBus
from headwater.bus.port import Outgoing, Record
from headwater.bus.topics import create_all
from headwater.contracts.alerts import AlertEvent
from headwater.runtime.settings import Secret
from headwater.runtime.telemetry import Telemetry

from .results import Feed, low_accuracy, result


def test_results_on_the_bus_become_events_on_the_bus_and_garbage_a_dead_letter(
    engine: sa.Engine, tmp_path: Path
) -> None:
    bus = EmbeddedBus(tmp_path / "log", fsync=False)
    create_all(bus, embedded=True)
    Feed(engine).add(low_accuracy(1))
    sent = [msgspec.json.encode(result(0, 0.1)), b"garbage", msgspec.json.encode(result(1, 0.95))]
    bus.producer().send_all([Outgoing("metric.results", b"k", value) for value in sent], timeout=30)
    stop, metrics = threading.Event(), Telemetry("alerting")
    workers = create_workers(Settings(), bus=bus, store=engine, stop=stop, metrics=metrics)
    assert set(workers) == {"loop", "relay"}
    threads = [threading.Thread(target=work, name=name) for name, work in workers.items()]
    for thread in threads:
        thread.start()
    watcher = bus.consumer(group=None, topics=["alert.events"])
    events: list[Record] = []
    while not events:
        events += watcher.poll(timeout=0.1, max_records=10)
    watcher.close()
    stop.set()
    for thread in threads:
        thread.join(30)
    told = msgspec.json.decode(events[-1].value, type=AlertEvent)
    assert (told.state, told.rule_name) == ("resolved", "accuracy too low")
    assert dict(events[-1].headers)["event_id"].decode() == told.id
    assert [entry.reason[:19] for entry in waiting(bus, "metric.results")] == ["not a metric result"]
    assert b'headwater_consumed_records_total{service="alerting",topic="metric.results"} 3.0' in metrics.render()
    bus.close()


def test_the_relay_empties_the_outbox(engine: sa.Engine, tmp_path: Path) -> None:
    bus = EmbeddedBus(tmp_path / "log", fsync=False)
    create_all(bus, embedded=True)
    feed = Feed(engine)
    feed.add(low_accuracy(1))
    feed.take(result(0, 0.1))
    relay = create_relay(bus=bus, store=engine)
    assert [relay.relay(), relay.relay()] == [1, 0]
    assert feed.told() == []
    bus.close()


def test_the_store_of_a_new_folder_is_laid_at_start(tmp_path: Path) -> None:
    engine = open_store(Settings(data_dir=str(tmp_path)))
    Feed(engine).add(low_accuracy())
    engine.dispose()
    assert (tmp_path / "alerting.db").exists()


def test_a_notifier_is_wired_only_where_a_receiver_is_set(engine: sa.Engine) -> None:
    metrics = Telemetry("alerting")
    assert create_notifier(Settings(), store=engine, metrics=metrics) is None
    heard = Settings(webhook_url=Secret("http://127.0.0.1:1/hook"))
    assert create_notifier(heard, store=engine, metrics=metrics) is not None
