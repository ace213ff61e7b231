import threading

import pytest

from headwater.auth import hashing
from headwater.auth.hashing import Hasher
from headwater.contracts.problems import Problems
from headwater.runtime.problem import Problem
from tests.patience import LONG


def test_the_cost_is_the_one_both_owasp_tables_allow() -> None:
    assert (hashing.MEMORY_KIB, hashing.PASSES) == (47_104, 1)
    assert Hasher().hash("x").startswith("$argon2id$v=19$m=47104,t=1,p=1$")


def test_a_hash_made_elsewhere_verifies() -> None:
    golden = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
    assert Hasher().verify("password", golden)[0]


def test_a_weaker_hash_asks_to_be_replaced() -> None:
    right, better = Hasher(memory_kib=16).verify("secret words", Hasher(memory_kib=8).hash("secret words"))
    assert right
    assert better is not None
    assert "m=16," in better


def test_nobody_and_oversize_are_never_right() -> None:
    hasher = Hasher(memory_kib=8)
    assert hasher.verify("anything", None) == (False, None)
    assert hasher.verify("-", hasher.hash("-")) == (True, None)
    assert hasher.verify("x" * 1025, hasher.hash("-")) == (False, None)


def test_beyond_the_queue_callers_are_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "QUEUE", 1)
    hasher = Hasher(memory_kib=8, cores=2)
    held, done = threading.Event(), threading.Event()

    def waits() -> None:
        held.set()
        hasher.hash("x")
        done.set()

    with hasher._turn():
        waiting = threading.Thread(target=waits)
        waiting.start()
        held.wait(LONG)
        while hasher._room._value:
            pass
        with pytest.raises(Problem) as problem:
            hasher.hash("y")
        assert problem.value.problem is Problems.UNAVAILABLE
        assert "Retry-After" in problem.value.headers
    assert done.wait(LONG)
    waiting.join()
