"""The canonical export of all metrics: equal facts give equal bytes."""

from collections.abc import Iterator
from typing import Any

import msgspec
import sqlalchemy as sa

from headwater.contracts.metrics import MetricValue
from headwater.metrics_engine import tables as t
from headwater.metrics_engine.database import reading
from headwater.metrics_engine.window_store import COMPUTED
from headwater.metrics_engine.windows import UNSLICED

_VALUES = msgspec.json.Decoder(list[MetricValue])
_encode = msgspec.json.Encoder(order="sorted").encode


def export(engine: sa.Engine) -> Iterator[bytes]:
    """The latest value of each metric in each window and slice: one JSON object per line, sorted bytewise.

    Contains no internal ids, arrival times or revision numbers. Raises Transient.
    """
    m, v, p, r = t.models.c, t.versions.c, t.windows.c, t.results.c
    query = (
        sa.select(m.namespace, m.name, v.version, p.slice_name, p.slice_value, p.window_start, p.window_end, r.body)
        .join_from(t.windows, t.versions, v.id == p.version)
        .join(t.models, m.id == v.model)
        .join(t.results, sa.and_(r.window == p.id, r.revision == p.revision))
        .where(sa.or_(p.rows > 0, p.series != COMPUTED))
    )
    with reading(engine) as connection:
        found = [_line(row, value) for row in connection.execute(query) for value in _VALUES.decode(bytes(row.body))]
    yield from sorted(found)


def _line(row: Any, value: MetricValue) -> bytes:
    sliced = (row.slice_name, row.slice_value)
    return _encode(
        {
            **msgspec.to_builtins(value),
            "record": "metric",
            "model": {"namespace": row.namespace, "name": row.name},
            "version": row.version,
            "slice": None if sliced == UNSLICED else {"name": row.slice_name, "value": row.slice_value},
            "window": [row.window_start, row.window_end],
        }
    )
