"""keys of the exchange that follow each other

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("exchange_key", sa.Column("signs_until", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_exchange_key_retired_signs_until"), "exchange_key", "(retired_at IS NULL) = (signs_until IS NULL)"
    )
    op.create_table(
        "exchange_key_event",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("jws", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_exchange_key_event_number_positive")),
        sa.CheckConstraint("octet_length(leaf_hash) = 32", name=op.f("ck_exchange_key_event_leaf_hash")),
        sa.ForeignKeyConstraint(
            ["kid"], ["exchange_key.kid"], name=op.f("fk_exchange_key_event_kid"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_exchange_key_event")),
        sa.UniqueConstraint("kid", name=op.f("uq_exchange_key_event_kid")),
    )
    op.execute(
        "CREATE TRIGGER evidence_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON exchange_key_event "
        "FOR EACH STATEMENT EXECUTE FUNCTION evidence_stays()"
    )


def downgrade() -> None:
    op.drop_table("exchange_key_event")
    op.drop_constraint(op.f("ck_exchange_key_retired_signs_until"), "exchange_key", type_="check")
    op.drop_column("exchange_key", "signs_until")
