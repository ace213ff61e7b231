"""Thread pools for blocking work: each kind of request has its own, so that one kind never delays another."""

import queue
import threading
from collections.abc import Callable

from headwater.runtime.logs.lines import get_logger

WAITING_PER_THREAD = 32


class Lane:
    """`threads` threads and a bounded queue. `waiting`: its length; None: a multiple of the threads."""

    def __init__(self, name: str, threads: int, *, waiting: int | None = None) -> None:
        self.name, self._threads = name, threads
        self._most = threads + (threads * WAITING_PER_THREAD if waiting is None else waiting)
        self._tasks: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._under_way = 0

    def start(self) -> None:
        """Start all threads now: starting one later would block the caller."""
        for number in range(self._threads):
            threading.Thread(target=self._work, name=f"{self.name}-{number}", daemon=True).start()

    def take(self, task: Callable[[], object]) -> bool:
        """Run `task`, which must not raise, on a thread. False when the queue is full. Never blocks."""
        with self._lock:
            if self._under_way >= self._most:
                return False
            self._under_way += 1
        self._tasks.put(task)
        return True

    def close(self) -> None:
        """Let the threads end when they become free; does not wait for them."""
        for _ in range(self._threads):
            self._tasks.put(None)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            try:
                task()
            except Exception as error:
                get_logger("lanes").exception("task_failed", lane=self.name, exc_info=error)
            finally:
                with self._lock:
                    self._under_way -= 1
