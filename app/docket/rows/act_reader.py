"""The table `act_reader`: who may read an act."""

from dataclasses import dataclass
from operator import attrgetter

from app.db import Statement
from app.docket.rows.lead_entry import Party
from app.docket.rows.statement import insert, new_rows, selected
from app.docket.tables import ActReader


@dataclass(frozen=True, slots=True)
class ReaderRow:
    """A node that may read an act."""

    node_id: str
    act_id: str
    lead_id: str
    root_id: str
    root_seq: int


SELECTED = selected(ActReader, ReaderRow)
NEW = insert(ActReader, ReaderRow, "ON CONFLICT DO NOTHING")
# Whom the lead turned out to concern loses its place in the list with the acts.
BARRED: Statement[Party] = Statement(
    f"""
    WITH barred AS (SELECT * FROM {new_rows(ActReader, "node_id", "lead_id")}),
    entry AS (
        DELETE FROM lead_entry USING barred
        WHERE lead_entry.node_id = barred.node_id AND lead_entry.lead_id = barred.lead_id
    )
    DELETE FROM act_reader USING barred
    WHERE act_reader.node_id = barred.node_id AND act_reader.lead_id = barred.lead_id
    """,  # noqa: S608 (ours)
    attrgetter("node_id", "lead_id"),
)
