"""inbox rows are never changed nor deleted, not by the owner either

Revision ID: 0009
Revises: 0008
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE TRIGGER evidence_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON inbox "
        "FOR EACH STATEMENT EXECUTE FUNCTION evidence_stays()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER evidence_stays ON inbox")
