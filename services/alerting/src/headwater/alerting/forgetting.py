"""Delete whole namespaces from the tables: their models, with rules and alerts. Sends no notifications."""

from collections.abc import Collection

import sqlalchemy as sa

from headwater.alerting import tables as t
from headwater.alerting.database import writing


def forget(engine: sa.Engine, namespaces: Collection[str]) -> None:
    """Delete all data of the models of these namespaces in one transaction. Raises Transient."""
    chosen = sa.select(t.models.c.id).where(t.models.c.namespace.in_(list(namespaces)))
    with writing(engine) as connection:
        ids = list(connection.execute(chosen).scalars())
        rules = list(connection.execute(sa.select(t.rules.c.id).where(t.rules.c.model_id.in_(ids))).scalars())
        alerts = sa.select(t.alerts.c.id).where(t.alerts.c.rule_id.in_(rules))
        connection.execute(t.changes.delete().where(t.changes.c.alert_id.in_(alerts)))
        connection.execute(t.notifications.delete().where(t.notifications.c.alert_id.in_(alerts)))
        connection.execute(t.alerts.delete().where(t.alerts.c.rule_id.in_(rules)))
        connection.execute(t.rules.delete().where(t.rules.c.model_id.in_(ids)))
        connection.execute(t.points.delete().where(t.points.c.model_id.in_(ids)))
        connection.execute(t.series.delete().where(t.series.c.model_id.in_(ids)))
        connection.execute(t.models.delete().where(t.models.c.id.in_(ids)))
        connection.execute(t.outbox.delete().where(t.outbox.c.key.in_([rule.encode() for rule in rules])))
