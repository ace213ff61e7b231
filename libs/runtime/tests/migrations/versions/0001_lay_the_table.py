"""One table."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE TABLE thing (name TEXT PRIMARY KEY)")
