"""Delete whole namespaces from the tables: their models, with all their events and metrics."""

from collections.abc import Collection

import sqlalchemy as sa

from headwater.contracts.keys import message_key
from headwater.metrics_engine import tables as t
from headwater.metrics_engine.database import lock_models, writing


def forget(engine: sa.Engine, namespaces: Collection[str]) -> None:
    """Delete all data of the models of these namespaces in one transaction. Raises Transient."""
    m = t.models.c
    chosen = sa.select(m.id, m.namespace, m.name).where(m.namespace.in_(list(namespaces)))
    with writing(engine) as connection:
        found = list(connection.execute(chosen))
        ids = [id_ for id_, _, _ in found]
        lock_models(connection, ids)
        _delete(connection, ids, [message_key(namespace, name) for _, namespace, name in found])


def _delete(connection: sa.Connection, models: list[int], keys: list[bytes]) -> None:
    """Children before parents."""
    versions = sa.select(t.versions.c.id).where(t.versions.c.model.in_(models))
    windows = sa.select(t.windows.c.id).where(t.windows.c.version.in_(versions))
    connection.execute(t.results.delete().where(t.results.c.window.in_(windows)))
    connection.execute(t.windows.delete().where(t.windows.c.version.in_(versions)))
    connection.execute(t.outputs.delete().where(t.outputs.c.version.in_(versions)))
    for table in (t.samples, t.superseded_labels, t.model_events, t.versions):
        connection.execute(table.delete().where(table.c.model.in_(models)))
    connection.execute(t.models.delete().where(t.models.c.id.in_(models)))
    connection.execute(t.outbox.delete().where(t.outbox.c.key.in_(keys)))
