"""A case in memory while its batch runs, with its keys in the clear, and the rows that it becomes at the end.

Those are itself, its leads in every party's list, its deadlines, and what it adds to the figures.
"""

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

from app.casework.calendar import Calendar
from app.casework.case import Case, Lead
from app.casework.deadlines import Deadline, next_event
from app.casework.records.erasure import ERASE, all_erased, erased_for, tombstone
from app.casework.statistics.figures import Key, figures
from app.docket.rows.case import CaseRow
from app.docket.rows.deadline import DeadlineRow
from app.docket.rows.gathered import Rows
from app.docket.rows.lead_entry import EntryRow, Party
from app.docket.rows.stat_delta import DeltaRow
from app.stored import root_key, stored_case
from app.vault import KEY_BYTES, Vault, encrypt


@dataclass(slots=True)
class DecryptedCase:
    """A case with its data key; `before` is the case as it was decrypted.

    `next_key` is the data key that it will have when all its parts are erased, once one of them is: in the clear, and
    wrapped.
    """

    case: Case
    data_key: bytes
    wrapped_key: bytes
    seq: int
    is_new: bool
    next_key: tuple[bytes, bytes] | None = None
    touched: set[str] = field(default_factory=set)
    touched_deadlines: set[str] = field(default_factory=set)
    before: Case = field(init=False)

    def __post_init__(self) -> None:
        self.before = self.case

    @classmethod
    def fresh(cls, vault: Vault, root_id: str) -> Self:
        """Return an empty case under a new data key."""
        data_key, wrapped = _fresh_key(vault, root_id)
        return cls(Case(root_id=root_id), data_key, wrapped, 0, is_new=True)

    @classmethod
    def stored(cls, vault: Vault, row: CaseRow) -> Self:
        """Return a stored case, decrypted."""
        data_key = root_key(vault, row.root_id, row.data_key)
        case = stored_case(data_key, row.root_id, row.snapshot)
        coming = None if row.next_key is None else (root_key(vault, row.root_id, row.next_key), row.next_key)
        return cls(case, data_key, row.data_key, row.last_seq, is_new=False, next_key=coming)

    def outlast(self, vault: Vault) -> None:
        """Make the key that outlives the data key, if there is none yet: what says of an erasure is under it."""
        self.next_key = self.next_key or _fresh_key(vault, self.case.root_id)

    def body_key(self, act: str) -> bytes:
        """Return the key under which the body of an act is kept."""
        return self.next_key[0] if act == ERASE and self.next_key is not None else self.data_key

    def seal_file_key(self, act: str, object_key: str, file_key: bytes) -> bytes:
        """Return the key of a file that an act names, under the key of the act's own body."""
        return encrypt(self.body_key(act), file_key, object_key.encode())


def _fresh_key(vault: Vault, root_id: str) -> tuple[bytes, bytes]:
    key = os.urandom(KEY_BYTES)
    return key, vault.wrap(key, root_id.encode())


def gather_case(rows: Rows, decrypted: DecryptedCase, calendar: Calendar, zone: ZoneInfo, now: datetime) -> None:
    """Gather what a case has become: its row, its leads in every party's list, its deadlines."""
    if not decrypted.touched:
        return
    case, next_key = decrypted.case, decrypted.next_key
    if next_key is not None and all_erased(case):
        rows.erased_cases.append(_end_of(decrypted, next_key, now))
        rows.erased_leads += case.leads
    else:
        snapshot = encrypt(decrypted.data_key, case.model_dump_json().encode(), case.root_id.encode())
        coming = None if next_key is None else next_key[1]
        row = CaseRow(case.root_id, decrypted.seq, decrypted.wrapped_key, snapshot, coming)
        (rows.new_cases if decrypted.is_new else rows.changed_cases).append(row)
        if next_key is not None:
            rows.next_keys.append(row)
            # A node that comes to know another part may read again of the lead that was split.
            decrypted.touched |= set(case.leads)
    for lead_id in decrypted.touched:
        entries = entry_rows(case, case.leads[lead_id])
        rows.entries += entries
        rows.erased_entries += [Party(entry.node_id, lead_id) for entry in entries if entry.erased]
    rows.deadlines += [
        deadline_row(case.root_id, deadline, calendar, zone)
        for deadline in case.deadlines
        if deadline.deadline_id in decrypted.touched_deadlines
    ]


def _end_of(decrypted: DecryptedCase, key: tuple[bytes, bytes], now: datetime) -> CaseRow:
    """Return the end of a case's content: what stays of it under a key of its own, and everything else gone."""
    (clear, wrapped), root_id = key, decrypted.case.root_id
    snapshot = encrypt(clear, tombstone(decrypted.case).model_dump_json().encode(), root_id.encode())
    return CaseRow(root_id, decrypted.seq, wrapped, snapshot, None, now)


def deadline_row(root_id: str, deadline: Deadline, calendar: Calendar, zone: ZoneInfo) -> DeadlineRow:
    """Return the row of a deadline, with the instant at which time will next have something to say about it."""
    coming = next_event(deadline, calendar, zone)
    return DeadlineRow(
        deadline_id=deadline.deadline_id,
        root_id=root_id,
        lead_id=deadline.lead_id,
        node_id=deadline.node,
        rule=deadline.rule,
        source=deadline.source,
        source_text=deadline.source_text,
        version=deadline.version,
        started=deadline.started,
        due=deadline.due,
        stopped=deadline.stopped,
        suspended_at=deadline.pauses[-1].since if deadline.stands_still else None,
        warned_at=deadline.warned,
        breached_at=deadline.breached,
        next_at=coming.at if coming else None,
        provisional=deadline.provisional,
    )


def entry_rows(case: Case, lead: Lead) -> list[EntryRow]:
    """Return a lead's row in the list of each of its parties."""
    due: dict[str, datetime] = {}
    may_be_erased = case.is_erased_in_part
    for deadline in case.open_deadlines(lead.lead_id):
        if not deadline.stands_still:
            due[deadline.node] = min(deadline.due, due.get(deadline.node, deadline.due))
    rows = []
    for node in lead.parties:
        shown = lead.as_known_by(node)
        erased = may_be_erased and erased_for(case, node, lead.lead_id) is not None
        rows.append(
            EntryRow(
                node_id=node,
                lead_id=lead.lead_id,
                root_id=case.root_id,
                state=str(shown.state),
                category=None if erased else shown.category,
                role="holder" if node == lead.holder else "origin" if node == lead.origin else "participant",
                is_origin=node == lead.origin,
                registered_at=lead.registered_at,
                due=due.get(node),
                sealed=shown.sealed,
                erased=erased,
            )
        )
    return rows


def gather_deltas(rows: Rows, cases: Iterable[DecryptedCase], exchange_id: str, zone: ZoneInfo, now: datetime) -> None:
    """Gather what the batch adds to the figures: of each case, and that an agency acted on this day.

    The figures of every case that the batch touched are taken before and after it; the difference is appended in the
    batch's own commit. So the sums are right whatever is folded when, and no two batches meet on one row.
    """
    changed: Counter[Key] = Counter()
    for decrypted in cases:
        if not decrypted.touched:
            continue
        after, before = figures(decrypted.case, zone), figures(decrypted.before, zone)
        if after != before:
            changed.update(after)
            changed.subtract(before)
        for ref in decrypted.case.acts[len(decrypted.before.acts) :]:
            if ref.sender != exchange_id:
                changed[ref.sender, "own", now.astimezone(zone).date(), "acts"] += 1
    rows.deltas += [DeltaRow(*key, delta) for key, delta in changed.items() if delta]
