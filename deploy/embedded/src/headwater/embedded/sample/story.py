"""What an installation knows of its sample story: the day on which it ends, and whether it is still there."""

from datetime import date
from typing import Literal

import msgspec

from headwater.embedded.data_dir import DataDir, write_private


class Story(msgspec.Struct, frozen=True):
    """`begun` when it may be told in part: telling it again, up to the same day, completes it."""

    today: date
    state: Literal["begun", "complete", "removed"]


def read_story(data: DataDir) -> Story | None:
    """None when it was never told here."""
    try:
        return msgspec.json.decode(data.story.read_bytes(), type=Story)
    except (OSError, msgspec.DecodeError):
        return None


def write_story(data: DataDir, story: Story) -> None:
    write_private(data.story, msgspec.json.encode(story).decode())
