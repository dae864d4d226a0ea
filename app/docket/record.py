"""What a batch writes: acts and notices with their readers, files and entries for the log, one statement a table.

What becomes of a case is gathered by `app.docket.case_rows`, into the same rows.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg

from app.casework.case import ActRef, Case, on_record
from app.casework.decision import Decision, Notice
from app.casework.document import Act
from app.db import Statement
from app.docket.decrypted_case import DecryptedCase
from app.docket.issuer import Issued, Issuer
from app.docket.rows import (
    act,
    act_reader,
    blind_index,
    case,
    deadline,
    enclosed,
    lead_entry,
    lead_number,
    match_queue,
    stat_delta,
    subject,
)
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
from app.docket.submission import Submission
from app.transparency.entries import act_entry, notice_entry
from app.transparency.queue import ENQUEUE, Waiting
from app.vault import encrypt


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


async def write(connection: "asyncpg.Connection[Any]", rows: Rows) -> None:
    """Write a batch inside the caller's transaction. Nothing is sent for a table without rows."""
    statements: tuple[tuple[Statement[Any], Iterable[Any]], ...] = (
        (case.NEW, rows.new_cases),
        (case.CHANGED, rows.changed_cases),
        (act.NEW, rows.acts),
        (ENQUEUE, rows.waiting),
        (act_reader.NEW, rows.readers),
        (act_reader.BARRED, rows.barred),
        (subject.OFFER_ENDED, rows.offers_ended),
        (subject.NEW, rows.subjects.values()),
        (lead_entry.CURRENT, rows.entries),
        (deadline.CURRENT, rows.deadlines),
        (lead_number.NEW, rows.numbers),
        (enclosed.NEW, rows.enclosed),
        (stat_delta.NEW, rows.deltas),
        (blind_index.NEW, rows.blind_index),
        (match_queue.NEW, rows.match_queue),
        (case.NEXT_KEY, rows.next_keys),
        (lead_entry.ERASED, rows.erased_entries),
        (case.ERASED, rows.erased_cases),
        (blind_index.ERASED, rows.erased_leads),
    )
    for statement, gathered in statements:
        if gathered:
            columns = zip(*map(statement.values, gathered), strict=True)
            await connection.execute(statement.sql, *map(list, columns))


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
    act = taken.act
    rows.acts.append(
        ActRow(
            root_id=decrypted.case.root_id,
            root_seq=ref.seq,
            lead_id=act.lead_id,
            act_id=act.act_id,
            sender=act.sender,
            kid=taken.kid,
            act=act.name,
            jws=taken.jws,
            body=encrypt(decrypted.body_key(act.name), taken.body, act.act_id.encode()),
            body_sha256=taken.body_sha256,
            receipt=receipt.body,
            receipt_jws=receipt.jws,
            receipt_jws_sm2=receipt.jws_sm2,
            received_at=now,
        )
    )
    entry = act_entry(jws=taken.jws, body=taken.body, receipt=receipt.body, receipt_jws=receipt.jws)
    addressed = " ".join(act.document.recipients)
    rows.waiting.append(Waiting("act", entry, now, act.act_id, act.name, act.lead_id, act.sender, addressed))
    _gather_readers(rows, decrypted.case.root_id, ref)


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
        ActRow(
            root_id=decrypted.case.root_id,
            root_seq=ref.seq,
            lead_id=ref.lead_id,
            act_id=ref.act_id,
            sender=ref.sender,
            kid=issuer.key.kid,
            act=ref.act,
            jws=issued.jws,
            body=encrypt(decrypted.data_key, issued.body, notice_id.encode()),
            body_sha256=hashlib.sha256(issued.body).digest(),
            received_at=now,
        )
    )
    entry = notice_entry(jws=issued.jws, body=issued.body)
    rows.waiting.append(Waiting("notice", entry, now, ref.act_id, ref.act, ref.lead_id, ref.sender, notice.to))
    _gather_readers(rows, decrypted.case.root_id, ref)
    return on_record(decrypted.case, ref)


def _gather_readers(rows: Rows, root_id: str, ref: ActRef) -> None:
    rows.readers += [ReaderRow(node, ref.act_id, ref.lead_id, root_id, ref.seq) for node in ref.readers]
