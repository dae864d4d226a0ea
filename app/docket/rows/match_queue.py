"""The table `match_queue`: registered leads that are still to be compared with those before them."""

from dataclasses import dataclass
from datetime import datetime

from app.docket.blind_index import MatchQueue
from app.docket.rows.statement import insert


@dataclass(frozen=True, slots=True)
class MatchQueueRow:
    """A lead that waits to be compared."""

    lead_id: str
    queued_at: datetime


NEW = insert(MatchQueue, MatchQueueRow)
