"""Moments."""

import contextlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.contracts.times import format_instant, parse_instant, utc_now

NOON = 1772366400000000


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01T12:00:00Z",
        "2026-03-01T12:00:00",
        "2026-03-01 12:00:00.000000Z",
        "2026-03-01t12:00z",
        "2026-03-01T13:00:00+01:00",
        "2026-03-01T17:30:00+0530",
        "2026-03-01T04:00:00-08",
        " 2026-03-01T12:00:00,0Z ",
    ],
)
def test_one_moment_has_many_spellings_and_no_zone_means_utc(text: str) -> None:
    assert parse_instant(text) == NOON


def test_digits_past_the_microsecond_are_cut() -> None:
    assert parse_instant("2026-03-01T12:00:00.123456999Z") == NOON + 123456
    assert parse_instant("2026-03-01T12:00:00.5Z") == NOON + 500000


@pytest.mark.parametrize(
    "text", ["", "now", "2026-03-01", "1772366400", "2026-02-30T00:00:00Z", "2026-03-01T25:00:00Z"]
)
def test_what_is_not_a_moment_is_refused_with_a_message(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a timestamp|is not a valid date"):
        parse_instant(text)


@given(st.text())
def test_no_text_raises_anything_but_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        parse_instant(text)


@given(
    st.datetimes(min_value=datetime(1000, 1, 1), max_value=datetime(9990, 1, 1)),  # noqa: DTZ001  the zone is drawn beside it
    st.integers(-14 * 60, 14 * 60),
)
def test_parsing_agrees_with_the_calendar(moment: datetime, minutes: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    micros = (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert parse_instant(aware.isoformat()) == micros


@given(st.integers(parse_instant("1000-01-02T00:00:00Z"), parse_instant("9999-12-30T00:00:00Z")))
def test_text_and_number_are_one_moment_and_text_order_is_time_order(micros: int) -> None:
    assert parse_instant(format_instant(micros)) == micros
    assert format_instant(micros) < format_instant(micros + 1)


def test_the_clock_counts_microseconds() -> None:
    assert format_instant(utc_now())[:2] == "20"
