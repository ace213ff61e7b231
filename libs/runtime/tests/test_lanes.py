"""Threads by kind of work, and the memory that bodies share."""

import threading

import pytest

from headwater.runtime.web.bodies import Body, Gone, Memory
from headwater.runtime.web.lanes import Lane
from headwater.runtime.web.problem import Problem
from tests.patience import LONG


def test_a_lane_takes_as_much_as_may_wait_and_then_says_no() -> None:
    entered, release, done = threading.Semaphore(0), threading.Event(), threading.Semaphore(0)

    def task() -> None:
        entered.release()
        release.wait(LONG)
        done.release()

    lane = Lane("small", 2, waiting=1)
    lane.start()
    assert [lane.take(task) for _ in range(4)] == [True, True, True, False]
    assert entered.acquire(timeout=LONG)
    release.set()
    assert all(done.acquire(timeout=LONG) for _ in range(3))
    lane.close()


def test_a_task_that_fails_leaves_its_thread_to_the_next() -> None:
    done = threading.Event()
    lane = Lane("one", 1)
    lane.start()
    lane.take(lambda: 1 // 0)
    lane.take(done.set)
    assert done.wait(LONG)
    lane.close()


class Coming:
    """The caller's body, chunk by chunk."""

    def __init__(self, *pieces: bytes, leaves: bool = False) -> None:
        self._pieces, self._leaves = list(pieces), leaves

    async def __call__(self) -> object:
        if not self._pieces:
            return {"type": "http.disconnect"}
        piece = self._pieces.pop(0)
        more = bool(self._pieces) or self._leaves
        return {"type": "http.request", "body": piece, "more_body": more}


def run(coroutine: object) -> object:
    """A coroutine that waits for nothing."""
    try:
        coroutine.send(None)  # type: ignore[attr-defined]
    except StopIteration as done:
        found: object = done.value
        return found
    raise AssertionError("it waits")


CHUNKED = {"HTTP_TRANSFER_ENCODING": "chunked"}


def test_bodies_share_memory_and_give_it_back() -> None:
    memory = Memory(10)
    first = Body(CHUNKED, Coming(b"123", b"456"), memory)
    assert run(first.read()) == b"123456"
    second = Body(CHUNKED, Coming(b"123", b"456"), memory)
    with pytest.raises(Problem, match="being received") as refused:
        run(second.read())
    assert (refused.value.status, refused.value.headers["Retry-After"]) == (503, "1")
    second.release()
    first.release()
    assert run(Body(CHUNKED, Coming(b"1234567890"), memory).read()) == b"1234567890"


def test_a_caller_who_leaves_in_the_midst_of_the_body_has_gone() -> None:
    with pytest.raises(Gone):
        run(Body(CHUNKED, Coming(b"123", leaves=True), Memory()).read())


def test_what_still_comes_is_heard_out_unless_its_sender_waits_to_be_asked_or_it_is_huge() -> None:
    assert run(Body({"CONTENT_LENGTH": "3"}, Coming(b"123"), Memory()).discard()) is True
    assert run(Body({}, Coming(), Memory()).discard()) is True
    waits = {"CONTENT_LENGTH": "3", "HTTP_EXPECT": "100-continue"}
    assert run(Body(waits, Coming(b"123"), Memory()).discard()) is False
    assert run(Body({"CONTENT_LENGTH": "99000000"}, Coming(b"123"), Memory()).discard()) is False
