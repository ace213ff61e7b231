"""Pure: the files that Prometheus and Alertmanager read, their times multiplied by one factor."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

DEPLOY = Path(__file__).resolve().parents[5]
RULES = DEPLOY / "prometheus" / "headwater.rules.template"
ROUTES = DEPLOY / "alertmanager" / "alertmanager.yml.template"
GENERATED: Mapping[Path, Path] = {
    RULES: DEPLOY / "prometheus" / "rules" / "headwater.yml",
    ROUTES: DEPLOY / "alertmanager" / "alertmanager.yml",
}
"""What is checked in for compose, with factor 1, by its template."""

_MILLISECONDS = {"s": 1_000, "m": 60_000, "h": 3_600_000}
_TIME = re.compile(r"<(\d+)(s|m|h)>")
_SECONDS = re.compile(r"<(\d+) seconds>")
SCRAPE_SECONDS = 15
LEAST_SCRAPE_SECONDS = 1.0
"""However short the times of the rules are: a scrape must be over before the next."""


def scaled(text: str, factor: float) -> str:
    """`text` with `<5m>` as a duration and `<300 seconds>` as a number, each times `factor`."""
    text = _TIME.sub(lambda found: _duration(int(found[1]) * _MILLISECONDS[found[2]] * factor), text)
    return _SECONDS.sub(lambda found: f"{int(found[1]) * factor:g}", text)


def _duration(milliseconds: float) -> str:
    whole = max(1, round(milliseconds))
    for unit, size in sorted(_MILLISECONDS.items(), key=lambda item: -item[1]):
        if whole % size == 0:
            return f"{whole // size}{unit}"
    return f"{whole}ms"


def routes(factor: float = 1.0, *, webhook: str | None = None) -> str:
    """The settings of Alertmanager. webhook: an address that hears of each alert when it fires and when it ends."""
    text = scaled(ROUTES.read_text(), factor)
    return text if webhook is None else f'{text}    webhook_configs: [{{url: "{webhook}", send_resolved: true}}]\n'


def scraping(rules: Path, targets: Path, alertmanager: str, factor: float = 1.0) -> str:
    """The settings of a Prometheus that scrapes what `targets` lists, and tells an Alertmanager at `host:port`."""
    scrape = _duration(max(LEAST_SCRAPE_SECONDS, SCRAPE_SECONDS * factor) * 1_000)
    return scaled(
        f"""\
global: {{scrape_interval: {scrape}, scrape_timeout: {scrape}, evaluation_interval: <{SCRAPE_SECONDS}s>}}
rule_files: ["{rules}"]
alerting:
  alertmanagers:
    - static_configs: [{{targets: ["{alertmanager}"]}}]
scrape_configs:
  - job_name: headwater
    file_sd_configs: [{{files: ["{targets}"]}}]
""",
        factor,
    )


def target_list(targets: Mapping[str, str]) -> Sequence[Mapping[str, object]]:
    """What a file of targets holds: addresses by the name of the program that answers there."""
    return [{"targets": [address], "labels": {"program": name}} for name, address in targets.items()]
