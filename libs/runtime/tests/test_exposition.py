"""Series of several processes are merged into one text that Prometheus can read."""

import re

from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from headwater.runtime.telemetry import series as telemetry
from headwater.runtime.telemetry.exposition import merged
from headwater.runtime.telemetry.series import Telemetry


def test_a_family_that_two_processes_have_stands_once_with_the_samples_of_both() -> None:
    front, workers = Telemetry("auth", CollectorRegistry()), Telemetry("alerting", CollectorRegistry())
    front.inc(telemetry.HTTP_REQUESTS, 2, method="GET", route="/", status="200")
    front.inc(telemetry.LOGINS, result="ok")
    workers.inc(telemetry.HTTP_REQUESTS, 3, method="GET", route="/", status="200")
    workers.set(telemetry.ALERTS_FIRING, 1, severity="critical")
    text = merged([front.render(), workers.render()])
    families = list(text_string_to_metric_families(text.decode()))
    assert len(families) == len({family.name for family in families})
    found = {(s.name, s.labels["service"]): s.value for family in families for s in family.samples}
    assert found["headwater_http_requests_total", "auth"] == 2
    assert found["headwater_http_requests_total", "alerting"] == 3
    assert found["headwater_alerts_firing", "alerting"] == 1
    assert text.count(b"# TYPE headwater_http_requests_total ") == 1


def test_no_text_is_no_series() -> None:
    assert merged([]) == merged([b""]) == b""


def test_of_a_series_that_both_have_counts_are_added_and_the_last_gauge_stands() -> None:
    first, second = Telemetry("alerting"), Telemetry("alerting")
    for value, metrics in ((2, first), (7, second)):
        metrics.set(telemetry.ALERTS_FIRING, value, severity="warning")
        metrics.inc(telemetry.ALERT_EVALUATIONS, value, result="judged")
    lines = merged([first.render(), second.render()]).decode().splitlines()
    found = [line for line in lines if re.match(r"headwater_alert(s_firing|_evaluations_total)\{", line)]
    assert found == [
        'headwater_alerts_firing{service="alerting",severity="warning"} 7.0',
        'headwater_alert_evaluations_total{result="judged",service="alerting"} 9.0',
    ]
