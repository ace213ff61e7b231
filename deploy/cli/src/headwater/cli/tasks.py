"""The last runs of the services' periodic tasks, for `headwater doctor`."""

from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from headwater.contracts.storage import Damaged, DiskFull
from headwater.contracts.times import format_instant
from headwater.embedded.services import SERVICES
from headwater.runtime.hosting.periodic import LastRun
from headwater.runtime.hosting.periodic_table import DatabaseLedger
from headwater.runtime.storage.transactions import Database


class Failed(Exception):
    """Which tasks failed when they ran last, and why."""


def last_runs(url: Callable[[str], str]) -> str:
    """A description of every task whose service keeps its runs. Raises Failed when one failed.

    url: of a database by its name, empty where there is none yet. One that cannot be read is left to its own check.
    """
    found: list[str] = []
    failed: list[str] = []
    for service in SERVICES:
        database = service.needs.database
        if database is None or not service.periodic:
            continue
        runs = _runs(database, url(database.name))
        for task in service.periodic:
            if runs is None:
                found.append(f"{task.name} unknown, because the database {database.name} cannot be read")
                continue
            run = runs.get(task.name)
            found.append(f"{task.name} {'has not run yet' if run is None else f'at {format_instant(run.started_at)}'}")
            if run is not None and run.result != "ok":
                failed.append(f"{task.name} at {format_instant(run.started_at)}: {run.detail}")
    if failed:
        raise Failed(f"failed when last run: {'; '.join(failed)}; the logs of the service have the traceback")
    return ", ".join(found)


def _runs(database: Database, url: str) -> dict[str, LastRun] | None:
    """The last runs by task; None when they cannot be read."""
    if not url:
        return {}
    try:
        engine = database.connect(url)
    except SQLAlchemyError:
        return None
    try:
        return {run.task: run for run in DatabaseLedger(engine).runs()}
    except (SQLAlchemyError, Damaged, DiskFull):
        return None
    finally:
        engine.dispose()
