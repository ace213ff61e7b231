"""The tables of the metrics engine: one SQLAlchemy model for SQLite and for the schema `metrics` of PostgreSQL.

models 1─* versions 1─* windows 1─* results      a window keeps a mergeable state; results are append-only revisions
models 1─* samples, superseded_labels           one row per prediction id, with the current label
models 1─* model_events                         the model events of each version
outputs, outbox, offsets                        published and pending messages, and consumer offsets
"""

import sqlalchemy as sa

from headwater.runtime.storage.offsets import offsets_table

metadata = sa.MetaData()

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

models = sa.Table(
    "models",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("key", sa.String(26), nullable=False, unique=True),
    sa.Column("namespace", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
)

versions = sa.Table(
    "versions",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("model", Id, sa.ForeignKey("models.id"), nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("profile", sa.LargeBinary),
    sa.UniqueConstraint("model", "version"),
)

model_events = sa.Table(
    "model_events",
    metadata,
    sa.Column("model", Id, sa.ForeignKey("models.id"), primary_key=True),
    sa.Column("event_time", sa.BigInteger, primary_key=True),
    sa.Column("event_id", sa.LargeBinary(20), primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

samples = sa.Table(
    "samples",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("model", Id, sa.ForeignKey("models.id"), nullable=False),
    sa.Column("prediction_id", sa.Text, nullable=False),
    sa.Column("version", Id),
    sa.Column("event_time", sa.BigInteger),
    sa.Column("event_id", sa.LargeBinary(20)),
    sa.Column("body", sa.LargeBinary),
    sa.Column("label_time", sa.BigInteger),
    sa.Column("label_event_id", sa.LargeBinary(20)),
    sa.Column("label_body", sa.LargeBinary),
    sa.Column("touched_at", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("model", "prediction_id"),
    sa.Index("samples_by_version", "version", "id"),
)

# Partial on PostgreSQL too, by the migrations; declaring it here would load its dialect into the embedded processes.
sa.Index("samples_waiting", samples.c.id, sqlite_where=sa.text("event_time IS NULL"))

superseded_labels = sa.Table(
    "superseded_labels",
    metadata,
    sa.Column("model", Id, sa.ForeignKey("models.id"), primary_key=True),
    sa.Column("prediction_id", sa.Text, primary_key=True),
    sa.Column("event_time", sa.BigInteger, primary_key=True),
    sa.Column("event_id", sa.LargeBinary(20), primary_key=True),
    sa.Column("body", sa.LargeBinary),
    sa.Column("touched_at", sa.BigInteger, nullable=False),
)

windows = sa.Table(
    "windows",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("version", Id, sa.ForeignKey("versions.id"), nullable=False),
    sa.Column("series", sa.Text, nullable=False),
    sa.Column("slice_name", sa.Text, nullable=False),
    sa.Column("slice_value", sa.Text, nullable=False),
    sa.Column("window_start", sa.BigInteger, nullable=False),
    sa.Column("window_end", sa.BigInteger, nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("state", sa.LargeBinary),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("published_at", sa.BigInteger, nullable=False),
    sa.Column("dirty", sa.Boolean, nullable=False),
    sa.UniqueConstraint("version", "series", "slice_name", "slice_value", "window_start", "window_end"),
)
sa.Index("windows_dirty", windows.c.id, sqlite_where=sa.text("dirty = 1"))

results = sa.Table(
    "results",
    metadata,
    sa.Column("window", Id, sa.ForeignKey("windows.id"), primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("message_id", sa.String(32), nullable=False),
    sa.Column("computed_at", sa.BigInteger, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

outputs = sa.Table(
    "outputs",
    metadata,
    sa.Column("version", Id, sa.ForeignKey("versions.id"), primary_key=True),
    sa.Column("dataset", sa.String(26), primary_key=True),  # its id: two names are too long for a key of PostgreSQL
    sa.Column("namespace", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("event_time", sa.BigInteger, nullable=False),
    sa.Column("event_id", sa.LargeBinary(20), nullable=False),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("message_id", sa.String(32), nullable=False, unique=True),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("key", sa.LargeBinary, nullable=False),
    sa.Column("value", sa.LargeBinary, nullable=False),
)

offsets = offsets_table(metadata)
