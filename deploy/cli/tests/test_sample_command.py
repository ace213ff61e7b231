"""An installation stores the progress of its sample story."""

from datetime import date
from pathlib import Path

from headwater.cli.commands.sample import Story, read_story, write_story
from headwater.embedded.data_dir import DataDir


def test_an_installation_remembers_its_story(tmp_path: Path) -> None:
    story = Story(date(2026, 3, 1), "complete")
    data = DataDir(tmp_path)
    assert read_story(data) is None
    write_story(data, story)
    assert read_story(data) == story
    data.story.write_text("{")
    assert read_story(data) is None
