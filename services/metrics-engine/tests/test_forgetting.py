"""Forgetting a namespace leaves nothing of it, and deletes nothing of others."""

from typing import Any

import sqlalchemy as sa

from headwater.metrics_engine import tables
from headwater.metrics_engine.forgetting import forget


def test_a_forgotten_namespace_leaves_no_row_and_the_others_all(engine: sa.Engine, feed: Any, say: Any) -> None:
    other = {"namespace": "bank", "name": "fraud"}
    output = {"namespace": "s3://lake", "name": "scores"}
    feed.take(say.registered("2") | other, say.prediction("p1", version="2", output=output) | {"model": other})
    alone = _rows(engine)
    feed.take(say.registered(), say.prediction("p1", output=output), say.label("p1", at=1), say.label("p1", at=0))
    forget(engine, ["shop", "none"])
    assert _rows(engine) == alone
    feed.take(say.registered(), say.prediction("p1"), say.label("p1"))
    assert feed.value("accuracy")["value"] == 1.0


def _rows(engine: sa.Engine) -> dict[str, int]:
    """Rows by table; offsets move with every batch."""
    with engine.connect() as connection:
        return {
            table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in tables.metadata.sorted_tables
            if table is not tables.offsets
        }
