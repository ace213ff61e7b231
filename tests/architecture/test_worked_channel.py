"""The channel that the developer guide adds works, and a guard fails when a part of the change is left out."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.architecture.scratch import check, python, scratch_copy
from tests.architecture.sources import ROOT

GUIDE = ROOT / "docs" / "developing.md"
FOLDER = "services/alerting/src/headwater/alerting/channels"
LIST, OWN, SUITE = f"{FOLDER}/__init__.py", f"{FOLDER}/file/__init__.py", "tests/contract/channels/test_channel_file.py"
GUARDS = ("tests/architecture/test_channels.py", "services/alerting/tests/test_channels.py")
PAGES = "tests/architecture/test_documented.py::test_the_reference_pages_are_up_to_date"


def worked_change() -> str:
    section = GUIDE.read_text().split("\n## Add a channel\n")[1].split("\n## ")[0]
    (change,) = re.findall(r"^```diff\n(.*?)^```$", section, flags=re.DOTALL | re.MULTILINE)
    return str(change)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return scratch_copy(tmp_path)


def apply(copy: Path, *, without: str = "") -> None:
    """Make the worked change in the copy, except for one of its files."""
    command = ["git", "apply", "--whitespace=nowarn", *([f"--exclude={without}"] if without else [])]
    done = subprocess.run(command, cwd=copy, input=worked_change(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_channel_touches_its_folder_its_suite_and_one_list() -> None:
    assert re.findall(r"^\+\+\+ b/(.*)$", worked_change(), flags=re.MULTILINE) == [LIST, OWN, SUITE]


def test_a_channel_needs_nothing_else(copy: Path) -> None:
    apply(copy)
    assert python(copy, "docs/generate.py") == (0, "")
    assert "`HEADWATER_FILE_PATH`" in (copy / "docs/reference/settings.md").read_text()
    code, output = check(copy, SUITE, PAGES, *GUARDS)
    assert code == 0, output


@pytest.mark.parametrize(
    ("part", "guard", "said"),
    [
        (LIST, "test_every_folder_of_channels_is_in_the_list_and_the_reverse", "channels/file is not in CHANNELS"),
        (OWN, "test_every_folder_of_channels_is_in_the_list_and_the_reverse", "cannot import name 'file'"),
        (SUITE, "test_every_channel_of_the_list_keeps_the_contract", "['file']"),
    ],
    ids=["the list", "the folder", "the suite"],
)
def test_leaving_out_a_part_fails_a_guard(copy: Path, part: str, guard: str, said: str) -> None:
    apply(copy, without=part)
    code, output = check(copy, GUARDS[0])
    assert code == 1, output
    assert f"::{guard}" in output
    assert said in output


def test_leaving_out_the_reference_pages_fails_a_guard(copy: Path) -> None:
    apply(copy)
    code, output = check(copy, PAGES)
    assert code == 1, output
    assert "test_the_reference_pages_are_up_to_date" in output
    assert "settings.md" in output
    assert "channels.md" in output
