"""Password hashes: argon2id by passlib, and nothing else. The only module that knows passlib.

passlib is unmaintained since 2020; these few lines are all that would change with another library.
"""

import os
import threading
import time
import unicodedata
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from headwater.contracts.problems import Problems
from headwater.runtime.problem import Problem

with warnings.catch_warnings():
    # passlib 1.7.4 imports `crypt` and reads `argon2.__version__`; both are announced to go away.
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    from passlib.context import CryptContext
    from passlib.hash import argon2

    argon2.get_backend()

MEMORY_KIB = 47_104
PASSES = 1
LONGEST = 1024
QUEUE = 50


class Hasher:
    """Hashes and verifies, a few at a time: more than the cores can do makes everybody wait longer.

    `memory_kib`, `passes`: cost of argon2id (one lane). Old hashes of lower cost still verify and ask for a rehash.
    `observe`: told the seconds of each hash, waiting included.
    """

    def __init__(
        self,
        *,
        memory_kib: int = MEMORY_KIB,
        passes: int = PASSES,
        cores: int | None = None,
        observe: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        self._context = CryptContext(
            schemes=["argon2"],
            argon2__type="ID",
            argon2__memory_cost=memory_kib,
            argon2__time_cost=passes,
            argon2__parallelism=1,
        )
        places = max(1, (cores or os.cpu_count() or 1) - 1)
        self._places = threading.BoundedSemaphore(places)
        self._room = threading.BoundedSemaphore(places + QUEUE)
        self._observe = observe
        self._decoy_lock = threading.Lock()
        self._decoy: str | None = None

    def hash(self, password: str) -> str:
        with self._turn():
            made: str = self._context.hash(normal(password))
            return made

    def verify(self, password: str, stored: str | None) -> tuple[bool, str | None]:
        """Whether the password is right, and the better hash to store instead, if any.

        stored None (no such user) costs the same work and is never right.
        """
        right_size = len(password) <= LONGEST and "\0" not in password
        offered = normal(password) if right_size else "-"
        against = stored if stored is not None else self._decoy_hash()
        with self._turn():
            right, better = self._context.verify_and_update(offered, against)
        if not right or not right_size or stored is None:
            return False, None
        return True, better

    def _decoy_hash(self) -> str:
        with self._decoy_lock:
            if self._decoy is None:
                self._decoy = self.hash(os.urandom(16).hex())
            return self._decoy

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._room.acquire(blocking=False):
            raise Problem(Problems.UNAVAILABLE, "Too many are logging in at once.", headers={"Retry-After": "2"})
        began = time.perf_counter()
        try:
            with self._places:
                yield
        finally:
            self._room.release()
            self._observe(time.perf_counter() - began)


def normal(password: str) -> str:
    """The password as it is hashed: NFC, otherwise verbatim."""
    return unicodedata.normalize("NFC", password)
