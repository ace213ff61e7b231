"""Take whole models out of the tables, with their rules and alerts; nobody is told."""

from collections.abc import Iterable

import sqlalchemy as sa

from headwater.alerting import tables as t
from headwater.alerting.database import writing
from headwater.contracts.keys import model_key
from headwater.contracts.predictions import ModelRef


def forget_models(engine: sa.Engine, models: Iterable[ModelRef]) -> None:
    """Delete in one transaction what is known of these models. Raises Transient."""
    ids = [model_key(model.namespace, model.name).id for model in models]
    with writing(engine) as connection:
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
