"""The rows that a case, its acts and its notices become."""

import hashlib
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.casework.calendar import Calendar
from app.casework.case import ActRef, Case, Lead, on_record
from app.casework.deadlines import Deadline
from app.casework.decision import Decision, Notice
from app.casework.document import Act
from app.casework.lapse import next_event
from app.casework.records.erasure import all_erased, erased_for, tombstone
from app.docket.decrypted_case import DecryptedCase
from app.docket.issuer import Issued, Issuer
from app.docket.record import Row, Rows
from app.docket.submission import Submission
from app.transparency.entries import act_entry, notice_entry
from app.vault import encrypt


def act_ref(act: Act[Any], body_sha256: bytes, seq: int, decision: Decision) -> ActRef:
    """Return an act as its case keeps it on record."""
    return ActRef(
        act_id=act.act_id,
        act=act.name,
        lead_id=act.lead_id,
        sender=act.sender,
        jws_sha256=act.jws_sha256,
        seq=seq,
        readers=tuple(dict.fromkeys((act.sender, *act.document.recipients, *sorted(decision.also_read)))),
        contents=(body_sha256.hex(), *dict.fromkeys(one.sha256 for one in act.document.attachments)),
        sealed_for=tuple(one.recipient for one in act.document.sealed),
    )


def gather_act(
    rows: Rows, decrypted: DecryptedCase, taken: Submission, ref: ActRef, receipt: Issued, now: datetime
) -> None:
    """Gather the rows of one act: itself, its readers, its place in the queue for the log."""
    root_id, act = decrypted.case.root_id, taken.act
    rows.acts.append(
        (
            root_id,
            ref.seq,
            act.lead_id,
            act.act_id,
            act.sender,
            taken.kid,
            act.name,
            taken.jws,
            encrypt(decrypted.body_key(act.name), taken.body, act.act_id.encode()),
            taken.body_sha256,
            receipt.body,
            receipt.jws,
            receipt.jws_sm2,
            now,
        )
    )
    entry = act_entry(jws=taken.jws, body=taken.body, receipt=receipt.body, receipt_jws=receipt.jws)
    _gather_common(rows, "act", entry, ref, root_id, act.document.recipients, now)


def gather_notice(
    rows: Rows,
    decrypted: DecryptedCase,
    notice: Notice,
    notice_id: str,
    issued: Issued,
    issuer: Issuer,
    now: datetime,
) -> Case:
    """Gather the rows of a notice and return the case with it on record."""
    root_id = decrypted.case.root_id
    decrypted.seq += 1
    ref = ActRef(
        act_id=notice_id,
        act=notice.notice,
        lead_id=notice.lead_id,
        sender=issuer.exchange_id,
        jws_sha256=hashlib.sha256(issued.jws.encode("ascii")).hexdigest(),
        seq=decrypted.seq,
        readers=(notice.to,),
    )
    rows.acts.append(
        (
            root_id,
            ref.seq,
            notice.lead_id,
            notice_id,
            issuer.exchange_id,
            issuer.key.kid,
            notice.notice,
            issued.jws,
            encrypt(decrypted.data_key, issued.body, notice_id.encode()),
            hashlib.sha256(issued.body).digest(),
            None,
            None,
            None,
            now,
        )
    )
    entry = notice_entry(jws=issued.jws, body=issued.body)
    _gather_common(rows, "notice", entry, ref, root_id, (notice.to,), now)
    return on_record(decrypted.case, ref)


def _gather_common(
    rows: Rows,
    kind: str,
    entry: bytes,
    ref: ActRef,
    root_id: str,
    addressed: tuple[str, ...],
    now: datetime,
) -> None:
    rows.readers.extend((node, ref.act_id, ref.lead_id, root_id, ref.seq) for node in ref.readers)
    rows.unsequenced.append(
        (
            kind,
            entry,
            now,
            ref.act_id,
            ref.act,
            ref.lead_id,
            ref.sender,
            " ".join(addressed),
            len(rows.unsequenced),
        )
    )


def gather_erased(rows: Rows, decrypted: DecryptedCase, key: tuple[bytes, bytes], now: datetime) -> None:
    """Gather the end of a case's content: what stays of it under a key of its own, and everything else gone."""
    root_id, (clear, wrapped) = decrypted.case.root_id, key
    snapshot = encrypt(clear, tombstone(decrypted.case).model_dump_json().encode(), root_id.encode())
    rows.erased_cases.append((root_id, decrypted.seq, wrapped, snapshot, now))
    rows.erased_leads.extend((lead_id,) for lead_id in decrypted.case.leads)


def gather_case(
    rows: Rows, root_id: str, decrypted: DecryptedCase, calendar: Calendar, zone: ZoneInfo, now: datetime
) -> None:
    """Gather what a case has become: its row, its leads in every party's list, its deadlines."""
    if not decrypted.touched:
        return
    case = decrypted.case
    if decrypted.next_key is not None and all_erased(case):
        gather_erased(rows, decrypted, decrypted.next_key, now)
    else:
        snapshot = encrypt(decrypted.data_key, case.model_dump_json().encode(), root_id.encode())
        if decrypted.is_new:
            rows.new_cases.append((root_id, decrypted.seq, decrypted.wrapped_key, snapshot))
        else:
            rows.changed_cases.append((root_id, decrypted.seq, snapshot))
        if decrypted.next_key is not None:
            rows.next_keys.append((root_id, decrypted.next_key[1]))
            # A node that comes to know another part may read again of the lead that was split.
            decrypted.touched |= set(case.leads)
    for lead_id in decrypted.touched:
        gather_entries(rows, case, case.leads[lead_id])
    rows.deadlines.extend(
        deadline_row(root_id, deadline, calendar, zone)
        for deadline in case.deadlines
        if deadline.deadline_id in decrypted.touched_deadlines
    )


def deadline_row(root_id: str, deadline: Deadline, calendar: Calendar, zone: ZoneInfo) -> Row:
    """Return the row of a deadline, with the instant at which time will next have something to say about it."""
    coming = next_event(deadline, calendar, zone)
    return (
        deadline.deadline_id,
        root_id,
        deadline.lead_id,
        deadline.node,
        deadline.rule,
        deadline.source,
        deadline.source_text,
        deadline.version,
        deadline.started,
        deadline.due,
        deadline.stopped,
        deadline.pauses[-1].since if deadline.stands_still else None,
        deadline.warned,
        deadline.breached,
        coming.at if coming else None,
        deadline.provisional,
    )


def gather_entries(rows: Rows, case: Case, lead: Lead) -> None:
    """Gather a lead's row in the list of each of its parties."""
    due: dict[str, datetime] = {}
    for deadline in case.open_deadlines(lead.lead_id):
        if deadline.stands_still:
            continue
        due[deadline.node] = min(deadline.due, due.get(deadline.node, deadline.due))
    for node in lead.parties:
        erased = erased_for(case, node, lead.lead_id) is not None
        if erased:
            rows.erased_entries.append((node, lead.lead_id))
        shown = lead.as_known_by(node)
        role = "holder" if node == lead.holder else "origin" if node == lead.origin else "participant"
        rows.entries.append(
            (
                node,
                lead.lead_id,
                case.root_id,
                str(shown.state),
                None if erased else shown.category,
                role,
                node == lead.origin,
                lead.registered_at,
                due.get(node),
                shown.sealed,
                erased,
            )
        )
