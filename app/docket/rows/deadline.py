"""The table `deadline`: one deadline of one node."""

from dataclasses import dataclass
from datetime import datetime

from app.docket.rows.statement import selected, upsert
from app.docket.tables import DeadlineTable


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineRow:
    """A deadline as it stands; `next_at` is when time will next have something to say about it, if ever."""

    deadline_id: str
    root_id: str
    lead_id: str
    node_id: str
    rule: str
    source: str
    source_text: str
    version: str
    started: datetime
    due: datetime
    stopped: datetime | None
    suspended_at: datetime | None
    warned_at: datetime | None
    breached_at: datetime | None
    next_at: datetime | None
    provisional: bool


SELECTED = selected(DeadlineTable, DeadlineRow)
CURRENT = upsert(
    DeadlineTable,
    DeadlineRow,
    ("deadline_id",),
    "due",
    "stopped",
    "suspended_at",
    "warned_at",
    "breached_at",
    "next_at",
    "provisional",
)
