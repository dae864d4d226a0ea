"""The table `blind_index`: what tells the persons of a lead apart, as keyed digests."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from app.casework.acts.register import Person
from app.casework.traits import traits
from app.docket.blind_index import BlindIndex
from app.docket.rows.statement import insert, one_column


@dataclass(frozen=True, slots=True)
class BlindIndexRow:
    """The digest of one trait of a registered lead."""

    digest: bytes
    lead_id: str
    root_id: str
    kind: str
    registered_at: datetime


NEW = insert(BlindIndex, BlindIndexRow)
# Whatever finds a lead by its content goes with the content.
ERASED = one_column("""
    WITH gone AS (SELECT * FROM unnest($1::uuid[]) AS one (lead_id)),
    number AS (DELETE FROM lead_number USING gone WHERE lead_number.lead_id = gone.lead_id),
    queued AS (DELETE FROM match_queue USING gone WHERE match_queue.lead_id = gone.lead_id)
    DELETE FROM blind_index USING gone WHERE blind_index.lead_id = gone.lead_id
""")


def index_rows(key: bytes, lead_id: str, persons: Iterable[Person], now: datetime) -> list[BlindIndexRow]:
    """Return the rows of a lead that is registered now; none if nobody in it can be told apart."""
    return [
        BlindIndexRow(hmac.digest(key, f"{kind}:{value}".encode(), "sha256"), lead_id, lead_id, kind, now)
        for kind, value in sorted(traits(persons))
    ]
