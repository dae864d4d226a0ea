"""The rows of one batch, by table."""

from dataclasses import dataclass, field

from app.docket.rows.act import ActRow
from app.docket.rows.act_reader import ReaderRow
from app.docket.rows.blind_index import BlindIndexRow
from app.docket.rows.case import CaseRow
from app.docket.rows.deadline import DeadlineRow
from app.docket.rows.enclosed import EnclosedRow
from app.docket.rows.lead_entry import EntryRow, Party
from app.docket.rows.lead_number import NumberRow
from app.docket.rows.match_queue import MatchQueueRow
from app.docket.rows.stat_delta import DeltaRow
from app.docket.rows.subject import SubjectRow
from app.transparency.queue import Waiting


@dataclass(slots=True)
class Rows:
    """Rows that a batch will write, and ids of rows that it will change."""

    new_cases: list[CaseRow] = field(default_factory=list)
    changed_cases: list[CaseRow] = field(default_factory=list)
    next_keys: list[CaseRow] = field(default_factory=list)
    erased_cases: list[CaseRow] = field(default_factory=list)
    erased_leads: list[str] = field(default_factory=list)
    erased_entries: list[Party] = field(default_factory=list)
    acts: list[ActRow] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    readers: list[ReaderRow] = field(default_factory=list)
    barred: list[Party] = field(default_factory=list)
    offers_ended: list[str] = field(default_factory=list)
    subjects: dict[str, SubjectRow] = field(default_factory=dict)
    entries: list[EntryRow] = field(default_factory=list)
    deadlines: list[DeadlineRow] = field(default_factory=list)
    numbers: list[NumberRow] = field(default_factory=list)
    enclosed: list[EnclosedRow] = field(default_factory=list)
    deltas: list[DeltaRow] = field(default_factory=list)
    blind_index: list[BlindIndexRow] = field(default_factory=list)
    match_queue: list[MatchQueueRow] = field(default_factory=list)
