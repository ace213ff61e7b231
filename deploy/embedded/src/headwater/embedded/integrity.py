"""Checks the integrity of the files of an installation: structure, offsets, checksums. For `headwater doctor`.

Works beside a running product and changes nothing.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from headwater.bus import topic_log
from headwater.bus.embedded import EmbeddedBus
from headwater.bus.embedded_progress import file_bytes, wal_of
from headwater.bus.errors import BusError, Damaged
from headwater.contracts import storage
from headwater.embedded.data_dir import DataDir
from headwater.embedded.parts import graph_filled, require_present
from headwater.graph.errors import GraphError, GraphUnavailable
from headwater.graph.sqlite import EmbeddedGraph
from headwater.graph.sqlite.store import REMEDY as REBUILD
from headwater.runtime.storage.database import REMEDY as RESTORE

SAMPLES = 200
MOST_NAMED = 5
_CHUNK = 1_000


class Unsound(Exception):
    """What is wrong with which files, and the remedies."""


def checks(data: DataDir, *, deep: bool) -> dict[str, Callable[[], str]]:
    """The check of each store by name: returns a description, or raises Unsound.

    deep: every checksum, and every index against its table; else the structure, and a sample of the records.
    """
    services = {name: partial(_service, data, name, deep=deep) for name in ("auth", "metrics", "alerting")}
    return {"log": partial(_log, data, deep=deep), "graph": partial(_graph, data, deep=deep), **services}


def _service(data: DataDir, name: str, *, deep: bool) -> str:
    try:
        require_present(data, name)
    except storage.Damaged as damage:
        raise Unsound(str(damage)) from None
    return _sound(data.database(name), RESTORE, deep=deep)


def _graph(data: DataDir, *, deep: bool) -> str:
    result = _sound(data.graph, REBUILD, deep=deep)
    with closing(EmbeddedGraph(data.graph, read_only=True)) as graph, closing(EmbeddedBus(data.bus)) as bus:
        try:
            graph_filled(graph, bus)()
        except GraphUnavailable as error:
            raise Unsound(f"{data.graph}: {error}") from None
        except (BusError, GraphError):
            return result  # damage of the log is reported by its own check
    return result


def _sound(file: Path, remedy: str, *, deep: bool) -> str:
    """The structure of one database."""
    if not file.exists():
        return f"{file.name} is not there yet"
    if complaints := _complaints(file, deep=deep):
        raise Unsound(f"{file} is damaged ({complaints[0]}): {remedy}")
    size = file_bytes(file) + file_bytes(wal_of(file))
    return f"{file.name} is sound, {size / 1e6:,.1f} MB"


def _complaints(file: Path, *, deep: bool) -> list[str]:
    """The problems that SQLite finds."""
    check = "integrity_check" if deep else "quick_check"
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
            rows = connection.execute(f"PRAGMA {check}({MOST_NAMED})").fetchall()
    except sqlite3.Error as error:
        return [str(error)]
    return [" ".join(str(row[0]).split()) for row in rows if row[0] != "ok"]


def _log(data: DataDir, *, deep: bool) -> str:
    with closing(EmbeddedBus(data.bus)) as bus:
        topics = sorted({path.stem for path in data.bus.glob("*.db")} | bus.created())
    wrong: list[str] = []
    records = looked_at = 0
    for topic in topics:
        found = _topic(data.bus, topic, deep=deep)
        records, looked_at = records + found[0], looked_at + found[1]
        wrong += found[2]
    wrong += _groups(data.bus / "groups")
    if wrong:
        raise Unsound("; ".join(wrong))
    return f"{len(topics)} topics are sound, {records:,} records, {looked_at:,} checksums compared"


def _groups(directory: Path) -> Iterator[str]:
    for path in sorted(directory.glob("*.db")):
        for complaint in _complaints(path, deep=False)[:1]:
            yield f"{path} is damaged ({complaint}): stop the product and remove it, it is created again"


def _topic(directory: Path, topic: str, *, deep: bool) -> tuple[int, int, list[str]]:
    """How many records it has, how many were compared with their checksums, and what is wrong."""
    path = directory / f"{topic}.db"
    if not path.exists() or path.stat().st_size == 0:
        return 0, 0, [f"{path} is missing or empty: {topic_log.REMEDY}"]
    wrong = [f"{path} is damaged ({found}): {topic_log.REMEDY}" for found in _complaints(path, deep=deep)[:1]]
    records = looked_at = 0
    try:
        with closing(topic_log.connect(path)) as log:
            for partition in range(topic_log.partitions_of(log, topic)):
                first, end = topic_log.first_offset(log, partition), topic_log.next_offset(log, partition)
                records += end - first
                wrong += _gap(log, path, partition, first, end)
                compared, damage = _compare(log, topic, partition, first, end, deep=deep)
                looked_at += compared
                wrong += damage
    except sqlite3.Error as error:
        wrong.append(str(topic_log.failure(error, path, f"read {path}")))
    except BusError as error:
        wrong.append(f"{path}: {error}")
    return records, looked_at, list(dict.fromkeys(wrong))[:MOST_NAMED]


def _gap(log: sqlite3.Connection, path: Path, partition: int, first: int, end: int) -> Iterator[str]:
    (there,) = log.execute(f"SELECT count(*) FROM records_{partition} WHERE offset >= ?", (first,)).fetchone()
    if there < end - first:
        missing = f"partition {partition} lacks {end - first - there:,} of its records {first} to {end - 1}"
        yield f"{path} is damaged ({missing}): {topic_log.REMEDY}"


def _compare(
    log: sqlite3.Connection, topic: str, partition: int, first: int, end: int, *, deep: bool
) -> tuple[int, list[str]]:
    """Read records, which compares their checksums: all of them, or some evenly spread and the newest."""
    compared, wrong = 0, []
    step, chunk = (_CHUNK, _CHUNK) if deep else (max(1, (end - first) // SAMPLES), 1)
    starts = [*range(first, end, step), *([] if deep or first == end else [end - 1])]
    for start in starts:
        at = start
        while at < min(start + chunk, end):
            try:
                for record in topic_log.read(log, topic, partition, at, min(start + chunk, end) - at):
                    compared, at = compared + 1, record.offset + 1
                break
            except Damaged as damage:
                wrong.append(str(damage))
                at += 1
            if len(wrong) >= MOST_NAMED:
                return compared, wrong
    return compared, wrong
