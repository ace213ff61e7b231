import sqlite3
from pathlib import Path

import pytest

from headwater.contracts.storage import Damaged, Disk, DiskFull, free_bytes, sqlite_fault


def fault(code: int, file: Path, message: str = "said") -> DiskFull | Damaged | None:
    error = sqlite3.OperationalError(message)
    error.sqlite_errorcode = code
    return sqlite_fault(error, file, remedy="do this", full=DiskFull, damaged=Damaged)


@pytest.mark.parametrize(
    "code", [sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_SHMSIZE]
)
def test_what_cannot_grow_names_its_directory_and_what_is_free(code: int, tmp_path: Path) -> None:
    found = fault(code, tmp_path / "a.db")
    assert isinstance(found, DiskFull)
    assert str(tmp_path) in str(found)
    assert f"{found.free:,} bytes" in str(found)


@pytest.mark.parametrize(
    "code",
    [
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_CORRUPT_VTAB,
        sqlite3.SQLITE_CORRUPT_INDEX,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_IOERR_READ,
    ],
)
def test_damage_names_file_and_remedy(code: int, tmp_path: Path) -> None:
    found = fault(code, tmp_path / "a.db")
    assert isinstance(found, Damaged)
    assert str(found) == f"{tmp_path / 'a.db'} is damaged (said): do this"


@pytest.mark.parametrize("code", [sqlite3.SQLITE_BUSY, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CANTOPEN])
def test_what_is_neither_is_left_to_the_caller(code: int, tmp_path: Path) -> None:
    assert fault(code, tmp_path / "a.db") is None


def test_text_that_is_no_text_is_damage(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "a.db")
    with pytest.raises(sqlite3.OperationalError) as found:
        connection.execute("SELECT CAST(x'ff41' AS TEXT)").fetchone()
    connection.close()
    told = sqlite_fault(found.value, tmp_path / "a.db", remedy="r", full=DiskFull, damaged=Damaged)
    assert isinstance(told, Damaged)


def test_a_disk_is_checked_at_most_ten_times_a_second(tmp_path: Path) -> None:
    now, asked, free = [0.0], [], [5]

    def ask(directory: Path) -> int:
        asked.append(directory)
        return free[0]

    disk = Disk(tmp_path, floor=6, free=ask, monotonic=lambda: now[0])
    assert disk.is_full()
    free[0] = 7
    assert disk.is_full()
    now[0] = 0.2
    assert not disk.is_full()
    assert asked == [tmp_path, tmp_path]


def test_without_a_floor_no_disk_is_full(tmp_path: Path) -> None:
    assert not Disk(tmp_path, floor=0, free=lambda directory: 0).is_full()
    assert free_bytes(tmp_path) > 0
    assert free_bytes(tmp_path / "missing") == 0
