"""Runs the generators that accept events and yield the records to append, on a thread or on an event loop. The runners
do not depend on HTTP, and the generators do not depend on the runners.
"""

import asyncio
import contextlib
from collections.abc import Generator, Sequence
from concurrent.futures import Future
from typing import NamedTuple, TypeVar

from headwater.bus.errors import BusError, Unavailable
from headwater.bus.port import Outgoing, Position, Producer

T = TypeVar("T")


class Append(NamedTuple):
    """Records to make durable within `timeout` seconds. The bus's errors are raised where this was yielded."""

    records: Sequence[Outgoing]
    timeout: float


Taking = Generator[Append, None, T]


def run(taking: Taking[T], producer: Producer) -> T:
    """Run on this thread, which waits for the log."""
    try:
        wanted = next(taking)
        while True:
            try:
                producer.send_all(wanted.records, timeout=wanted.timeout)
            except BusError as error:
                wanted = taking.throw(error)
            else:
                wanted = taking.send(None)
    except StopIteration as done:
        found: T = done.value
        return found


async def run_on_loop(taking: Taking[T], producer: Producer) -> T:
    """Run on the event loop, which serves other requests while the log commits."""
    try:
        wanted = next(taking)
        while True:
            try:
                await _appended(producer, wanted)
            except BusError as error:
                wanted = taking.throw(error)
            else:
                wanted = taking.send(None)
    except StopIteration as done:
        found: T = done.value
        return found
    finally:
        taking.close()


async def _appended(producer: Producer, wanted: Append) -> None:
    waiting = [_settling(producer.send(record)) for record in wanted.records]
    try:
        async with asyncio.timeout(wanted.timeout):
            for sent in waiting:
                await sent
    except TimeoutError:
        raise Unavailable(f"not on disk after {wanted.timeout:g} s") from None


def _settling(sent: "Future[Position]") -> "asyncio.Future[None]":
    """Resolves on the loop when `sent` does, and never cancels it: queued records will be written."""
    loop = asyncio.get_running_loop()
    waiter: asyncio.Future[None] = loop.create_future()

    def settle() -> None:
        if waiter.done():
            return
        error = sent.exception()
        if error is None:
            waiter.set_result(None)
        else:
            waiter.set_exception(error)

    def settled(done: "Future[Position]") -> None:
        with contextlib.suppress(RuntimeError):  # the loop has closed meanwhile
            loop.call_soon_threadsafe(settle)

    sent.add_done_callback(settled)
    return waiter
