import threading

import msgspec
import pytest

from headwater.contracts.identity import IdentityChanges
from headwater.runtime.identity.feed import EMPTY, HttpIdentityFeed, LocalIdentityFeed, merged

from .issuing import SERVICE_TOKEN, made_key, revoked, state, subject


class Ticks:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_changes_are_merged_into_what_is_known() -> None:
    first, second = made_key("ingest:write").record, made_key("ingest:write").record
    held = merged(EMPTY, state([first], [subject("ada")], cursor=1))
    held = merged(held, state([second, revoked(first)], [subject("ada", epoch=2)], cursor=3))
    assert {key.id: key.revoked for key in held.keys} == {first.id: True, second.id: False}
    assert [(record.subject, record.epoch) for record in held.subjects] == [("ada", 2)]


def test_nothing_new_leaves_the_very_same_state() -> None:
    held = state(cursor=5)
    assert merged(held, state([], [], cursor=5)) is held


def test_a_cursor_that_went_back_means_another_database() -> None:
    assert merged(state(cursor=9), state([], [], cursor=2)) is EMPTY


def test_a_local_feed_polls_once_a_second_and_keeps_the_last_state_when_auth_fails() -> None:
    ticks = Ticks()
    asked: list[IdentityChanges | Exception] = [state(cursor=1), OSError("away"), state(cursor=2)]

    def snapshot() -> IdentityChanges:
        told = asked.pop(0)
        if isinstance(told, Exception):
            raise told
        return told

    feed = LocalIdentityFeed(snapshot, monotonic=ticks)
    first = feed.current()
    assert feed.current() is first
    assert feed.age() == 0.0
    ticks.now += 1.0
    assert feed.current() is first
    assert feed.age() == 1.0
    ticks.now += 0.1
    feed.poll_now()
    assert feed.current().cursor == 2
    assert feed.age() == 0.0


class Database:
    """A state that is committed to, and the number of reads."""

    def __init__(self) -> None:
        self.commits, self.asked = 1, 0
        self.away = False

    def committed(self) -> int:
        if self.away:
            raise OSError("away")
        return self.commits

    def snapshot(self) -> IdentityChanges:
        self.asked += 1
        if self.away:
            raise OSError("away")
        return state(cursor=self.commits)


def test_a_local_feed_that_sees_commits_has_them_at_once_and_reads_nothing_else() -> None:
    ticks, database = Ticks(), Database()
    feed = LocalIdentityFeed(database.snapshot, committed=database.committed, monotonic=ticks)
    assert feed.current().cursor == 1
    database.commits = 2
    assert feed.current().cursor == 2
    assert database.asked == 2
    for _ in range(1000):  # a flood of unknown keys
        assert feed.current().cursor == 2
        feed.poll_now()
    assert database.asked == 2
    database.commits = 3
    assert feed.current().cursor == 3
    ticks.now += 1.0
    assert feed.age() == 0.0


def test_a_local_feed_polls_a_failing_database_once_per_interval() -> None:
    ticks, database = Ticks(), Database()
    feed = LocalIdentityFeed(database.snapshot, committed=database.committed, monotonic=ticks)
    feed.current()
    database.away = True
    for seconds in (1.0, 0.5, 0.5):
        ticks.now += seconds
        for _ in range(10):
            assert feed.current().cursor == 1
            feed.poll_now()
    assert database.asked == 3
    assert feed.age() == 2.0
    database.away = False
    database.commits = 2
    assert feed.current().cursor == 2


def test_a_commit_while_the_question_is_answered_is_noticed_by_the_next() -> None:
    database = Database()

    def snapshot() -> IdentityChanges:
        answered = database.snapshot()
        database.commits = 2
        return answered

    feed = LocalIdentityFeed(snapshot, committed=database.committed, monotonic=Ticks())
    assert feed.current().cursor == 1
    assert feed.current().cursor == 2


@pytest.mark.timeout(10)
def test_nobody_uses_the_old_state_while_a_commit_is_being_read() -> None:
    database = Database()
    reading, read = threading.Event(), threading.Event()

    def snapshot() -> IdentityChanges:
        if database.commits == 2:
            reading.set()
            read.wait()
        return database.snapshot()

    feed = LocalIdentityFeed(snapshot, committed=database.committed, monotonic=Ticks())
    assert feed.current().cursor == 1
    database.commits = 2
    found: list[int] = []
    callers = [threading.Thread(target=lambda: found.append(feed.current().cursor)) for _ in range(3)]
    callers[0].start()
    reading.wait()
    for caller in callers[1:]:
        caller.start()
    read.set()
    for caller in callers:
        caller.join()
    assert found == [2, 2, 2]
    assert database.asked == 2


