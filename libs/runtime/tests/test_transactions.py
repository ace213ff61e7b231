"""A database declared once: opened at its newest version, awaited at start, with the errors of the loop."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from headwater.bus.errors import Suspect, Transient
from headwater.runtime.stop import StopSignal
from headwater.runtime.storage.transactions import Database, check, reading, writing

MIGRATIONS = Path(__file__).parent / "migrations"
THINGS = Database(name="things", head="0001", migrations=MIGRATIONS, pragmas=("journal_mode=WAL",))


@pytest.fixture
def engine(tmp_path: Path) -> sa.Engine:
    return THINGS.open(f"sqlite:///{tmp_path / 'things.db'}")


def test_an_opened_database_has_its_tables_and_keeps_what_was_committed(engine: sa.Engine) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO thing VALUES ('a')")
    THINGS.migrate(engine)
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT name FROM thing").scalar() == "a"
    check(engine)
    engine.dispose()


def test_a_batch_that_breaks_a_constraint_is_suspect_and_leaves_nothing(engine: sa.Engine) -> None:
    with pytest.raises(Suspect, match="UNIQUE"), writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO thing VALUES ('a'), ('a')")
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM thing").scalar() == 0
    engine.dispose()


def test_a_database_that_does_not_answer_is_transient_at_once(tmp_path: Path) -> None:
    with pytest.raises(Transient):
        THINGS.open(f"sqlite:///{tmp_path}/missing/things.db")


def test_a_database_that_starts_later_is_awaited(tmp_path: Path) -> None:
    folder = tmp_path / "later"

    class Waits(StopSignal):
        """The database appears while the service waits."""

        def wait(self, timeout: float | None = None) -> bool:
            folder.mkdir()
            return False

    THINGS.open_when_up(f"sqlite:///{folder}/things.db", stop=Waits()).dispose()
    assert (folder / "things.db").stat().st_size > 0


def test_the_wait_ends_at_the_stop_signal_and_after_its_time(tmp_path: Path) -> None:
    stop = StopSignal()
    stop.set()
    with pytest.raises(Transient):
        THINGS.open_when_up(f"sqlite:///{tmp_path}/missing/things.db", stop=stop)
    with pytest.raises(Transient):
        THINGS.open_when_up(f"sqlite:///{tmp_path}/missing/things.db", stop=StopSignal(), seconds=-1)
