"""Services in the embedded product: bound to the data directory, and to the settings that apply to them."""

from collections.abc import Iterator, Mapping

import pytest

from headwater.alerting.app import Firing
from headwater.bus.embedded import EmbeddedBus
from headwater.bus.topics import create_all
from headwater.contracts.storage import Damaged
from headwater.embedded.data_dir import DataDir, write_private
from headwater.embedded.hosting import Process, settings_of
from headwater.embedded.services import ALERTING, LINEAGE_WRITER, METRICS_ENGINE, SERVICES
from headwater.embedded.start import StartOptions
from headwater.graph.sqlite import EmbeddedGraph
from headwater.runtime.hosting.host import compose, make_workers
from headwater.runtime.hosting.service import Service, Worker
from headwater.runtime.stop import StopSignal
from headwater.runtime.telemetry.series import Telemetry
from headwater.runtime.web.forward import Upstreams

URL = "http://127.0.0.1:8080"


@pytest.fixture
def process(data: DataDir) -> Iterator[Process]:
    bus = EmbeddedBus(data.bus, fsync=False)
    create_all(bus, embedded=True)
    graph = EmbeddedGraph(data.graph)
    graph.ensure_schema()
    graph.close()
    options = StartOptions(data_dir=str(data.root), start="s", url=URL, public_url=URL, socket=0)
    yield Process(options, bus, StopSignal())
    bus.close()


def _ended(workers: Mapping[str, Worker], process: Process) -> set[str]:
    """Their names, once they have started and received the stop signal."""
    process.stop.set()
    for worker in workers.values():
        worker.run()
    return set(workers)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_service_finds_its_needs_in_the_data_directory(process: Process, service: Service) -> None:
    parts = process.bind(service)
    parts.add(Upstreams, Upstreams())
    compose(service, parts)
    for check in parts.checks.values():
        check()
    assert _ended(make_workers(service, parts), process) or not service.workers
    parts.close()


def test_a_database_that_was_set_up_and_is_missing_is_not_created_again(process: Process, data: DataDir) -> None:
    write_private(data.set_up, "s")
    with pytest.raises(Damaged, match=r"alerting\.db"):
        process.bind(ALERTING)


def test_settings_of_the_environment_count(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"WEBHOOK_URL": "http://127.0.0.1:1/", "WINDOW_SECONDS": "3600", "KEPT_DAYS": "7"}.items():
        monkeypatch.setenv(f"HEADWATER_{name}", value)
    alerting = compose(ALERTING, process.bind(ALERTING))
    assert "webhook notifier" in _ended(make_workers(ALERTING, alerting), process)
    engine = settings_of(METRICS_ENGINE, process.options)
    assert (engine.window_seconds, engine.kept_days) == (3600, 7)  # type: ignore[attr-defined]
    alerting.close()


def test_defaults_of_this_mode_give_way_to_settings(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings_of(LINEAGE_WRITER, process.options).batch_records == 4_000  # type: ignore[attr-defined]
    assert settings_of(ALERTING, process.options).external_url == URL  # type: ignore[attr-defined]
    monkeypatch.setenv("HEADWATER_BATCH_RECORDS", "10")
    monkeypatch.setenv("HEADWATER_EXTERNAL_URL", "https://hw.example")
    assert settings_of(LINEAGE_WRITER, process.options).batch_records == 10  # type: ignore[attr-defined]
    assert settings_of(ALERTING, process.options).external_url == "https://hw.example"  # type: ignore[attr-defined]


def test_the_series_of_hosted_services_are_those_that_the_process_answers_with(process: Process) -> None:
    front = Telemetry("front")
    process = Process(process.options, process.bus, process.stop, registry=front.registry)
    parts = compose(ALERTING, process.bind(ALERTING))
    parts.get(Firing).show()
    assert b'headwater_alerts_firing{service="alerting",severity="critical"} 0.0' in front.render()
    parts.close()
