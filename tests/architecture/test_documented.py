"""Every topic, setting, metric, problem type and permission is documented, and every route declares who may call it."""

import importlib
import re
from pathlib import Path

import pytest

from docs.generate import outdated
from docs.routes import routes
from headwater.contracts import known_lineage
from headwater.contracts.permissions import NAMES, PERMISSIONS
from headwater.contracts.problems import Problems
from headwater.contracts.topics import TOPICS
from headwater.embedded.configuration import VARIABLES, variables
from headwater.ingest_gateway.acceptance import NOTE_REASONS
from headwater.runtime.settings import describe
from headwater.runtime.telemetry import series as telemetry
from tests.architecture.sources import ROOT

SETTINGS = sorted(ROOT.glob("services/*/src/headwater/*/settings.py"))


def test_the_reference_pages_are_up_to_date() -> None:
    assert [file.name for file in outdated()] == [], "run `make generate`"


def test_every_topic_states_its_purpose() -> None:
    assert [topic.name for topic in TOPICS if not (topic.purpose.strip() and topic.key.strip())] == []


def test_every_metric_has_a_description() -> None:
    listed = [metric for metric in vars(telemetry).values() if isinstance(metric, telemetry.Metric)]
    assert listed
    assert [metric.name for metric in listed if not metric.help.strip()] == []


def test_every_metric_is_counted_somewhere() -> None:
    files = [file for part in ("services", "libs", "deploy") for file in ROOT.glob(f"{part}/*/src/**/*.py")]
    text = "\n".join(file.read_text() for file in files if file.name != "series.py")
    listed = [name for name, metric in vars(telemetry).items() if isinstance(metric, telemetry.Metric)]
    assert [name for name in listed if not re.search(rf"\b{name}\b", text)] == []


def test_every_reason_for_a_note_is_in_the_event_reference() -> None:
    page = (ROOT / "docs" / "reference" / "events.md").read_text()
    assert [reason for reason in NOTE_REASONS if f"| `{reason}` |" not in page] == []
    read = {*known_lineage.RUN, *known_lineage.JOB, *known_lineage.DATASET} - {"parentRun"}
    assert [facet for facet in sorted(read) if f"`{facet}`" not in page] == []


def test_every_problem_states_a_remedy() -> None:
    assert [problem for problem in Problems if not problem.value.about.strip()] == []


def test_every_permission_has_a_description() -> None:
    assert [permission.name for permission in PERMISSIONS if not permission.about.strip()] == []


@pytest.mark.parametrize("file", SETTINGS, ids=lambda file: file.parent.name)
def test_every_setting_has_a_description(file: Path) -> None:
    module = importlib.import_module(f"headwater.{file.parent.name}.settings")
    assert [setting.name for setting in describe(module.Settings) if not setting.about.strip()] == []


def test_every_variable_that_the_product_reads_is_documented_and_those_documented_are_read() -> None:
    files = [file for part in ("services", "libs", "deploy") for file in ROOT.glob(f"{part}/*/src/**/*.py")]
    text = "\n".join(file.read_text() for file in files if file.name != "configuration.py")
    read = set(re.findall(r"""environ(?:\.get\(|\[)["'](HEADWATER_\w+)""", text))
    assert read
    assert read - variables() == set()
    text += (ROOT / "deploy" / "compose" / "compose.yaml").read_text()
    assert [name for name in VARIABLES if name not in text] == []


def test_every_route_declares_a_known_permission_or_why_it_is_public() -> None:
    declared = routes()
    assert declared
    assert [r for r in declared if r.permission not in NAMES and not (r.permission == "" and r.why)] == []
