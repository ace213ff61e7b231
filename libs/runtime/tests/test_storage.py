"""A SQLite store on a full disk, and with a damaged file: what its service and its clients get."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import flask
import pytest
import sqlalchemy as sa

from headwater.contracts.storage import Damaged, DiskFull
from headwater.runtime.storage.database import check, connect, transaction
from headwater.runtime.telemetry.health import Health
from headwater.runtime.telemetry.series import Telemetry
from headwater.runtime.web.application import create_web_app, public
from tests.damage import cut, garble_header, overwrite_page


@pytest.fixture
def file(tmp_path: Path) -> Path:
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.executemany("INSERT INTO t VALUES (?)", [(bytes(3_000),)] * 20)
    connection.close()
    return tmp_path / "a.db"


@pytest.fixture
def engine(file: Path) -> Iterator[sa.Engine]:
    engine = connect(f"sqlite:///{file}", schema="a", pragmas=("journal_mode=WAL",))
    yield engine
    engine.dispose()


def rows(engine: sa.Engine) -> int:
    with transaction(engine, writes=False) as connection:
        return len(connection.execute(sa.text("SELECT x FROM t")).all())


def add(engine: sa.Engine, limit: int | None = None) -> None:
    with transaction(engine, writes=True) as connection:
        if limit is not None:
            connection.exec_driver_sql(f"PRAGMA max_page_count={limit}")
        connection.execute(sa.text("INSERT INTO t VALUES (zeroblob(100000))"))


def test_a_file_that_cannot_grow_is_a_full_disk_until_it_can(engine: sa.Engine, tmp_path: Path) -> None:
    with pytest.raises(DiskFull, match="bytes are free") as full:
        add(engine, limit=25)
    assert full.value.directory == tmp_path
    assert rows(engine) == 20
    check(engine)
    add(engine, limit=1_000_000)
    assert rows(engine) == 21


@pytest.mark.parametrize("damage", [cut, garble_header, lambda path: overwrite_page(path, 1)])
def test_a_damaged_file_is_named_and_the_check_remembers(
    engine: sa.Engine, file: Path, damage: Callable[[Path], None]
) -> None:
    damage(file)
    with pytest.raises(Damaged, match=r"a\.db is damaged .*backup"):
        rows(engine)
    with pytest.raises(Damaged):
        check(engine)


@pytest.mark.parametrize(
    ("fault", "slug"),
    [(DiskFull(Path("/data"), 12, "no room"), "disk-full"), (Damaged("/data/a.db", "malformed", "restore"), "damaged")],
)
def test_whoever_asks_gets_503_with_the_place_and_when_to_come_back(fault: Exception, slug: str) -> None:
    bp = flask.Blueprint("b", __name__)

    @bp.get("/x")
    @public("for the test")
    def x() -> flask.Response:
        raise fault

    app = create_web_app("s", blueprints=[bp], health=Health(), metrics=Telemetry("s"), verifier=None)
    answer = app.test_client().get("/x")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json is not None
    assert answer.json["type"] == f"urn:headwater:problem:{slug}"
    assert "/data" in answer.json["detail"]
