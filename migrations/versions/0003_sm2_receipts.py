"""a second signature of receipts, by SM2

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("act", sa.Column("receipt_jws_sm2", sa.Text(), nullable=True))
    op.drop_constraint(op.f("ck_exchange_key_purpose"), "exchange_key", type_="check")
    op.create_check_constraint(
        op.f("ck_exchange_key_purpose"), "exchange_key", "purpose IN ('signing', 'log', 'witness', 'sm2')"
    )


def downgrade() -> None:
    op.execute("DELETE FROM exchange_key WHERE purpose = 'sm2'")
    op.drop_constraint(op.f("ck_exchange_key_purpose"), "exchange_key", type_="check")
    op.create_check_constraint(
        op.f("ck_exchange_key_purpose"), "exchange_key", "purpose IN ('signing', 'log', 'witness')"
    )
    op.drop_column("act", "receipt_jws_sm2")
