"""Take whole models out of the tables, with all that was said and measured of them."""

from collections.abc import Collection

import sqlalchemy as sa

from headwater.contracts.keys import message_key, model_key
from headwater.contracts.predictions import ModelRef
from headwater.metrics_engine import tables as t
from headwater.metrics_engine.database import lock_models, reading, writing


def models_of(engine: sa.Engine, namespaces: Collection[str]) -> list[ModelRef]:
    """The models of these namespaces. Raises Transient."""
    with reading(engine) as connection:
        m = t.models.c
        found = connection.execute(sa.select(m.namespace, m.name).where(m.namespace.in_(list(namespaces))))
        return [ModelRef(namespace, name) for namespace, name in found]


def forget_models(engine: sa.Engine, models: Collection[ModelRef]) -> None:
    """Delete in one transaction what is known of these models. Raises Transient."""
    keys = [model_key(model.namespace, model.name).id for model in models]
    with writing(engine) as connection:
        ids = list(connection.execute(sa.select(t.models.c.id).where(t.models.c.key.in_(keys))).scalars())
        lock_models(connection, ids)
        _delete(connection, ids, [message_key(model.namespace, model.name) for model in models])


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
