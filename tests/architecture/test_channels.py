"""A channel is a folder of `channels/` and an entry of `CHANNELS`; nothing else in alerting names one."""

import importlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.sources import ROOT

ALERTING = ROOT / "services/alerting/src/headwater/alerting"
FOLDER = ALERTING / "channels"
SUITES = ROOT / "tests/contract/channels"


def listed() -> list[Any]:
    """Imported only here, so that a list which cannot be imported fails the tests by name."""
    return list(importlib.import_module("headwater.alerting.channels").CHANNELS)


def folders(place: Path) -> set[str]:
    return {path.name for path in place.iterdir() if path.is_dir() and path.name != "__pycache__"}


def differences(place: Path, names: Iterable[str]) -> list[str]:
    """How the folders of `place` and the names of a list differ."""
    there, named = folders(place), set(names)
    return [
        *(f"{place.name}/{name} is not in CHANNELS" for name in sorted(there - named)),
        *(f"CHANNELS names {name}, and there is no {place.name}/{name}" for name in sorted(named - there)),
    ]


def test_every_folder_of_channels_is_in_the_list_and_the_reverse() -> None:
    channels = listed()
    assert differences(FOLDER, [channel.name for channel in channels]) == []
    package = "headwater.alerting.channels"
    elsewhere = [c.name for c in channels if not f"{c.settings.__module__}.".startswith(f"{package}.{c.name}.")]
    assert elsewhere == [], "their settings are not in their folders"
    assert len({channel.name for channel in channels}) == len(channels)


def test_every_channel_of_the_list_keeps_the_contract() -> None:
    contract = importlib.import_module("tests.contract.channels.contract").ChannelContract
    for suite in SUITES.glob("test_*.py"):
        importlib.import_module(f"tests.contract.channels.{suite.stem}")
    kept = {suite.channel.name for suite in contract.__subclasses__()}
    missing = [name for name in sorted(channel.name for channel in listed()) if name not in kept]
    assert missing == [], f"no subclass of ChannelContract in {SUITES.relative_to(ROOT)} is about them"


def test_nothing_outside_of_a_channels_folder_names_it_but_the_list() -> None:
    names = "|".join(sorted(folders(FOLDER)))
    named = re.compile(rf"\bchannels\.(?:{names})\b|\bchannels import .*\b(?:{names})\b")
    sources = [file for file in (ROOT / "services/alerting/src").rglob("*.py") if file != FOLDER / "__init__.py"]
    found = [
        str(file.relative_to(ROOT))
        for file in sources
        if not any(FOLDER / name in file.parents for name in folders(FOLDER)) and named.search(file.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    ("made", "names", "said"),
    [
        (["webhook"], ["webhook"], []),
        (["webhook", "pager"], ["webhook"], ["channels/pager is not in CHANNELS"]),
        (["webhook"], ["webhook", "pager"], ["CHANNELS names pager, and there is no channels/pager"]),
    ],
)
def test_folders_and_names_are_compared_both_ways(
    tmp_path: Path, made: list[str], names: list[str], said: list[str]
) -> None:
    for name in [*made, "__pycache__"]:
        (tmp_path / "channels" / name).mkdir(parents=True)
    assert differences(tmp_path / "channels", names) == said
