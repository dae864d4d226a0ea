"""The table `subject`: every id that acts brought into the world."""

from dataclasses import dataclass

from app.docket.rows.statement import insert, one_column, selected
from app.docket.tables import Subject


@dataclass(frozen=True, slots=True)
class SubjectRow:
    """An id, with the case and the lead that it belongs to; `on_offer` while it is a transfer that waits."""

    subject_id: str
    kind: str
    root_id: str
    lead_id: str
    on_offer: bool


SELECTED = selected(Subject, SubjectRow)
NEW = insert(Subject, SubjectRow)
OFFER_ENDED = one_column("UPDATE subject SET on_offer = false WHERE subject_id = ANY($1::uuid[])")
