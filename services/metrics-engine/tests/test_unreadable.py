"""States of a newer version, or damaged ones: recomputed, refused with one reason, or shown as unreadable."""

from typing import Any

import pytest
import sqlalchemy as sa

from headwater.bus.errors import Poison
from headwater.metrics_engine import queries
from headwater.metrics_engine import tables as t
from headwater.metrics_engine.database import reading

NEWER = "of version 9, this program reads up to 1: use a newer version"


def newer(state: bytes) -> bytes:
    return b"\x09" + state[1:]


def damaged(state: bytes) -> bytes:
    return state[:-1] + bytes([state[-1] ^ 1])


@pytest.fixture(params=[newer, damaged])
def spoil(request: pytest.FixtureRequest, engine: sa.Engine) -> Any:
    """Damages the states of windows with this start."""

    def act(start: int = 0) -> bytes:
        here = t.windows.c.window_start == start
        with engine.begin() as connection:
            found: bytes = request.param(connection.execute(sa.select(t.windows.c.state).where(here)).scalar_one())
            connection.execute(t.windows.update().where(here).values(state=found))
        return found

    return act


def state(engine: sa.Engine, start: int = 0) -> bytes:
    with engine.begin() as connection:
        found: bytes = connection.execute(
            sa.select(t.windows.c.state).where(t.windows.c.window_start == start)
        ).scalar_one()
    return found


def forget_rows(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(t.samples.delete())


def two_windows(feed: Any, say: Any) -> None:
    feed.take(say.registered(), say.prediction("p1"), say.prediction("p2"), say.label("p1"))
    feed.take(say.prediction("q1", at=say.day), say.label("q1", at=say.day))


def test_a_window_that_cannot_be_read_is_made_anew_from_its_rows(feed: Any, say: Any, spoil: Any) -> None:
    two_windows(feed, say)
    spoil()
    feed.take(say.label("p2", "no"), say.prediction("p3"), say.label("p3", "yes"))
    value = feed.value("accuracy")
    assert (value["value"], value["n"], value["labelled"]) == (pytest.approx(2 / 3), 3, 3)
    feed.take(say.label("p3", "no", at=5))
    assert feed.value("accuracy")["value"] == pytest.approx(1 / 3)


def test_where_its_rows_are_gone_its_records_are_poison_and_all_others_go_on(
    engine: sa.Engine, feed: Any, say: Any, spoil: Any
) -> None:
    two_windows(feed, say)
    forget_rows(engine)
    spoiled = spoil()
    with pytest.raises(Poison, match="of the 3 rows of this window 1 are kept, too few to recompute it") as refused:
        feed.take(say.prediction("p9"))
    assert NEWER in refused.value.reason or "damaged" in refused.value.reason
    assert state(engine) == spoiled  # a newer version may be able to read it
    feed.take(say.prediction("q2", at=say.day), say.label("q2", "no", at=say.day))
    assert feed.value("accuracy", start=say.day)["value"] == 0.5
    assert feed.value("accuracy")["value"] == 1.0  # as it was published


def test_a_revision_that_is_due_of_a_window_that_cannot_be_read_says_so_and_the_others_are_published(
    engine: sa.Engine, feed_of: Any, say: Any, spoil: Any
) -> None:
    feed = feed_of(engine, revision_seconds=1.0)
    two_windows(feed, say)
    feed.take(say.label("p2"), say.prediction("q2", at=say.day))
    forget_rows(engine)
    spoil()
    feed.clock.now += 5_000_000
    assert feed.handler.publish_due() == 2
    value = feed.value("accuracy")
    assert (value["value"], value["reason"], value["n"]) == (None, "unreadable", 2)
    assert feed.value("accuracy", start=say.day)["n"] == 2
    with reading(engine) as connection:
        [(key,)] = connection.execute(sa.select(t.models.c.key)).all()
        model = queries.model(connection, key)
        assert model is not None
        asked = queries.Asked("computed", "accuracy", None, None, None, None, 10)
        shown = [(point.window_start, point.reason) for point in queries.series(connection, model, asked).points]
    assert shown == [("1970-01-01T00:00:00.000000Z", "unreadable"), ("1970-01-02T00:00:00.000000Z", None)]


def test_a_revision_that_is_due_is_made_from_the_rows_while_they_are_kept(
    engine: sa.Engine, feed_of: Any, say: Any, spoil: Any
) -> None:
    feed = feed_of(engine, revision_seconds=1.0)
    two_windows(feed, say)
    feed.take(say.label("p2"))
    spoil()
    feed.clock.now += 5_000_000
    feed.handler.publish_due()
    assert (feed.value("accuracy")["value"], feed.value("accuracy")["labelled"]) == (1.0, 2)


@pytest.mark.parametrize("body", [b"\xff", b"{}", b'{"prediction":{"task":"binary","class":"yes"},"codec":2}'])
def test_a_row_that_cannot_be_read_is_poison_to_its_own_record_alone(
    engine: sa.Engine, feed: Any, say: Any, body: bytes
) -> None:
    two_windows(feed, say)
    with engine.begin() as connection:
        connection.execute(t.samples.update().where(t.samples.c.prediction_id == "p1").values(body=body))
    with pytest.raises(Poison, match="a stored prediction cannot be read"):
        feed.take(say.label("p1", "no", at=7))
    feed.take(say.label("p2", "no"))
    assert feed.value("accuracy")["value"] == 0.5


@pytest.mark.parametrize("profile", [b"\xff", b'{"task":"binary","window_seconds":86400,"codec":2}'])
def test_a_profile_that_cannot_be_read_is_derived_anew(engine: sa.Engine, feed: Any, say: Any, profile: bytes) -> None:
    two_windows(feed, say)
    with engine.begin() as connection:
        connection.execute(t.versions.update().values(profile=profile))
    feed.take(say.label("p2", "no"))
    assert feed.value("accuracy")["value"] == 0.5


def test_a_reported_value_that_cannot_be_read_is_replaced_by_the_next(engine: sa.Engine, feed: Any, say: Any) -> None:
    report = {"type": "metric", "model": say.model(), "version": "1", "metric": "auc", "value": 0.8, "n": 40}
    report |= {"window_start": 0, "window_end": say.day}
    feed.take(report)
    with engine.begin() as connection:
        connection.execute(t.windows.update().values(state=b"\x00", dirty=True))
    feed.clock.now += 1
    assert feed.handler.publish_due() == 1
    assert feed.value("auc")["reason"] == "unreadable"
    feed.take({**report, "value": 0.9})
    assert feed.value("auc")["value"] == 0.9
