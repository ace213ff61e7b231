"""Every topic, setting, metric, problem type and permission is documented, and every route declares who may call it."""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from headwater.contracts.permissions import NAMES, PERMISSIONS
from headwater.contracts.problems import Problems
from headwater.contracts.topics import TOPICS
from headwater.runtime import metrics
from headwater.runtime.settings import describe
from tests.architecture.sources import ROOT

SETTINGS = sorted(ROOT.glob("services/*/src/headwater/*/settings.py"))


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    """docs/generate.py, which is a script and no package."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["generate"] = module
    spec.loader.exec_module(module)
    return module


def test_the_reference_pages_are_up_to_date(generator: ModuleType) -> None:
    assert generator.outdated() == [], "run `make generate`"


def test_every_topic_says_what_it_is_for() -> None:
    assert [topic.name for topic in TOPICS if not (topic.purpose.strip() and topic.key.strip())] == []


def test_every_metric_says_what_it_counts() -> None:
    listed = [metric for metric in vars(metrics).values() if isinstance(metric, metrics.Metric)]
    assert listed
    assert [metric.name for metric in listed if not metric.help.strip()] == []


def test_every_problem_says_what_to_do() -> None:
    assert [problem for problem in Problems if not problem.value.about.strip()] == []


def test_every_permission_says_what_it_allows() -> None:
    assert [permission.name for permission in PERMISSIONS if not permission.about.strip()] == []


@pytest.mark.parametrize("file", SETTINGS, ids=lambda file: file.parent.name)
def test_every_setting_says_what_it_means(file: Path) -> None:
    module = importlib.import_module(f"headwater.{file.parent.name}.settings")
    assert [setting.name for setting in describe(module.Settings) if not setting.about.strip()] == []


def test_every_route_declares_a_known_permission_or_why_it_is_public(generator: ModuleType) -> None:
    routes = generator.routes(ROOT)
    assert routes
    assert [r for r in routes if r.permission not in NAMES and not (r.permission == "" and r.why)] == []
