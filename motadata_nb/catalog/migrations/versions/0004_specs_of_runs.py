"""Runs with the spec of their agent, so that another kernel can make it again and go on"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("spec", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("runs", "spec")
