import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from headwater.alerting import database, tables
from headwater.alerting.channels.port import Delivered, Delivery, Notification, Rejected, Retry
from headwater.alerting.notify import Notifier
from headwater.bus.errors import Transient

from .results import DAY, Feed, low_accuracy, result

SECOND = 1_000_000


class Example:
    """A channel that answers as configured and records what it was given."""

    timeout = 1.0

    def __init__(self, answer: Delivery | None = None) -> None:
        self.answer = answer or Delivered()
        self.sent: list[Notification] = []
        self.then: Callable[[], object] = lambda: None

    def send(self, notification: Notification) -> Delivery:
        self.sent.append(notification)
        self.then()
        return self.answer

    def states(self) -> list[str]:
        return [notification.event.state for notification in self.sent]


class Clock:
    def __init__(self) -> None:
        self.now = 1_000 * DAY

    def __call__(self) -> int:
        return self.now


def fired(engine: sa.Engine, *channels: str) -> Feed:
    feed = Feed(engine, channels=channels or ("example",))
    feed.add(low_accuracy(1))
    feed.take(result(0, 0.25))
    return feed


def statuses(engine: sa.Engine) -> list[tuple[str, int]]:
    with database.reading(engine) as connection:
        table = tables.notifications
        rows = connection.execute(sa.select(table.c.status, table.c.attempts).order_by(table.c.sequence))
        return [(row.status, row.attempts) for row in rows]


def errors(engine: sa.Engine) -> list[str | None]:
    with database.reading(engine) as connection:
        return list(connection.execute(sa.select(tables.notifications.c.error)).scalars())


def test_what_is_delivered_is_sent_once_with_the_address_of_the_dashboard(engine: sa.Engine) -> None:
    fired(engine)
    channel, counted = Example(), list[str]()
    notifier = Notifier(engine, "example", channel, external_url="https://hw.example", counted=counted.append)
    assert [notifier.send_due(), notifier.send_due()] == [1, 0]
    ((event, external_url),) = channel.sent
    assert (event.rule_name, event.state, external_url) == ("accuracy too low", "firing", "https://hw.example")
    assert (statuses(engine), errors(engine), counted) == ([("sent", 1)], [None], ["sent"])


def test_what_may_succeed_later_is_tried_again_after_a_pause(engine: sa.Engine) -> None:
    fired(engine)
    clock, channel, counted = Clock(), Example(Retry("busy")), list[str]()
    notifier = Notifier(engine, "example", channel, clock=clock, counted=counted.append)
    assert [notifier.send_due(), notifier.send_due()] == [1, 0]
    assert (statuses(engine), errors(engine)) == ([("waiting", 1)], ["busy"])
    channel.answer = Delivered()
    clock.now += 2 * SECOND
    assert notifier.send_due() == 1
    assert (statuses(engine), errors(engine), counted) == ([("sent", 2)], [None], ["retried", "sent"])


def test_a_receiver_that_asks_for_time_gets_it_up_to_the_longest_pause(engine: sa.Engine) -> None:
    fired(engine)
    clock, channel = Clock(), Example(Retry("busy", after=60.0))
    notifier = Notifier(engine, "example", channel, clock=clock)
    assert notifier.send_due() == 1
    clock.now += 59 * SECOND
    assert notifier.send_due() == 0
    channel.answer = Retry("busy", after=1e9)
    clock.now += SECOND
    assert notifier.send_due() == 1
    clock.now += 900 * SECOND
    assert notifier.send_due() == 1


def test_what_can_never_be_delivered_is_given_up_at_once(engine: sa.Engine) -> None:
    fired(engine)
    counted = list[str]()
    notifier = Notifier(engine, "example", Example(Rejected("x" * 1_000)), counted=counted.append)
    assert [notifier.send_due(), notifier.send_due()] == [1, 0]
    assert (statuses(engine), errors(engine), counted) == ([("failed", 1)], ["x" * 500], ["failed"])


def test_after_many_attempts_it_is_given_up_and_kept_as_history(engine: sa.Engine) -> None:
    fired(engine)
    clock = Clock()
    notifier = Notifier(engine, "example", Example(Retry("no")), clock=clock)
    while notifier.send_due():
        clock.now += DAY
    assert (statuses(engine), errors(engine)) == ([("failed", 20)], ["no"])


def test_what_a_newer_state_overtook_is_never_sent(engine: sa.Engine) -> None:
    feed = fired(engine)
    feed.take(result(1, 0.9))
    channel = Example()
    Notifier(engine, "example", channel, clock=Clock()).send_due()
    assert channel.states() == ["resolved"]
    assert statuses(engine) == [("superseded", 0), ("sent", 1)]


def test_a_channel_that_fails_does_not_make_another_one_send_again(engine: sa.Engine) -> None:
    fired(engine, "example", "other")
    clock, failing, other = Clock(), Example(Retry("no")), Example()
    notifiers = [Notifier(engine, "example", failing, clock=clock), Notifier(engine, "other", other, clock=clock)]
    for _ in range(3):
        for notifier in notifiers:
            notifier.send_due()
        clock.now += 60 * SECOND
    assert (failing.states(), other.states()) == (["firing"] * 3, ["firing"])
    assert statuses(engine) == [("waiting", 3), ("sent", 1)]


def test_the_running_notifier_ends_at_the_signal(engine: sa.Engine) -> None:
    fired(engine)
    stop, channel = threading.Event(), Example()
    channel.then = stop.set
    notifier = Notifier(engine, "example", channel, clock=Clock(), stop=stop)
    thread = threading.Thread(target=notifier.run, kwargs={"period": 0.001})
    thread.start()
    thread.join(30)
    assert not thread.is_alive()
    assert statuses(engine) == [("sent", 1)]


def test_what_cannot_be_recorded_is_not_sent_again_and_again(engine: sa.Engine) -> None:
    fired(engine)
    channel = Example()
    notifier = Notifier(engine, "example", channel)
    refused = [True]
    sa.event.listen(engine, "begin", lambda connection: _set_read_only(connection, refused[0]))
    with pytest.raises(Transient):
        notifier.send_due()
    assert channel.sent == []
    refused[0] = False
    assert notifier.send_due() == 1
    assert len(channel.sent) == 1
    assert statuses(engine) == [("sent", 1)]


def _set_read_only(connection: sa.Connection, refused: bool) -> None:
    connection.exec_driver_sql(f"PRAGMA query_only={int(refused)}")
