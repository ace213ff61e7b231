"""A data directory is handed over to a command and returned, however the command ends."""

import threading
from collections.abc import Iterator

import pytest

from headwater.embedded import lock as locks
from headwater.embedded.data_dir import DataDir
from headwater.embedded.lock import DirectoryLock, alone, hand_over
from tests.patience import LONG


@pytest.fixture
def held(data: DataDir) -> Iterator[DirectoryLock]:
    """The lock of a running product."""
    lock = DirectoryLock(data)
    assert lock.take()
    yield lock
    lock.close()


def is_free(data: DataDir) -> bool:
    lock = DirectoryLock(data)
    try:
        return lock.take()
    finally:
        lock.close()


def never() -> bool:
    return False


def test_only_one_holds_a_directory_and_its_end_gives_it_back(data: DataDir, held: DirectoryLock) -> None:
    assert not is_free(data)
    held.close()
    assert is_free(data)


def test_the_product_waits_for_the_command_that_asked_and_goes_on_after_it(data: DataDir, held: DirectoryLock) -> None:
    data.maintenance_request.touch()
    handing_over = threading.Thread(target=hand_over, args=(held, data, never))
    handing_over.start()
    command = DirectoryLock(data)
    assert command.take(seconds=LONG)
    data.maintenance_request.unlink()
    assert handing_over.is_alive()
    command.give()
    handing_over.join(LONG)
    assert not command.take()
    command.close()


def test_a_command_that_never_comes_does_not_hold_the_product_up(
    data: DataDir, held: DirectoryLock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "TAKEN_SECONDS", 0.1)
    data.maintenance_request.touch()
    hand_over(held, data, never)
    assert not data.maintenance_request.exists()
    assert not is_free(data)


def test_a_product_that_is_stopped_meanwhile_waits_for_no_command(data: DataDir, held: DirectoryLock) -> None:
    data.maintenance_request.touch()
    stopping = threading.Event()
    handing_over = threading.Thread(target=hand_over, args=(held, data, stopping.is_set))
    handing_over.start()
    command = DirectoryLock(data)
    assert command.take(seconds=LONG)
    data.maintenance_request.unlink()
    stopping.set()
    handing_over.join(LONG)
    assert not handing_over.is_alive()
    command.close()


def test_where_nothing_runs_nobody_need_be_asked(data: DataDir) -> None:
    with alone(data):
        assert not is_free(data)
    assert is_free(data)
    assert not data.maintenance_request.exists()
