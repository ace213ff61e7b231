"""Turns wait for futures on one thread."""

from concurrent.futures import Future
from functools import partial

import pytest

from headwater.runtime.turns import Turns, in_turn, result


@pytest.fixture
def woken() -> list[str]:
    return []


@pytest.fixture
def turns(woken: list[str]) -> Turns:
    return Turns(lambda: woken.append("woken"), at_once=2)


def test_while_one_waits_the_next_begins_and_each_goes_on_with_its_own_answer(turns: Turns) -> None:
    asked: list[Future[str]] = [Future(), Future()]
    told: list[str] = []
    for future in asked:
        turns.add(lambda future=future: told.append(result(future, 10)))  # type: ignore[misc]
    turns.take()
    assert told == []
    asked[1].set_result("second")
    asked[0].set_result("first")
    turns.take()
    assert told == ["second", "first"]


def test_the_thread_is_woken_once_for_all_that_can_go_on(turns: Turns, woken: list[str]) -> None:
    futures: list[Future[None]] = [Future(), Future()]
    for future in futures:
        turns.add(lambda future=future: result(future, 10))  # type: ignore[misc]
    turns.take()
    for future in futures:
        future.set_result(None)
    assert woken == ["woken"]


def test_what_is_done_already_or_failed_is_told_as_by_the_future_itself(turns: Turns) -> None:
    failed: Future[None] = Future()
    seen: list[str] = []

    def turn() -> None:
        done: Future[str] = Future()
        done.set_result("at once")
        seen.append(result(done, 10))
        with pytest.raises(ValueError, match="away"):
            result(failed, 10)
        seen.append("failed")

    turns.add(turn)
    turns.take()
    failed.set_exception(ValueError("away"))
    turns.take()
    assert seen == ["at once", "failed"]


def test_a_turn_waits_no_longer_than_it_said_and_a_late_answer_does_no_harm(turns: Turns) -> None:
    never: Future[None] = Future()
    seen: list[str] = []

    def turn() -> None:
        with pytest.raises(TimeoutError):
            result(never, 0)
        seen.append("gave up")

    turns.add(turn)
    turns.take()
    turns.take()
    never.set_result(None)
    turns.take()
    assert seen == ["gave up"]


def test_no_more_than_so_many_wait_at_once(turns: Turns) -> None:
    futures: list[Future[int]] = [Future() for _ in range(3)]
    begun: list[int] = []

    def turn(number: int) -> None:
        begun.append(number)
        result(futures[number], 10)

    for number in range(3):
        turns.add(partial(turn, number))
    turns.take()
    assert begun == [0, 1]
    futures[0].set_result(0)
    turns.take()
    assert begun == [0, 1, 2]


def test_outside_of_turns_the_caller_blocks(turns: Turns) -> None:
    done: Future[int] = Future()
    done.set_result(1)
    assert (in_turn(), turns.here, result(done, 0)) == (False, True, 1)
    with pytest.raises(TimeoutError):
        result(Future(), 0)
