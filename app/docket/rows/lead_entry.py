"""The table `lead_entry`: one lead in the list of one node that may know of it."""

from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from app.db import Statement
from app.docket.rows.statement import columns, new_rows, selected, upsert
from app.docket.tables import LeadEntry


@dataclass(frozen=True, slots=True)
class Party:
    """A node and a lead that is, or was, in its list."""

    node_id: str
    lead_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """What a node's list says of a lead. `category` is None from when its content is gone for the node: `erased`."""

    node_id: str
    lead_id: str
    root_id: str
    state: str
    category: str | None
    role: str
    is_origin: bool
    registered_at: datetime
    due: datetime | None
    sealed: bool
    erased: bool


SELECTED = ", ".join(f"e.{column}" for column in selected(LeadEntry, EntryRow).split(", "))
CURRENT = upsert(LeadEntry, EntryRow, ("node_id", "lead_id"), "state", "category", "role", "due", "sealed", "erased")
# While other parts live, the keys of files stay. Whoever uploaded one for a lead that is erased for it must not find
# it by that, and see by its end that something lived on.
ERASED: Statement[Party] = Statement(
    f"""
    WITH gone AS (
        SELECT DISTINCT node_id, object_key FROM {new_rows(LeadEntry, *columns(Party))}
        JOIN act_reader USING (node_id, lead_id) JOIN enclosed USING (act_id)
    )
    DELETE FROM upload USING gone WHERE upload.node_id = gone.node_id AND upload.object_key = gone.object_key
        AND NOT EXISTS (
            SELECT FROM enclosed JOIN act USING (act_id)
            LEFT JOIN lead_entry ON lead_entry.node_id = gone.node_id AND lead_entry.lead_id = act.lead_id
            WHERE enclosed.object_key = gone.object_key AND (act.act = 'lead.erase' OR lead_entry.erased IS NOT TRUE)
        )
    """,  # noqa: S608 (ours)
    attrgetter(*columns(Party)),
)
