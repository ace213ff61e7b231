"""A data directory as prepared by a start."""

from pathlib import Path

import pytest

from headwater.embedded.data_dir import DataDir


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    data = DataDir(tmp_path / "data")
    data.prepare()
    return data
