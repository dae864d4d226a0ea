"""what an uploaded sealed part is bound to: a digest over key, sender, recipient and lead

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("upload", sa.Column("sealed_as", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("upload", "sealed_as")
