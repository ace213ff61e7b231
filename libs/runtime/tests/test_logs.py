import errno
import json
import logging
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
import structlog

from headwater.runtime.logs import lines as logs
from headwater.runtime.logs.redaction import REDACTED

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    stream = StringIO()
    logs.configure("example", stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def test_each_line_is_one_object_with_time_level_event_and_service(lines: Lines) -> None:
    logs.get_logger("part").info("began", count=3)
    (line,) = lines()
    assert line["ts"].endswith("Z")
    assert {key: line[key] for key in ("level", "event", "service", "component", "count")} == {
        "level": "info",
        "event": "began",
        "service": "example",
        "component": "part",
        "count": 3,
    }


def test_ids_bound_to_the_work_at_hand_are_on_every_line_inside(lines: Lines) -> None:
    log = logs.get_logger("part")
    with logs.bind(event_id="e1", run_id="r1"):
        log.info("inside")
    log.info("outside")
    inside, outside = lines()
    assert (inside["event_id"], inside["run_id"]) == ("e1", "r1")
    assert "event_id" not in outside


@pytest.mark.parametrize(
    "given",
    [
        {"password": "hush-hush"},
        {"headers": {"Authorization": "hush-hush", "Cookie": "hush-hush"}},
        {"url": "postgresql://me:hush-hush@db/x"},
        {"text": "Bearer hush-hush"},
        {"text": "got hw_abcdefghijkl_hushhush00000000000000000000000000 here"},
        {"tokens": ["hush-hush"]},
        {"requests": ["request-1", "Bearer hush-hush", "request-2"]},
        {"mixed": [1, {"password": "hush-hush"}]},
        {"text": "eyJhbGciOiJub25lIn0.hushhush.hushhush"},
        {"error": ValueError("at redis://u:hush-hush@cache")},
    ],
)
def test_secrets_never_get_into_a_line(lines: Lines, given: dict[str, Any]) -> None:
    logs.get_logger("part").warning("careful", **given)
    text = json.dumps(lines())
    assert "hush" not in text
    assert REDACTED in text


def test_a_line_break_in_a_value_cannot_forge_a_line(lines: Lines) -> None:
    logs.get_logger("part").info("named", name='x\n{"event":"forged"}')
    assert [line["event"] for line in lines()] == ["named"]


def test_values_that_are_no_json_are_written_as_text(lines: Lines) -> None:
    logs.get_logger("part").info("odd", value=object(), broken="\ud800")
    (line,) = lines()
    assert "object" in line["value"]


def test_messages_of_standard_logging_are_logged_too(lines: Lines) -> None:
    logging.getLogger("library").warning("trouble at %s", "mill")
    try:
        raise RuntimeError("inner")
    except RuntimeError:
        logging.getLogger("library").exception("worse")
    first, second = lines()
    assert (first["event"], first["component"], first["level"]) == ("trouble at mill", "library", "warning")
    assert "inner" in second["exception"]


def test_a_level_that_does_not_exist_is_named() -> None:
    with pytest.raises(ValueError, match="LOUD"):
        logs.configure("example", level="LOUD")


class FullDisk(StringIO):
    """A log file that cannot be written for a while."""

    full = False

    def write(self, text: str) -> int:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(text)


def test_a_full_disk_costs_lines_of_the_log_and_nothing_else(lines: Lines) -> None:
    stream = FullDisk()
    logs.configure("s", stream=stream)
    log = logs.get_logger("c")
    log.info("first")
    stream.full = True
    log.info("lost")
    logging.getLogger("library").warning("lost too")
    stream.full = False
    log.info("last")
    events = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(event["event"], event.get("lines")) for event in events] == [
        ("first", None),
        ("log_lines_lost", 2),
        ("last", None),
    ]
