import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from structlog.contextvars import clear_contextvars

from headwater.bus.port import Record
from headwater.runtime.hosting.loop_lines import LoopLines
from headwater.runtime.logs import lines as logs
from headwater.runtime.logs.request_ids import GATHER_SECONDS, LONGEST_ID, MOST_IDS, GatheredWrites, listed

ROUTE = "/api/v1/things"


@pytest.fixture
def written() -> Callable[[], list[dict[str, Any]]]:
    stream = StringIO()
    clear_contextvars()  # from requests that other tests made on this thread
    logs.configure("example", stream=stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


class Gathering:
    """Collected writes whose clock and timers are moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.due: list[tuple[float, Callable[[], None]]] = []
        self.writes = GatheredWrites(
            logs.get_logger("example.access"),
            monotonic=lambda: self.now,
            later=lambda seconds, call: self.due.append((self.now + seconds, call)),
        )

    def gather(self, request_id: str) -> bool:
        return self.writes.gather("POST", ROUTE, 201, request_id)

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        due = [call for at, call in self.due if at <= self.now]
        self.due = [(at, call) for at, call in self.due if at > self.now]
        for call in due:
            call()


def record(offset: int, request_id: str | None) -> Record:
    headers = (("event_id", b"e"), *(() if request_id is None else (("request_id", request_id.encode()),)))
    return Record("lineage.events", 2, offset, None, b"{}", headers, 0)


def test_a_batch_has_one_line_with_the_requests_that_brought_it_each_once(
    written: Callable[[], list[dict[str, Any]]],
) -> None:
    ids = ["batch-0001"] * 3 + [None, "single-0001", "batch-0001"]
    LoopLines("example").applied([(record(i, name), object()) for i, name in enumerate(ids)])
    (line,) = written()
    assert (line["level"], line["event"], line["component"]) == ("info", "applied", "example.consumer")
    assert (line["records"], line["requests"]) == (6, ["batch-0001", "single-0001"])
    assert "left_out" not in line


def test_a_large_batch_has_several_lines_that_omit_no_request(written: Callable[[], list[dict[str, Any]]]) -> None:
    ids = [f"request-{number:04}" for number in range(2 * MOST_IDS + 1)]
    LoopLines("example").applied([(record(i, name), object()) for i, name in enumerate(ids)])
    lines = written()
    assert [line["records"] for line in lines] == [MOST_IDS, MOST_IDS, 1]
    assert [name for line in lines for name in line["requests"]] == ids
    assert not any("left_out" in line for line in lines)


def test_records_that_came_by_no_request_have_no_line(written: Callable[[], list[dict[str, Any]]]) -> None:
    LoopLines("example").applied([(record(0, None), object())])
    LoopLines("example").applied([])
    assert written() == []


def test_each_dead_letter_has_a_line_with_its_request(written: Callable[[], list[dict[str, Any]]]) -> None:
    LoopLines("example").dead_lettered([(record(7, "request-0007"), "not ours"), (record(8, None), "nor this")])
    first, second = written()
    assert (first["level"], first["event"], first["request_id"]) == ("warning", "dead_lettered", "request-0007")
    assert (first["topic"], first["partition"], first["offset"]) == ("lineage.events", 2, 7)
    assert (first["reason"], second["reason"], "request_id" in second) == ("not ours", "nor this", False)


def test_a_line_is_bounded_and_counts_what_it_omits() -> None:
    found = listed(f"request-{i}" for i in range(MOST_IDS + 5))
    assert (len(found["requests"]), found["left_out"]) == (MOST_IDS, 5)
    assert listed(["x" * 10_000]) == {"requests": ["x" * LONGEST_ID]}
    assert listed([]) == listed([""]) == {}


def test_a_write_after_a_quiet_second_gets_a_line_of_its_own() -> None:
    gathering = Gathering()
    assert not gathering.gather("request-0001")
    gathering.pass_time(GATHER_SECONDS)
    assert not gathering.gather("request-0002")
    assert gathering.due == []


def test_writes_that_follow_closely_share_a_line_a_second(written: Callable[[], list[dict[str, Any]]]) -> None:
    gathering = Gathering()
    gathering.gather("request-0001")
    ids = [f"request-1{i:03}" for i in range(50)]
    assert all(gathering.gather(name) for name in ids)
    assert written() == []
    gathering.pass_time(GATHER_SECONDS)
    (line,) = written()
    assert (line["event"], line["method"], line["route"], line["status"]) == ("requests", "POST", ROUTE, 201)
    assert line["requests"] == ids


def test_no_id_of_a_write_is_left_out_however_many_come_within_a_second(
    written: Callable[[], list[dict[str, Any]]],
) -> None:
    gathering = Gathering()
    ids = [f"request-{i:05}" for i in range(3 * MOST_IDS)]
    for name in ids[1:] if not gathering.gather(ids[0]) else ids:
        gathering.gather(name)
        gathering.pass_time(0)
    gathering.pass_time(GATHER_SECONDS)
    assert [name for line in written() for name in line["requests"]] == ids[1:]
    assert all("left_out" not in line for line in written())
