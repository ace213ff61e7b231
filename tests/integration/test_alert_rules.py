"""Prometheus and Alertmanager check our files, and the series that the product serves."""

import subprocess
from pathlib import Path

import pytest
import requests
import yaml

from headwater.local.monitoring.rendering import GENERATED, ROUTES, RULES, routes, scaled, scraping
from tests.architecture.sources import ROOT
from tests.integration.bad_events import LINEAGE, run_event
from tests.product import Product

pytestmark = pytest.mark.embedded
PROMETHEUS = ROOT / "deploy" / "prometheus"
CASES = PROMETHEUS / "tests" / "headwater.yml"


def succeeds(*command: str | Path, given: str | None = None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, input=given, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout + done.stderr


def test_each_rule_fires_and_is_quiet_when_it_should() -> None:
    succeeds("promtool", "check", "rules", GENERATED[RULES])
    succeeds("promtool", "test", "rules", CASES)
    rules = yaml.safe_load(GENERATED[RULES].read_text())["groups"][0]["rules"]
    cases = [case for test in yaml.safe_load(CASES.read_text())["tests"] for case in test["alert_rule_test"]]
    for rule in rules:
        expected = {"exp_alerts" in case for case in cases if case["alertname"] == rule["alert"]}
        assert expected == {True, False}, f"{rule['alert']} needs a case in which it fires and one in which it does not"


def test_both_programs_take_their_settings(tmp_path: Path) -> None:
    for settings in ("prometheus.yml", "embedded.yml"):
        succeeds("promtool", "check", "config", PROMETHEUS / settings)
    succeeds("amtool", "check-config", GENERATED[ROUTES])
    for factor in (1.0, 1 / 60, 0.013):
        (tmp_path / "rules.yml").write_text(scaled(RULES.read_text(), factor))
        (tmp_path / "targets.json").write_text("[]")
        (tmp_path / "prometheus.yml").write_text(
            scraping(tmp_path / "rules.yml", tmp_path / "targets.json", "127.0.0.1:9", factor)
        )
        (tmp_path / "alertmanager.yml").write_text(routes(factor, webhook="http://127.0.0.1:9/"))
        succeeds("promtool", "check", "config", tmp_path / "prometheus.yml")
        succeeds("amtool", "check-config", tmp_path / "alertmanager.yml")


def test_the_series_of_the_product_follow_the_rules_of_prometheus(product: Product) -> None:
    succeeds("promtool", "check", "metrics", given=requests.get(f"{product.url}/metrics", timeout=20).text)


def test_every_counter_is_there_before_it_counts(product: Product) -> None:
    before = counters(product)
    product.post(LINEAGE, run_event()).raise_for_status()
    product.post(LINEAGE, {"eventType": "odd"})
    product.login()
    assert counters(product) == before


def counters(product: Product) -> set[str]:
    """The counters except those of requests, which have many statuses and routes."""
    shown = requests.get(f"{product.url}/metrics", timeout=20).text.splitlines()
    names = {line.split()[2] for line in shown if line.startswith("# TYPE ") and line.endswith(" counter")}
    names -= {"headwater_http_requests_total"}
    return {line.rpartition(" ")[0] for line in shown if line.partition("{")[0] in names}
