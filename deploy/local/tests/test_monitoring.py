import json
from pathlib import Path

import pytest

from headwater.local.monitoring.programs import Installed, monitoring
from headwater.local.monitoring.rendering import GENERATED, routes, scaled

INSTALLED = Installed(Path("/bin/prometheus"), Path("/bin/alertmanager"))


@pytest.mark.parametrize(
    ("written", "factor", "read"),
    [
        ("for: <1m>", 1, "for: 1m"),
        ("rate(x[<5m>])", 1 / 60, "rate(x[5s])"),
        ("<4h>", 1 / 60, "4m"),
        ("<15s>", 1 / 60, "250ms"),
        ("<1s>", 1e-9, "1ms"),
        ("> <600 seconds>", 1, "> 600"),
        ("> <30 seconds>", 1 / 60, "> 0.5"),
        ("a < 2 * b", 1 / 60, "a < 2 * b"),
    ],
)
def test_times_in_angle_brackets_are_multiplied_and_nothing_else_is(written: str, factor: float, read: str) -> None:
    assert scaled(written, factor) == read


@pytest.mark.parametrize("template", GENERATED, ids=lambda template: template.name)
def test_what_is_checked_in_is_what_its_template_makes(template: Path) -> None:
    assert GENERATED[template].read_text() == scaled(template.read_text(), 1.0), "run `make generate`"


def test_prometheus_scrapes_its_targets_and_alerts_alertmanager(tmp_path: Path) -> None:
    ports = iter((1001, 1002))
    made = monitoring(INSTALLED, tmp_path, {"auth": "127.0.0.1:1"}, port=lambda: next(ports), logs=tmp_path)
    assert [program.name for program in made] == ["alertmanager", "prometheus"]
    assert [program.ready_url for program in made] == ["http://127.0.0.1:1001/-/ready", "http://127.0.0.1:1002/-/ready"]
    listed = json.loads((tmp_path / "targets.json").read_text())
    assert listed == [{"targets": ["127.0.0.1:1"], "labels": {"program": "auth"}}]
    assert 'targets: ["127.0.0.1:1001"]' in (tmp_path / "prometheus.yml").read_text()


def test_receivers_that_an_operator_wrote_stay(tmp_path: Path) -> None:
    (tmp_path / "alertmanager.yml").write_text("mine")
    monitoring(INSTALLED, tmp_path, {}, port=lambda: 1, logs=tmp_path)
    assert (tmp_path / "alertmanager.yml").read_text() == "mine"
    assert "webhook_configs" in routes(webhook="http://127.0.0.1:9/")
