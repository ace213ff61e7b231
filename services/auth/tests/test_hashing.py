from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from headwater.auth import hashing
from headwater.auth.hashing import Argon2, Hasher
from headwater.contracts.problems import Problems
from headwater.runtime.web.problem import Problem


def test_the_cost_is_the_one_both_owasp_tables_allow() -> None:
    assert (hashing.MEMORY_KIB, hashing.PASSES) == (47_104, 1)
    assert Hasher().hash("x").startswith("$argon2id$v=19$m=47104,t=1,p=1$")


def test_a_hash_made_elsewhere_verifies() -> None:
    golden = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
    assert Hasher().verify("password", golden)[0]


def test_a_weaker_hash_needs_replacement() -> None:
    right, better = Hasher(memory_kib=16).verify("secret words", Hasher(memory_kib=8).hash("secret words"))
    assert right
    assert better is not None
    assert "m=16," in better


def test_an_unknown_user_or_an_oversize_password_never_verifies() -> None:
    hasher = Hasher(memory_kib=8)
    assert hasher.verify("anything", None) == (False, None)
    assert hasher.verify("-", hasher.hash("-")) == (True, None)
    assert hasher.verify("x" * 1025, hasher.hash("-")) == (False, None)


def test_beyond_half_of_the_threads_callers_get_503_at_once() -> None:
    hasher = Hasher(memory_kib=8, threads=5)
    with hasher.slot(), hasher.slot():
        with pytest.raises(Problem) as problem:
            hasher.hash("x")
        assert problem.value.problem is Problems.UNAVAILABLE
        assert int(problem.value.headers["Retry-After"]) > 0
    assert hasher.hash("x")


@pytest.mark.parametrize(("threads", "slots"), [(1, 1), (2, 1), (8, 4), (10, 5)])
def test_log_ins_hold_half_of_the_threads_at_most(threads: int, slots: int) -> None:
    assert Hasher(memory_kib=8, threads=threads).slots == slots


def test_no_more_hash_at_once_than_there_are_cores_to_spare() -> None:
    at_work: list[int] = []
    seen: list[int] = []

    class Watched(Argon2):
        @contextmanager
        def _core(self) -> Iterator[None]:
            with super()._core():
                at_work.append(1)
                seen.append(len(at_work))
                yield
                at_work.pop()

    argon2id = Watched(memory_kib=8, passes=1, at_once=2, observe=lambda seconds: None)
    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(argon2id.hash, map(str, range(100))))) == len(seen)
    assert max(seen) <= 2
