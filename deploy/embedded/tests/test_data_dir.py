"""After a stop every database is one file, whatever was left in its write-ahead log."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from headwater.embedded.data_dir import DataDir, checkpoint

LEAVES_A_LOG = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.executescript("PRAGMA journal_mode=WAL; CREATE TABLE t (x); INSERT INTO t VALUES (1)")
os._exit(0)
"""


def test_write_ahead_logs_are_written_back(tmp_path: Path) -> None:
    data = DataDir(tmp_path)
    data.prepare()
    (data.bus / "groups").mkdir()
    files = [data.graph, data.bus / "lineage.events.db", data.bus / "groups" / "writer.db"]
    for file in files:
        subprocess.run([sys.executable, "-c", LEAVES_A_LOG, file], check=True)
        assert file.with_name(f"{file.name}-wal").stat().st_size
    damaged = data.database("auth")
    damaged.write_bytes(b"no database" * 1_000)
    damaged.with_name("auth.db-wal").write_bytes(b"no log")
    checkpoint(data)
    for file in files:
        assert not file.with_name(f"{file.name}-wal").exists()
        with closing(sqlite3.connect(file)) as connection:
            assert connection.execute("SELECT x FROM t").fetchall() == [(1,)]
    assert damaged.read_bytes() == b"no database" * 1_000
