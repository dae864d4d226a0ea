"""erasure: the key that replaces a data key, when it did, and what is left to be done outside the database

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("case", sa.Column("next_key", sa.LargeBinary(), nullable=True))
    op.add_column("case", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("case", sa.Column("erasure_kept", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_check_constraint(op.f("ck_case_erased"), "case", "erased_at IS NULL OR next_key IS NULL")
    there = sa.text("erased_at IS NOT NULL")
    op.create_index("ix_case_erased", "case", ["erasure_kept", "root_id"], postgresql_where=there)
    op.add_column("lead_entry", sa.Column("erased", sa.Boolean(), server_default=sa.text("false"), nullable=False))


def downgrade() -> None:
    # What was erased stays so: the data key is gone. Older builds take such a case for a broken one.
    op.drop_column("lead_entry", "erased")
    op.drop_index("ix_case_erased", "case")
    op.drop_constraint(op.f("ck_case_erased"), "case")
    op.drop_column("case", "erasure_kept")
    op.drop_column("case", "erased_at")
    op.drop_column("case", "next_key")
