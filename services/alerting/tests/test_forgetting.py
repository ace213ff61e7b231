"""Forgetting a namespace deletes the rules and alerts of its models, and no others."""

import sqlalchemy as sa

from headwater.alerting import database, tables
from headwater.alerting.forgetting import forget
from headwater.contracts.predictions import ModelRef

from .results import MODEL, Feed, low_accuracy, result


def test_rules_alerts_points_and_what_waits_to_be_told_are_gone(both: sa.Engine) -> None:
    feed = Feed(both)
    other = ModelRef("bank", "fraud")
    feed.add(low_accuracy(1, id="r2", model=other))
    feed.take(result(0, 0.7, model=other))
    alone = _rows(both)
    feed.add(low_accuracy(1))
    feed.take(result(0, 0.7), result(1, 0.6))
    forget(both, [MODEL.namespace, "none"])
    assert _rows(both) == alone


def _rows(engine: sa.Engine) -> dict[str, int]:
    """Rows by table; offsets move with every batch."""
    with database.reading(engine) as connection:
        return {
            table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in tables.metadata.sorted_tables
            if table is not tables.offsets
        }
