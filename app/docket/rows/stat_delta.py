"""The table `stat_delta`: what a batch added to a figure."""

from dataclasses import dataclass
from datetime import date

from app.docket.rows.statement import insert
from app.docket.stat_tables import StatDelta


@dataclass(frozen=True, slots=True)
class DeltaRow:
    """By how much a figure of a node changed."""

    node_id: str
    audience: str
    day: date
    measure: str
    delta: int


NEW = insert(StatDelta, DeltaRow)
