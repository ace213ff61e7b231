"""Cursors round-trip, and nothing else is accepted."""

import base64
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.contracts.cursors import LONGEST, CursorOf, CursorRefused, RowId, Whole

RUNS = CursorOf("runs", tuple[Whole, RowId])
PLACES = st.tuples(st.integers(-(2**63), 2**63 - 1), st.text(alphabet="az09-_:", min_size=1, max_size=64))


def packed(value: Any) -> str:
    raw = value if isinstance(value, bytes) else msgspec.json.encode(value)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@given(PLACES, st.text(max_size=20) | st.none())
def test_a_cursor_goes_round(place: tuple[int, str], job: str | None) -> None:
    text = RUNS.write(place, job, None)
    assert len(text) <= LONGEST
    assert RUNS.read(text, job, None) == place


def test_no_cursor_is_the_first_page() -> None:
    assert RUNS.read(None) is None


@given(st.text(max_size=400) | st.binary(max_size=300).map(packed))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(CursorRefused):
        RUNS.read(text)


GOOD = RUNS.write((5, "row"), "job")
DIGEST = msgspec.json.decode(base64.urlsafe_b64decode(GOOD + "=="))[1]


@pytest.mark.parametrize(
    "place",
    [
        [2**63, "row"],
        [-(2**63) - 1, "row"],
        [10**400, "row"],
        [1.0, "row"],
        [1e30, "row"],
        [True, "row"],
        [None, "row"],
        ["1", "row"],
        [1, 1],
        [1, ""],
        [1, "a\0"],
        [1, "é"],
        [1, "a" * 65],
        [1],
        [1, "row", 1],
        {},
        None,
        b'[1,"%s",[NaN,"row"]]' % DIGEST.encode(),
        b'[1,"%s",[1,"\\ud800"]]' % DIGEST.encode(),
        b'[1,"%s",[1,"row"] ]' % DIGEST.encode(),
        b'[1,"%s",[01,"row"]]' % DIGEST.encode(),
        b"[" * 200,
        b"\xff\xfe",
    ],
    ids=lambda place: repr(place)[:40],
)
def test_a_forged_place_is_refused(place: Any) -> None:
    with pytest.raises(CursorRefused):
        RUNS.read(packed(place if isinstance(place, bytes) else [1, DIGEST, place]), "job")


def test_a_cursor_of_another_version_list_or_filter_is_refused() -> None:
    assert RUNS.read(GOOD, "job") == (5, "row")
    for text, filters in (
        (packed([2, DIGEST, [5, "row"]]), ("job",)),
        (CursorOf("alerts", tuple[Whole, RowId]).write((5, "row"), "job"), ("job",)),
        (GOOD, ("another job",)),
        (GOOD, (None,)),
        (GOOD, ()),
        (GOOD + "=", ("job",)),
        (GOOD + "A", ("job",)),
        (GOOD[:-1], ("job",)),
        ("", ("job",)),
    ):
        with pytest.raises(CursorRefused):
            RUNS.read(text, *filters)
