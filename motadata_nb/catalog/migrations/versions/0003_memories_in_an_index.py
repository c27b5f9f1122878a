"""Memories without vectors of their own: an index finds them, and is filled from this table when it is first used"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not in a batch, which would make the table anew and lose its AUTOINCREMENT: a memory's number never comes back.
    op.drop_column("memories", "vector")
    op.drop_column("memories", "embedder")


def downgrade() -> None:
    op.add_column("memories", sa.Column("embedder", sa.String(length=128), server_default="", nullable=False))
    op.add_column("memories", sa.Column("vector", sa.LargeBinary(), nullable=True))
