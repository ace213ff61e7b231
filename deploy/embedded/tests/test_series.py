import os
import re
from pathlib import Path

from headwater.embedded.series import OLDEST_SECONDS, merged, reader, writer
from headwater.runtime import telemetry
from headwater.runtime.telemetry import Telemetry


def test_the_series_of_two_processes_become_one_exposition() -> None:
    front, workers = Telemetry("api-gateway"), Telemetry("lineage-writer")
    for metrics in (front, workers):
        metrics.inc(telemetry.CONSUMER_RETRIES, reason="transient")
    workers.set(telemetry.ACTIVE_WRITER, 1)
    lines = merged(front.render(), workers.render()).decode().splitlines()
    assert sum(line.startswith("# TYPE headwater_consumer_retries_total ") for line in lines) == 1
    assert 'headwater_consumer_retries_total{reason="transient",service="api-gateway"} 1.0' in lines
    assert 'headwater_consumer_retries_total{reason="transient",service="lineage-writer"} 1.0' in lines
    assert 'headwater_active_writer{service="lineage-writer"} 1.0' in lines


def test_of_a_series_that_both_have_counts_are_added_and_the_last_gauge_stands() -> None:
    first, second = Telemetry("alerting"), Telemetry("alerting")
    for value, metrics in ((2, first), (7, second)):
        metrics.set(telemetry.ALERTS_FIRING, value, severity="warning")
        metrics.inc(telemetry.ALERT_EVALUATIONS, value, result="judged")
    lines = merged(first.render(), second.render()).decode().splitlines()
    found = [line for line in lines if re.match(r"headwater_alert(s_firing|_evaluations_total)\{", line)]
    assert found == [
        'headwater_alerts_firing{service="alerting",severity="warning"} 7.0',
        'headwater_alert_evaluations_total{result="judged",service="alerting"} 9.0',
    ]


def test_what_a_process_wrote_is_shown_until_it_is_too_old(tmp_path: Path) -> None:
    file = tmp_path / "workers.series"
    assert reader(file)() == b""
    metrics = Telemetry("lineage-writer")
    metrics.set(telemetry.ACTIVE_WRITER, 1)
    writer(metrics, file)()
    os.utime(file, (1_000, 1_000))
    assert b"headwater_active_writer{" in reader(file, clock=lambda: 1_000 + OLDEST_SECONDS)()
    assert reader(file, clock=lambda: 1_001 + OLDEST_SECONDS)() == b""
