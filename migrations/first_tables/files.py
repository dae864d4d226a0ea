"""Uploaded files, and what acts enclose of them."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    op.create_table(
        "upload",
        sa.Column("node_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("file_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_as", sa.LargeBinary(), nullable=True),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("node_id", "sha256", name=op.f("pk_upload")),
        sa.UniqueConstraint("object_key", name=op.f("uq_upload_object_key")),
    )
    op.create_index("ix_upload_uploaded_at", "upload", ["node_id", "uploaded_at", "sha256"])
    op.create_table(
        "enclosed",
        sa.Column("act_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("root_id", sa.Uuid(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("file_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_for", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("act_id", "sha256", name=op.f("pk_enclosed")),
    )
    op.create_index("ix_enclosed_object_key", "enclosed", ["object_key"])
    op.create_index("ix_enclosed_sha256", "enclosed", ["sha256"])
