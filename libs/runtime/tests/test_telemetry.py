import re

import pytest
from prometheus_client import CollectorRegistry

from headwater.runtime.telemetry import series as telemetry
from headwater.runtime.telemetry.series import METRICS, Kind, Telemetry

FORBIDDEN = {"dataset", "job", "run", "user", "model", "path", "namespace", "subject", "error"}


def test_every_metric_follows_the_rules_of_names() -> None:
    names = [metric.name for metric in METRICS]
    assert len(names) == len(set(names))
    for metric in METRICS:
        assert re.fullmatch(r"headwater_[a-z0-9_]+", metric.name)
        assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER), metric.name
        assert metric.help.endswith("."), metric.name
        assert not FORBIDDEN & set(metric.labels), metric.name
        assert "version" not in metric.labels or metric is telemetry.BUILD_INFO  # of the product, never of a model
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


def test_a_metric_begins_at_0_for_each_combination_of_its_labels() -> None:
    metrics = Telemetry("example")
    metrics.start(telemetry.PERIODIC_RUNS, task=["trim", "expire"])
    metrics.start(telemetry.OUTBOX_PENDING)
    told = metrics.render().decode().splitlines()
    for task in ("trim", "expire"):
        for result in ("ok", "failed"):
            labels = f'result="{result}",service="example",task="{task}"'
            assert f"headwater_periodic_runs_total{{{labels}}} 0.0" in told
    assert 'headwater_outbox_pending{service="example"} 0.0' in told


def test_beginning_at_0_needs_the_values_of_every_label() -> None:
    with pytest.raises(KeyError, match="task"):
        Telemetry("example").start(telemetry.PERIODIC_RUNS)


def test_a_service_may_know_the_values_that_the_list_leaves_open() -> None:
    metrics = Telemetry("example")
    metrics.start(telemetry.NOTIFICATIONS.of(channel=("carrier", "drum")))
    assert 'channel="drum",result="failed",service="example"} 0.0' in metrics.render().decode()
    metrics.inc(telemetry.NOTIFICATIONS, channel="drum", result="failed")
    assert 'channel="drum",result="failed",service="example"} 1.0' in metrics.render().decode()


def test_the_series_of_another_service_of_the_process_are_rendered_too() -> None:
    metrics = Telemetry("first")
    metrics.of("second").set(telemetry.OUTBOX_PENDING, 1)
    assert 'headwater_outbox_pending{service="second"} 1.0' in metrics.render().decode()


def test_what_extends_a_registry_is_rendered_by_all_who_share_it() -> None:
    metrics = Telemetry("first")
    metrics.extend(lambda own: own + b"more")
    assert metrics.of("second").render().endswith(b"more")
