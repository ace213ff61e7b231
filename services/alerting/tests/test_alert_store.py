"""The same on SQLite and on PostgreSQL."""

import threading

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from headwater.alerting import database, pages, store, tables
from headwater.bus.errors import Poison, Transient
from headwater.bus.port import Record
from headwater.contracts.identity import ALL, Visible
from headwater.contracts.metrics import Slice
from headwater.contracts.predictions import ModelRef

from .results import DAY, HOUR, MODEL_ID, SOURCE, Feed, low_accuracy, result


def test_the_migrations_lay_exactly_the_tables_that_the_code_names(both: sa.Engine) -> None:
    with database.reading(both) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


def test_migrating_again_changes_nothing(engine: sa.Engine) -> None:
    Feed(engine).add(low_accuracy())
    database.DATABASE.migrate(engine)
    with database.reading(engine) as connection:
        assert store.rule(connection, "r1") == low_accuracy()


def test_results_that_breach_become_an_alert_an_event_and_a_notification(both: sa.Engine) -> None:
    feed = Feed(both)
    feed.add(low_accuracy())
    feed.take(result(0, 0.9), result(1, 0.7))
    assert [alert.state for alert in feed.alerts()] == ["pending"]
    feed.take(result(2, 0.6))
    (alert,) = feed.alerts()
    assert (alert.state, alert.version, alert.value, alert.since) == ("firing", "3", 0.6, 3 * DAY)
    feed.take(result(3, 0.95))
    (alert,) = feed.alerts()
    assert feed.history(alert) == [("pending", 1, "holds"), ("firing", 2, "holds"), ("resolved", 3, "holds")]
    assert feed.told() == [("pending", "3"), ("firing", "3"), ("resolved", "3")]
    assert feed.waiting() == ["resolved"]  # the older one is superseded


def test_each_version_has_an_alert_of_its_own(both: sa.Engine) -> None:
    feed = Feed(both)
    feed.add(low_accuracy(1))
    feed.take(result(0, 0.7, version="1"), result(0, 0.9, version="2"), result(1, 0.9, version="1"))
    assert {alert.version: alert.state for alert in feed.alerts()} == {"1": "resolved"}


def test_a_revision_that_takes_the_breach_back_resolves_and_a_later_one_fires_again(both: sa.Engine) -> None:
    feed = Feed(both)
    feed.add(low_accuracy(1))
    for revision, accuracy in ((1, 0.7), (2, 0.9), (3, 0.6)):
        feed.take(result(0, accuracy, revision=revision))
    assert feed.told() == [("firing", "3"), ("resolved", "3"), ("firing", "3")]
    with database.reading(both) as connection:
        assert len({row.id for row in store.pending(connection, 10)}) == 3
    (alert,) = feed.alerts()
    assert (alert.state, alert.value) == ("firing", 0.6)
    assert feed.history(alert) == [("firing", 0, "taken_back"), ("resolved", 0, "correction"), ("firing", 0, "holds")]


def test_a_breach_whose_value_becomes_undefined_is_resolved(engine: sa.Engine) -> None:
    feed = Feed(engine)
    feed.add(low_accuracy(1))
    feed.take(result(0, 0.7))
    feed.take(result(0, None, revision=2))
    assert feed.told() == [("firing", "3"), ("resolved", "3")]
    (alert,) = feed.alerts()
    assert alert.state == "resolved"
    assert feed.history(alert) == [("firing", 0, "taken_back"), ("resolved", 0, "correction")]


def test_a_reported_value_neither_raises_nor_clears_an_alert_on_the_computed_metric(both: sa.Engine) -> None:
    feed = Feed(both)
    feed.add(low_accuracy(1))
    feed.take(result(0, 0.1, source="reported"))
    assert feed.alerts() == []
    feed.take(result(0, 0.5), result(0, 0.99, source="reported", revision=9), result(1, 0.99, source="reported"))
    (alert,) = feed.alerts()
    assert (alert.state, alert.value) == ("firing", 0.5)
    assert feed.told() == [("firing", "3")]


def test_a_rule_on_reported_values_judges_these_alone(both: sa.Engine) -> None:
    feed = Feed(both)
    feed.add(low_accuracy(1, source="reported"))
    feed.take(result(0, 0.1), result(0, 0.9, source="reported"))
    assert feed.alerts() == []
    feed.take(result(1, 0.9), result(1, 0.1, source="reported"))
    assert [alert.state for alert in feed.alerts()] == ["firing"]


def test_a_window_is_judged_when_it_has_closed_though_no_result_comes(both: sa.Engine) -> None:
    feed = Feed(both, now=DAY)
    feed.add(low_accuracy(1))
    feed.take(result(0, 0.1))
    assert feed.tick(DAY + HOUR - 1) == 0
    assert feed.alerts() == []
    assert feed.tick(DAY + HOUR) == 1
    assert [alert.state for alert in feed.alerts()] == ["firing"]
    assert feed.tick(9 * DAY) == 0
    assert feed.told() == [("firing", "3")]


def test_a_window_of_few_rows_does_not_clear_an_alert(both: sa.Engine) -> None:
    feed = Feed(both)
    feed.add(low_accuracy(1))
    feed.take(result(0, 0.1), result(1, 0.9, rows=29))
    assert [(alert.state, alert.value) for alert in feed.alerts()] == [("firing", 0.1)]
    feed.take(result(1, 0.9, rows=30, revision=2))
    assert [alert.state for alert in feed.alerts()] == ["resolved"]


