"""The ledger of periodic tasks in a service's own database: its instances share it, and it survives a restart."""

import sqlalchemy as sa

from headwater.runtime.hosting.periodic import LastRun
from headwater.runtime.storage.database import insert_into, transaction

metadata = sa.MetaData()
tasks = sa.Table(
    "periodic_tasks",
    metadata,
    sa.Column("task", sa.String(100), primary_key=True),
    sa.Column("begun_at", sa.BigInteger, nullable=False),
    sa.Column("started_at", sa.BigInteger),
    sa.Column("ended_at", sa.BigInteger),
    sa.Column("result", sa.String(10)),
    sa.Column("detail", sa.Text),
)
NEVER = -(1 << 62)


class DatabaseLedger:
    """Creates its table when the first task begins."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._made = False

    def begin(self, task: str, *, now: int, due_before: int) -> bool:
        """A single statement claims it, so that only one of two instances gets the task."""
        self._make()
        with transaction(self._engine, writes=True) as connection:
            known = connection.execute(sa.select(tasks.c.begun_at).where(tasks.c.task == task)).scalar()
            if known is None:
                row = insert_into(connection, tasks).values(task=task, begun_at=NEVER)
                connection.execute(row.on_conflict_do_nothing())  # another instance may add it at this moment
            taken = tasks.update().where(tasks.c.task == task, tasks.c.begun_at <= due_before).values(begun_at=now)
            return connection.execute(taken).rowcount == 1

    def end(self, run: LastRun) -> None:
        ended = {"started_at": run.started_at, "ended_at": run.ended_at, "result": run.result, "detail": run.detail}
        with transaction(self._engine, writes=True) as connection:
            connection.execute(tasks.update().where(tasks.c.task == run.task).values(**ended))

    def runs(self) -> list[LastRun]:
        asked = sa.select(tasks).where(tasks.c.ended_at.is_not(None)).order_by(tasks.c.task)
        with transaction(self._engine, writes=False) as connection:
            rows = connection.execute(asked).all() if sa.inspect(connection).has_table(tasks.name) else []
        return [LastRun(row.task, row.started_at, row.ended_at, row.result, row.detail) for row in rows]

    def _make(self) -> None:
        if not self._made:
            with transaction(self._engine, writes=True) as connection:
                metadata.create_all(connection)
            self._made = True
