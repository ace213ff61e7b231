"""The tables of alerting. PostgreSQL: schema `alerting`, set by the search path. Times: microseconds UTC."""

import sqlalchemy as sa

from headwater.runtime.storage.offsets import offsets_table

metadata = sa.MetaData()
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Every model that sent an event or has a result: rules can be created only for these.
models = sa.Table(
    "models",
    metadata,
    sa.Column("id", sa.String(26), primary_key=True),
    sa.Column("namespace", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
)

rules = sa.Table(
    "rules",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("model_id", sa.String(26), nullable=False),
    sa.Column("model_namespace", sa.Text, nullable=False),
    sa.Column("model_name", sa.Text, nullable=False),
    sa.Column("metric", sa.Text, nullable=False),
    sa.Column("source", sa.String(8), nullable=False),
    sa.Column("comparison", sa.String(8), nullable=False),
    sa.Column("threshold", sa.Double, nullable=False),
    sa.Column("severity", sa.String(8), nullable=False),
    sa.Column("for_windows", sa.Integer, nullable=False),
    sa.Column("min_rows", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("model_id", "name", name="one_name_a_model"),
)

# Every series that has points: the unit that a rule judges, over all predictions of a version (no slice).
series = sa.Table(
    "series",
    metadata,
    sa.Column("model_id", sa.String(26), primary_key=True),
    sa.Column("source", sa.String(8), primary_key=True),
    sa.Column("metric", sa.Text, primary_key=True),
    sa.Column("version", sa.Text, primary_key=True),
)

# The latest revision of each window of a series. `rows`: how many rows the value is based on.
points = sa.Table(
    "points",
    metadata,
    sa.Column("model_id", sa.String(26), primary_key=True),
    sa.Column("source", sa.String(8), primary_key=True),
    sa.Column("metric", sa.Text, primary_key=True),
    sa.Column("version", sa.Text, primary_key=True),
    sa.Column("window_end", sa.BigInteger, primary_key=True, index=True),
    sa.Column("window_start", sa.BigInteger, primary_key=True),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("result_id", sa.Text, nullable=False),
    sa.Column("value", sa.Double),
    sa.Column("reason", sa.String(24)),
    sa.Column("rows", sa.BigInteger, nullable=False),
)

# One row: windows that end up to this moment are closed, and were judged as such.
closing = sa.Table(
    "closing",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("until", sa.BigInteger, nullable=False),
)

# `since`: when the current state began, in event time.
alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("id", sa.String(26), primary_key=True),
    sa.Column("rule_id", sa.String(32), nullable=False, index=True),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("value", sa.Double),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("since", sa.BigInteger, nullable=False),
    sa.Column("window_start", sa.BigInteger, nullable=False),
    sa.Column("window_end", sa.BigInteger, nullable=False),
)

# The history of alerts: rows are added, and marked when a later revision contradicts them.
changes = sa.Table(
    "changes",
    metadata,
    sa.Column("sequence", _SERIAL, primary_key=True),
    sa.Column("alert_id", sa.String(26), nullable=False),
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("window_start", sa.BigInteger, nullable=False),
    sa.Column("window_end", sa.BigInteger, nullable=False),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("value", sa.Double),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("recorded_at", sa.BigInteger, nullable=False),
    sa.Column("mark", sa.String(10), nullable=False),
    sa.Index("ix_changes_alert_id", "alert_id", "sequence"),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("sequence", _SERIAL, primary_key=True),
    sa.Column("id", sa.String(32), nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("key", sa.LargeBinary, nullable=False),
    sa.Column("value", sa.LargeBinary, nullable=False),
)

# The queue of each channel; sent rows stay as history. `status`: waiting, sent, failed, or superseded by a newer
# one of the same alert and channel.
notifications = sa.Table(
    "notifications",
    metadata,
    sa.Column("sequence", _SERIAL, primary_key=True),
    sa.Column("alert_id", sa.String(26), nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("status", sa.String(10), nullable=False, index=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", sa.BigInteger, nullable=False),
    sa.Column("done_at", sa.BigInteger),
    sa.Column("error", sa.Text),
)

offsets = offsets_table(metadata)
