"""The tables of alerting. PostgreSQL: schema `alerting`, found by the search path. Times: microseconds UTC."""

import sqlalchemy as sa

metadata = sa.MetaData()
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

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
    sa.Column("comparison", sa.String(8), nullable=False),
    sa.Column("threshold", sa.Double, nullable=False),
    sa.Column("severity", sa.String(8), nullable=False),
    sa.Column("for_windows", sa.Integer, nullable=False),
    sa.UniqueConstraint("model_id", "name", name="one_name_a_model"),
)

# The latest revision of each metric in each window, over all predictions of a version (no slice).
points = sa.Table(
    "points",
    metadata,
    sa.Column("model_id", sa.String(26), primary_key=True),
    sa.Column("metric", sa.Text, primary_key=True),
    sa.Column("version", sa.Text, primary_key=True),
    sa.Column("window_start", sa.BigInteger, primary_key=True),
    sa.Column("window_end", sa.BigInteger, primary_key=True),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("result_id", sa.Text, nullable=False),
    sa.Column("value", sa.Double),
)

# `changes`: the changes of state as JSON, oldest first. `since`: when the present state began, by the data.
alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("id", sa.String(26), primary_key=True),
    sa.Column("rule_id", sa.String(32), nullable=False, index=True),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("value", sa.Double),
    sa.Column("since", sa.BigInteger, nullable=False),
    sa.Column("window_start", sa.BigInteger, nullable=False),
    sa.Column("window_end", sa.BigInteger, nullable=False),
    sa.Column("changes", sa.LargeBinary, nullable=False),
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

# Sent notifications are history. `status`: waiting, sent, failed, or superseded by a newer one of the same alert.
notifications = sa.Table(
    "notifications",
    metadata,
    sa.Column("sequence", _SERIAL, primary_key=True),
    sa.Column("alert_id", sa.String(26), nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("status", sa.String(10), nullable=False, index=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", sa.BigInteger, nullable=False),
    sa.Column("done_at", sa.BigInteger),
    sa.Column("error", sa.Text),
)

offsets = sa.Table(
    "offsets",
    metadata,
    sa.Column("topic", sa.Text, primary_key=True),
    sa.Column("partition", sa.Integer, primary_key=True),
    sa.Column("next", sa.BigInteger, nullable=False),
)
