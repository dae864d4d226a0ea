"""The table `case`: one root lead with all its parts."""

from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from app.db import Statement
from app.docket.rows.statement import columns, new_rows, selected
from app.docket.tables import CaseTable


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case as it is stored. `data_key` and `next_key` are wrapped by the vault, `snapshot` is encrypted."""

    root_id: str
    last_seq: int
    data_key: bytes
    snapshot: bytes
    next_key: bytes | None = None
    erased_at: datetime | None = None


SELECTED = selected(CaseTable, CaseRow)
NEW_COLUMNS = ("root_id", "last_seq", "data_key", "snapshot")
NEW: Statement[CaseRow] = Statement(
    f"""
    INSERT INTO "case" ({", ".join(NEW_COLUMNS)}) SELECT * FROM {new_rows(CaseTable, *NEW_COLUMNS)}
    """,  # noqa: S608 (ours)
    attrgetter(*NEW_COLUMNS),
)
CHANGED: Statement[CaseRow] = Statement(
    f"""
    UPDATE "case" SET last_seq = new.last_seq, snapshot = new.snapshot
    FROM {new_rows(CaseTable, "root_id", "last_seq", "snapshot")} WHERE "case".root_id = new.root_id
    """,  # noqa: S608 (ours)
    attrgetter("root_id", "last_seq", "snapshot"),
)
NEXT_KEY: Statement[CaseRow] = Statement(
    f"""
    UPDATE "case" SET next_key = new.next_key
    FROM {new_rows(CaseTable, "root_id", "next_key")} WHERE "case".root_id = new.root_id
    """,  # noqa: S608 (ours)
    attrgetter("root_id", "next_key"),
)
# The keys of files go with the data key, and so does an upload that no other root names: the sweep takes the objects.
ERASED: Statement[CaseRow] = Statement(
    f"""
    WITH new AS (
        SELECT * FROM {new_rows(CaseTable, *columns(CaseRow))}
    ), kept AS (
        SELECT act_id FROM act WHERE root_id = ANY($1::uuid[]) AND act = 'lead.erase'
    ), named AS (
        DELETE FROM enclosed USING new
        WHERE enclosed.root_id = new.root_id AND act_id NOT IN (SELECT act_id FROM kept) RETURNING object_key
    ), uploaded AS (
        DELETE FROM upload USING named WHERE upload.object_key = named.object_key AND NOT EXISTS (
            SELECT FROM enclosed WHERE enclosed.object_key = named.object_key
            AND (root_id <> ALL($1::uuid[]) OR act_id IN (SELECT act_id FROM kept))
        )
    )
    UPDATE "case" SET last_seq = new.last_seq, data_key = new.data_key, next_key = new.next_key,
        snapshot = new.snapshot, erased_at = new.erased_at
    FROM new WHERE "case".root_id = new.root_id
    """,  # noqa: S608 (ours)
    attrgetter(*columns(CaseRow)),
)
