"""Password hashes: argon2id by passlib, and nothing else. The only module that uses passlib.

passlib is unmaintained since 2020; these few lines are all that would change with another library.
"""

import os
import threading
import time
import unicodedata
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from headwater.contracts.problems import Problems
from headwater.runtime.web.problem import Problem

MEMORY_KIB = 47_104
PASSES = 1
LONGEST = 1024


class Argon2:
    """Hashes and verifies, `at_once` at a time: more than the number of cores only increases the latency of all."""

    def __init__(self, *, memory_kib: int, passes: int, at_once: int, observe: Callable[[float], None]) -> None:
        self._cost = memory_kib, passes
        self._loading = threading.Lock()
        self._loaded: Any = None
        self._cores = threading.BoundedSemaphore(at_once)
        self._observe = observe
        self._decoy_lock = threading.Lock()
        self._decoy: str | None = None

    def hash(self, password: str) -> str:
        with self._core():
            made: str = self._context.hash(normal(password))
            return made

    def verify(self, password: str, stored: str | None) -> tuple[bool, str | None]:
        """Whether the password is right, and the better hash to store instead, if any.

        stored None (no such user) does the same work and is never right.
        """
        right_size = len(password) <= LONGEST and "\0" not in password
        offered = normal(password) if right_size else "-"
        against = stored if stored is not None else self._decoy_hash()
        with self._core():
            right, better = self._context.verify_and_update(offered, against)
        if not right or not right_size or stored is None:
            return False, None
        return True, better

    def _decoy_hash(self) -> str:
        with self._decoy_lock:
            if self._decoy is None:
                self._decoy = self.hash(os.urandom(16).hex())
            return self._decoy

    @property
    def _context(self) -> Any:
        """Loaded at its first use: of the programs that keep accounts, not all hash."""
        with self._loading:
            if self._loaded is None:
                self._loaded = _context(*self._cost)
            return self._loaded

    @contextmanager
    def _core(self) -> Iterator[None]:
        began = time.perf_counter()
        try:
            with self._cores:
                yield
        finally:
            self._observe(time.perf_counter() - began)


class Hasher:
    """Limits concurrent hashing, and refuses requests that would have to wait long.

    `memory_kib`, `passes`: cost of argon2id (one lane). Old hashes of lower cost still verify and ask for a rehash.
    `threads`: how many threads answer requests. At most half of them may hash or wait for a core, so that the others
    keep answering during a flood of log-ins. `cores`: one of them is left to everything else.
    `observe`: called with the seconds of each hash, including the wait.
    """

    def __init__(
        self,
        *,
        memory_kib: int = MEMORY_KIB,
        passes: int = PASSES,
        threads: int = 8,
        cores: int | None = None,
        observe: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        self.slots = max(1, threads // 2)
        self._free = threading.BoundedSemaphore(self.slots)
        at_once = min(self.slots, max(1, (cores or os.cpu_count() or 1) - 1))
        self._argon2 = Argon2(memory_kib=memory_kib, passes=passes, at_once=at_once, observe=observe)

    @contextmanager
    def slot(self) -> Iterator[Argon2]:
        """A slot for hashing, to be held around everything slow that a request does before and after it.

        Raises Problem 503 with Retry-After, at once, when all slots are taken.
        """
        if not self._free.acquire(blocking=False):
            raise Problem(Problems.UNAVAILABLE, "Too many log-ins at once.", headers={"Retry-After": "2"})
        try:
            yield self._argon2
        finally:
            self._free.release()

    def hash(self, password: str) -> str:
        """A new hash, in a slot of its own. Raises the problem of `slot`."""
        with self.slot() as argon2id:
            return argon2id.hash(password)

    def verify(self, password: str, stored: str | None) -> tuple[bool, str | None]:
        """See `Argon2.verify`; in a slot of its own. Raises the problem of `slot`."""
        with self.slot() as argon2id:
            return argon2id.verify(password, stored)


def _context(memory_kib: int, passes: int) -> Any:
    """passlib's hash; imported here, since most programs import auth's declaration and hash nothing."""
    with warnings.catch_warnings():
        # passlib 1.7.4 imports `crypt` and reads `argon2.__version__`; both are deprecated.
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        from passlib.context import CryptContext
        from passlib.hash import argon2

        argon2.get_backend()
    return CryptContext(
        schemes=["argon2"],
        argon2__type="ID",
        argon2__memory_cost=memory_kib,
        argon2__time_cost=passes,
        argon2__parallelism=1,
    )


def normal(password: str) -> str:
    """The password as it is hashed: NFC, otherwise verbatim."""
    return unicodedata.normalize("NFC", password)
