"""At the stop: what still stands in write-ahead logs goes into the databases, so that each is one file again."""

import contextlib
import sqlite3

from headwater.embedded.data_dir import DataDir


def checkpoint(data: DataDir) -> None:
    """Call when no other process has the files open. What is damaged, or has no room, stays as it is."""
    for directory in (data.root, data.bus, data.bus / "groups"):
        for wal in sorted(directory.glob("*.db-wal")):
            file = wal.with_name(wal.name.removesuffix("-wal"))
            with (
                contextlib.suppress(sqlite3.Error),
                contextlib.closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True)) as connection,
            ):
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