def test_windows_that_open_again_take_back_what_they_decided(engine: sa.Engine) -> None:
    feed = Feed(engine, now=400 * DAY)  # a clock that was wrong
    feed.add(low_accuracy(1))
    feed.take(result(0, 0.1))
    feed.tick(DAY)
    (alert,) = feed.alerts()
    assert alert.state == "resolved"
    feed.tick(2 * DAY)
    assert [alert.state for alert in feed.alerts()] == ["firing"]


def test_slices_other_models_and_other_metrics_are_not_judged(both: sa.Engine) -> None:
    feed = Feed(both)
    feed.add(low_accuracy(1))
    feed.add(low_accuracy(1, id="r2", name="recall", metric="recall"))
    feed.take(result(0, 0.1, of=Slice("country", "de")), result(0, 0.1, model=ModelRef("shop", "fraud")))
    assert feed.told() == []


def test_offsets_move_with_the_batch_and_never_back(both: sa.Engine) -> None:
    feed = Feed(both)
    assert feed.handler.positions() == {}
    feed.take(result(0, 0.9), result(1, 0.9))
    feed.handler.handle([], {SOURCE: 1})
    assert feed.handler.positions() == {SOURCE: 2}


def test_a_batch_that_fails_leaves_nothing_behind(both: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = Feed(both)
    feed.add(low_accuracy(1))

    def broken(*_: object) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr("headwater.runtime.storage.offsets.advance", broken)
    with pytest.raises(RuntimeError):
        feed.take(result(0, 0.1))
    assert (feed.alerts(), feed.told(), feed.waiting()) == ([], [], [])


def test_a_record_that_is_no_result_is_poison(engine: sa.Engine) -> None:
    feed = Feed(engine)
    for value in (b"{}", b"\xff\x00", b"[1]"):
        with pytest.raises(Poison, match="not a metric result"):
            feed.handler.decode(Record(*SOURCE, 0, None, value, (), 0))


def test_dropping_a_rule_resolves_what_it_had_set_off(both: sa.Engine) -> None:
    feed = Feed(both)
    feed.add(low_accuracy(1))
    feed.take(result(0, 0.1, version="1"), result(0, 0.9, version="2"))
    with database.writing(both) as connection:
        feed.judge.end(connection, low_accuracy(1), now=5)
    assert feed.told() == [("firing", "1"), ("resolved", "1")]
    assert feed.alerts() == []
    with database.reading(both) as connection:
        assert store.rules_for(connection, [MODEL_ID]) == []


def test_nobody_is_notified_where_nobody_listens(engine: sa.Engine) -> None:
    feed = Feed(engine, channels=())
    feed.add(low_accuracy(1))
    feed.take(result(0, 0.1))
    assert feed.waiting() == []
    assert feed.told() == [("firing", "3")]


def test_each_channel_has_a_queue_of_its_own(both: sa.Engine) -> None:
    feed = Feed(both, channels=("webhook", "example"))
    feed.add(low_accuracy(1))
    feed.take(result(0, 0.1))
    assert (feed.waiting("webhook"), feed.waiting("example")) == (["firing"], ["firing"])
    Feed(both, channels=("example",)).take(result(1, 0.9))
    assert (feed.waiting("webhook"), feed.waiting("example")) == (["firing"], ["resolved"])


def test_a_database_that_is_away_is_transient() -> None:
    engine = database.DATABASE.connect("sqlite:////nowhere/at/all.db")
    with pytest.raises(Transient):
        database.check(engine)
    engine.dispose()


@pytest.mark.servers
def test_a_rule_made_while_results_come_misses_none_of_them(postgres_engine: sa.Engine) -> None:
    feed = Feed(postgres_engine)
    rule = low_accuracy(1)

    def results() -> None:
        for day in range(30):
            feed.take(result(day, 0.1, version=str(day)))

    thread = threading.Thread(target=results)
    thread.start()
    with database.writing(postgres_engine) as connection:
        assert store.add_rule(connection, rule, created_at=1)
        feed.judge.begin(connection, rule, now=feed.now)
    thread.join()
    assert len(feed.alerts()) == 30


@pytest.mark.servers
def test_a_lost_connection_is_transient_and_the_next_batch_finds_a_new_one(postgres_engine: sa.Engine) -> None:
    feed = Feed(postgres_engine)
    with pytest.raises(Transient), database.writing(postgres_engine) as connection:
        connection.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))
    feed.take(result(0, 0.9))
    assert feed.handler.positions() == {SOURCE: 1}


def test_the_furthest_places_of_a_page_are_answered(both: sa.Engine) -> None:
    with database.writing(both) as connection:
        store.add_rule(connection, low_accuracy(), created_at=5)
        for at, count in ((-(2**63), 1), (2**63 - 1, 0)):
            assert len(pages.rule_page(connection, ALL, model=None, after=(at, "~"), limit=9)) == count
            assert pages.alert_page(connection, ALL, model=None, state=None, after=(at, "~"), limit=9) == []


def test_pages_hold_what_the_prefixes_cover(both: sa.Engine) -> None:
    with database.writing(both) as connection:
        for space in ("shop", "shop/eu", "shop.eu", "shopping", "Shop", "shop-eu"):
            rule = low_accuracy(id=space, model=ModelRef(space, "churn"))
            store.add_rule(connection, rule, created_at=5)
        for prefixes in (("shop",), ("shop", "shop/"), ("shop-",), ("none",), ()):
            visible = Visible(prefixes=prefixes)
            found = pages.rule_page(connection, visible, model=None, after=None, limit=9)
            expected = {r for r in ("shop", "shop/eu", "shop.eu", "shopping", "Shop", "shop-eu") if visible.allows(r)}
            assert {rule.model.namespace for _, rule in found} == expected
