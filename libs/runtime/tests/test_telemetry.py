import re

import pytest
from prometheus_client import CollectorRegistry

from headwater.runtime import telemetry
from headwater.runtime.telemetry import METRICS, Kind, Telemetry

FORBIDDEN = {"dataset", "job", "run", "user", "model", "version", "path", "namespace", "subject", "error"}


def test_every_metric_follows_the_rules_of_names() -> None:
    names = [metric.name for metric in METRICS]
    assert len(names) == len(set(names))
    for metric in METRICS:
        assert re.fullmatch(r"headwater_[a-z0-9_]+", metric.name)
        assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER), metric.name
        assert metric.help.endswith("."), metric.name
        assert not FORBIDDEN & set(metric.labels), metric.name
        assert "service" not in metric.labels


def test_counts_gauges_and_histograms_are_rendered_with_their_service() -> None:
    metrics = Telemetry("example")
    metrics.inc(telemetry.DEAD_LETTERS, 2, topic="lineage.events")
    metrics.inc(telemetry.DEAD_LETTERS, topic="lineage.events")
    metrics.set(telemetry.OUTBOX_PENDING, 7)
    metrics.observe(telemetry.APPLY_SECONDS, 0.2)
    told = metrics.render().decode()
    assert 'headwater_dead_letters_total{service="example",topic="lineage.events"} 3.0' in told
    assert 'headwater_outbox_pending{service="example"} 7.0' in told
    assert 'headwater_batch_apply_seconds_count{service="example"} 1.0' in told


def test_services_of_one_process_share_a_registry() -> None:
    registry = CollectorRegistry()
    first, second = Telemetry("first", registry), Telemetry("second", registry)
    first.inc(telemetry.LOGINS, result="accepted")
    second.inc(telemetry.LOGINS, result="accepted")
    told = first.render().decode()
    assert told == second.render().decode()
    assert 'service="first"' in told
    assert 'service="second"' in told


def test_labels_may_come_in_any_order_and_must_be_the_listed_ones() -> None:
    metrics = Telemetry("example")
    metrics.inc(telemetry.HTTP_REQUESTS, method="GET", route="/", status="200")
    metrics.inc(telemetry.HTTP_REQUESTS, status="200", route="/", method="GET")
    assert 'method="GET",route="/",service="example",status="200"} 2.0' in metrics.render().decode()
    with pytest.raises(ValueError, match="label"):
        metrics.inc(telemetry.HTTP_REQUESTS, route="/")
