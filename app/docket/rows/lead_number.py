"""The table `lead_number`: lead, document and external numbers as keyed digests."""

from dataclasses import dataclass

from app.docket.rows.statement import insert
from app.docket.tables import LeadNumber


@dataclass(frozen=True, slots=True)
class NumberRow:
    """The digest of a number of a lead; `act_id` is the act that bears it, None for the lead's own number."""

    digest: bytes
    lead_id: str
    act_id: str | None


NEW = insert(LeadNumber, NumberRow)
