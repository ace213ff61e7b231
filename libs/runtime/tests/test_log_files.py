"""Log files stay bounded while programs append to them."""

import shutil
from pathlib import Path

import pytest

from headwater.runtime.logs.files import rotate


def test_a_file_past_its_limit_is_rotated_for_all_writers(tmp_path: Path) -> None:
    file = tmp_path / "front.log"
    with file.open("ab", buffering=0) as appending:
        for number in range(6):
            appending.write(b"%d" % number * 10)
            assert rotate([file], limit=9, older=3) == [file]
        appending.write(b"last")
        assert rotate([file], limit=9, older=3) == []
    assert file.read_bytes() == b"last"
    assert [(tmp_path / f"front.log.{n}").read_bytes()[:1] for n in (1, 2, 3)] == [b"5", b"4", b"3"]
    assert len(list(tmp_path.iterdir())) == 4


def test_without_room_for_the_copy_nothing_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(source: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    file, absent = tmp_path / "front.log", tmp_path / "absent.log"
    file.write_bytes(b"kept")
    monkeypatch.setattr(shutil, "copyfile", no_room)
    assert rotate([absent, file], limit=1) == []
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"kept"]
