"""What a batch writes: acts and notices with their readers, files and entries for the log, one statement a table.

What becomes of a case is gathered by `app.docket.decrypted_case`, into the same rows.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import asyncpg

from app.casework.case import ActRef, Case, on_record
from app.casework.decision import Decision, Notice
from app.casework.document import Act
from app.db import Statement
from app.docket.decrypted_case import DecryptedCase
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
from app.docket.rows.gathered import Rows
from app.docket.submission import Submission
from app.registry.voice import Said, Voice
from app.transparency.entries import act_entry, notice_entry
from app.transparency.queue import ENQUEUE, Waiting
from app.vault import encrypt

NOTICES = UUID("0d8b1d8e-52c1-4f0a-9f0c-6a4f4f8a2b11")


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
    rows: Rows, decrypted: DecryptedCase, taken: Submission, ref: ActRef, receipt: Said, now: datetime
) -> None:
    """Gather the rows of one act: itself, its readers, its place in the queue for the log."""
    act, signed = taken.act, taken.signed
    rows.acts.append(
        ActRow(
            root_id=decrypted.case.root_id,
            root_seq=ref.seq,
            lead_id=act.lead_id,
            act_id=act.act_id,
            sender=act.sender,
            kid=signed.key.kid,
            act=act.name,
            jws=signed.jws.token,
            body=encrypt(decrypted.body_key(act.name), signed.jws.body, act.act_id.encode()),
            body_sha256=signed.body_sha256,
            receipt=receipt.body,
            receipt_jws=receipt.jws,
            receipt_jws_sm2=receipt.jws_sm2,
            received_at=now,
        )
    )
    entry = act_entry(jws=signed.jws.token, body=signed.jws.body, receipt=receipt.body, receipt_jws=receipt.jws)
    addressed = " ".join(act.document.recipients)
    rows.waiting.append(Waiting("act", entry, now, act.act_id, act.name, act.lead_id, act.sender, addressed))
    _gather_readers(rows, decrypted.case.root_id, ref)


def gather_notice(
    rows: Rows, voice: Voice, decrypted: DecryptedCase, notice: Notice, because_of: str, now: datetime
) -> Case:
    """Say a notice, gather its rows, and return the case with it on record; `because_of` is as for `notice_id`."""
    jti = notice_id(notice.notice, notice.lead_id, notice.to, because_of)
    said = voice.notice(notice.notice, notice.to, notice.content, lead_id=notice.lead_id, jti=jti, now=now)
    decrypted.seq += 1
    ref = ActRef(
        act_id=jti,
        act=notice.notice,
        lead_id=notice.lead_id,
        sender=voice.exchange_id,
        jws_sha256=hashlib.sha256(said.jws.encode("ascii")).hexdigest(),
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
            kid=voice.ring.keys.signing.kid,
            act=ref.act,
            jws=said.jws,
            body=encrypt(decrypted.data_key, said.body, jti.encode()),
            body_sha256=hashlib.sha256(said.body).digest(),
            received_at=now,
        )
    )
    entry = notice_entry(jws=said.jws, body=said.body)
    rows.waiting.append(Waiting("notice", entry, now, ref.act_id, ref.act, ref.lead_id, ref.sender, notice.to))
    _gather_readers(rows, decrypted.case.root_id, ref)
    return on_record(decrypted.case, ref)


def _gather_readers(rows: Rows, root_id: str, ref: ActRef) -> None:
    rows.readers += [ReaderRow(node, ref.act_id, ref.lead_id, root_id, ref.seq) for node in ref.readers]


def notice_id(notice: str, lead_id: str, to: str, because_of: str) -> str:
    """Return the id of a notice; it follows from its cause: an act, an event of a deadline, or another lead."""
    return str(uuid5(NOTICES, f"{because_of}:{notice}:{lead_id}:{to}"))