def test_an_http_feed_is_polled_twice_a_second_at_most_whatever_is_shown() -> None:
    ticks, asked = Ticks(), []

    def fetch(since: int, uses: dict[str, int]) -> bytes:
        asked.append(ticks.now)
        return msgspec.json.encode(state(cursor=len(asked)))

    feed = HttpIdentityFeed("http://auth", SERVICE_TOKEN, interval=3600.0, monotonic=ticks, fetch=fetch)
    for _ in range(100):
        ticks.now += 0.05
        feed.poll_now()
    feed.close()
    assert 2 <= len(asked) <= 12


def test_an_http_feed_polls_for_changes_and_reports_its_age() -> None:
    ticks, asked = Ticks(), []
    answers: list[bytes | Exception] = [
        msgspec.json.encode(state(cursor=4)),
        OSError("away"),
        b"not json",
        msgspec.json.encode(state([], [], cursor=6)),
    ]

    def fetch(since: int, uses: dict[str, int]) -> bytes:
        asked.append((since, uses))
        told = answers.pop(0)
        if isinstance(told, Exception):
            raise told
        return told

    feed = HttpIdentityFeed("http://auth", SERVICE_TOKEN, monotonic=ticks, fetch=fetch, start=False)
    assert feed.age() == float("inf")
    assert feed.current() is EMPTY
    feed.poll()
    assert feed.age() == 0.0
    feed.used("k", 9)
    for _ in range(2):
        ticks.now += 2.0
        feed.poll()
    assert feed.age() == 4.0
    assert feed.current().cursor == 4
    feed.poll()
    assert feed.age() == 0.0
    assert [record.subject for record in feed.current().subjects] == ["ada"]
    assert asked == [(0, {}), (4, {"k": 9}), (4, {"k": 9}), (4, {"k": 9})]


def test_an_http_feed_that_is_polled_now_answers_when_the_next_round_is_done() -> None:
    cursors = iter(range(1, 1000))
    feed = HttpIdentityFeed(
        "http://auth",
        SERVICE_TOKEN,
        interval=3600.0,
        fetch=lambda since, uses: msgspec.json.encode(state(cursor=next(cursors))),
    )
    while feed.current().cursor < 1:
        pass
    before = feed.current().cursor
    feed.poll_now()
    assert feed.current().cursor > before
    feed.close()


def test_what_auth_has_signed_is_polled_for_again_however_recent_the_last_poll(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("headwater.runtime.identity.feed.POLL_NOW_SECONDS", 0.05)
    cursors = iter(range(1, 1000))
    feed = HttpIdentityFeed(
        "http://auth",
        SERVICE_TOKEN,
        interval=3600.0,
        monotonic=Ticks(),
        fetch=lambda since, uses: msgspec.json.encode(state(cursor=next(cursors))),
    )
    feed.poll_now()
    first = feed.current().cursor
    feed.poll_now()
    assert feed.current().cursor == first
    for more in (1, 2):
        feed.poll_now(proven=True)
        assert feed.current().cursor == first + more
    feed.close()


def test_a_local_feed_polls_at_once_for_what_auth_has_signed() -> None:
    database = Database()
    feed = LocalIdentityFeed(database.snapshot, monotonic=Ticks())
    assert feed.current().cursor == 1
    database.commits = 2
    feed.poll_now()
    assert feed.current().cursor == 1
    feed.poll_now(proven=True)
    assert feed.current().cursor == 2


def test_concurrent_callers_with_a_new_key_wait_for_a_poll_sent_after_its_creation() -> None:
    known, made = [1], threading.Event()
    asking = threading.Event()

    def fetch(since: int, uses: dict[str, int]) -> bytes:
        told = msgspec.json.encode(state(cursor=known[-1]))
        asking.set()
        made.wait()
        return told

    feed = HttpIdentityFeed("http://auth", SERVICE_TOKEN, interval=3600.0, fetch=fetch)
    asking.wait()
    known.append(2)  # while an older request is in flight
    found: list[int] = []

    def show() -> None:
        feed.poll_now()
        found.append(feed.current().cursor)

    callers = [threading.Thread(target=show) for _ in range(3)]
    for caller in callers:
        caller.start()
    made.set()
    for caller in callers:
        caller.join()
    feed.close()
    assert found == [2, 2, 2]


def test_a_feed_learns_of_changes_without_polling() -> None:
    database = Database()
    feed = LocalIdentityFeed(database.snapshot, committed=database.committed, monotonic=Ticks())
    feed.current()
    assert feed.is_current()
    database.commits += 1
    assert not feed.is_current()
    assert database.asked == 1
    feed.current()
    assert feed.is_current()
