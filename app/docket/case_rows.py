"""The rows that a case becomes: itself, its leads in every party's list, its deadlines, what it adds to the figures."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from app.casework.calendar import Calendar
from app.casework.case import Case, Lead
from app.casework.deadlines import Deadline
from app.casework.lapse import next_event
from app.casework.records.erasure import all_erased, erased_for, tombstone
from app.casework.statistics.figures import Key, figures
from app.docket.decrypted_case import DecryptedCase
from app.docket.record import Rows
from app.docket.rows.case import CaseRow
from app.docket.rows.deadline import DeadlineRow
from app.docket.rows.lead_entry import EntryRow, Party
from app.docket.rows.stat_delta import DeltaRow
from app.vault import encrypt


def gather_case(rows: Rows, decrypted: DecryptedCase, calendar: Calendar, zone: ZoneInfo, now: datetime) -> None:
    """Gather what a case has become: its row, its leads in every party's list, its deadlines."""
    if not decrypted.touched:
        return
    case, next_key = decrypted.case, decrypted.next_key
    if next_key is not None and all_erased(case):
        rows.erased_cases.append(_erased(decrypted, next_key, now))
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


def _erased(decrypted: DecryptedCase, key: tuple[bytes, bytes], now: datetime) -> CaseRow:
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
    for deadline in case.open_deadlines(lead.lead_id):
        if not deadline.stands_still:
            due[deadline.node] = min(deadline.due, due.get(deadline.node, deadline.due))
    rows = []
    for node in lead.parties:
        shown, erased = lead.as_known_by(node), erased_for(case, node, lead.lead_id) is not None
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
