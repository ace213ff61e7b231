"""Generated files agree with the contracts."""

from pathlib import Path

import pytest
import yaml

from headwater.contracts import generate, messages
from headwater.contracts.topics import TOPICS

ROOT = Path(__file__).parents[1]


def test_what_is_checked_in_is_what_would_be_generated() -> None:
    assert generate.differences(ROOT) == []


def test_a_stale_file_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stale = {ROOT / "asyncapi.yaml": b"other", ROOT / "schemas/none.json": b"{}"}
    monkeypatch.setattr(generate, "generated", lambda root: stale)
    assert generate.differences(ROOT) == ["asyncapi.yaml", "schemas/none.json"]
    assert generate.main(["--check"]) == 1
    assert generate.main(["--chekc"]) == 2


def test_every_topic_has_a_channel_a_message_and_a_schema() -> None:
    document = yaml.safe_load((ROOT / "asyncapi.yaml").read_text())
    assert document["asyncapi"] == "3.0.0"
    assert {channel["address"] for channel in document["channels"].values()} == {topic.name for topic in TOPICS}
    assert set(messages.MESSAGES) == {topic.name for topic in TOPICS}
    for channel in document["channels"].values():
        assert (ROOT / channel["messages"]["event"]["payload"]["$ref"]).is_file()


def test_every_operation_names_a_channel_that_exists() -> None:
    document = messages.asyncapi(TOPICS)
    for operation in document["operations"].values():
        assert operation["channel"]["$ref"].removeprefix("#/channels/") in document["channels"]
