"""Data directories of earlier versions open in this one, with everything they hold.

Their credentials are published here and are used nowhere else. `python -m tests.compatibility NAME` makes one.
"""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.compatibility import story
from tests.integration.commands import succeeds
from tests.load import run_event
from tests.product import running

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(240)]
MADE = sorted(path.name.removesuffix(".tar.xz") for path in story.DATA.glob("*.tar.xz"))
OF_THE_GRAPH = ("lineage", "dataset", "runs")
"""What a rebuild restores whatever the age of the directory: other topics drop old records."""


def test_there_is_one() -> None:
    assert MADE


@pytest.mark.parametrize("name", MADE)
def test_a_directory_of_an_earlier_version_opens_with_all_it_holds(name: str, tmp_path: Path) -> None:
    with tarfile.open(story.DATA / f"{name}.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    directory = tmp_path / "data"
    expected: dict[str, Any] = json.loads((story.DATA / f"{name}.json").read_text())
    with running(directory, "--port", "0") as product:
        product.admin_password = story.PASSWORD
        found = story.answers(product)
        assert set(found["recorded"]) >= set(expected.pop("recorded"))
        assert {part: found[part] for part in expected} == expected
        product.post(story.LINEAGE, run_event("ship", "0190a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b", space=story.SPACE))
        after = {part: story.answers(product)[part] for part in OF_THE_GRAPH}
        assert len(after["runs"]) == len(expected["runs"]) + 1
    succeeds("rebuild", "graph", "--data-dir", directory)
    with running(directory, "--port", "0") as product:
        product.admin_password = story.PASSWORD
        rebuilt = story.answers(product)
    assert {part: rebuilt[part] for part in OF_THE_GRAPH} == after
