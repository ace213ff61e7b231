"""Queue notifications by channel"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The webhook was the only channel until now, also for programs of the version before that still run.
    op.add_column("notifications", sa.Column("channel", sa.Text(), nullable=False, server_default="webhook"))


def downgrade() -> None:
    op.drop_column("notifications", "channel")
