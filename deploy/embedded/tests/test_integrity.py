"""What `headwater doctor` says about the files of an installation; damage is tested on the whole product."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from headwater.embedded.data_dir import DataDir
from headwater.embedded.integrity import checks


def test_the_size_of_a_database_includes_its_write_ahead_log(tmp_path: Path) -> None:
    data = DataDir(tmp_path)
    data.prepare()
    with closing(sqlite3.connect(data.database("metrics"), isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE rows (content BLOB)")
        connection.execute("INSERT INTO rows VALUES (zeroblob(2000000))")
        said = checks(data, deep=False)["metrics"]()
    size = re.fullmatch(r"metrics\.db is sound, ([\d.]+) MB", said)
    assert size is not None, said
    assert float(size[1]) >= 2
