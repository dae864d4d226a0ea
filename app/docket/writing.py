"""A case in memory during a batch, and the rows that its acts and notices become."""

import hashlib
import os
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from app.casework.calendar import Calendar
from app.casework.case import ActRef, Case, Lead, on_record
from app.casework.clocks import Clock
from app.casework.decision import Decision, Notice
from app.casework.document import Act
from app.casework.erasing import ERASE, all_erased, erased_for, tombstone
from app.casework.lapse import next_event
from app.casework.rules import EDITION
from app.docket.issuer import Issued, Issuer
from app.docket.record import Row, Rows
from app.docket.submission import Submission
from app.stored import root_key, stored_case
from app.transparency.entries import act_entry, notice_entry
from app.vault import KEY_BYTES, Vault, encrypt


@dataclass(slots=True)
class Opened:
    """A case with its data key in the clear, for as long as its batch runs; `before` is the case as it was opened.

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
    touched_clocks: set[str] = field(default_factory=set)
    before: Case = field(init=False)

    def __post_init__(self) -> None:
        self.before = self.case

    @classmethod
    def fresh(cls, vault: Vault, root_id: str) -> Self:
        """Return an empty case under a new data key."""
        data_key, wrapped = _fresh_key(vault, root_id)
        return cls(Case(root_id=root_id), data_key, wrapped, 0, is_new=True)

    @classmethod
    def stored(cls, vault: Vault, row: Any) -> Self:
        """Return a stored case, decrypted; `row` has all columns of it."""
        root_id = str(row["root_id"])
        data_key = root_key(vault, root_id, row["data_key"])
        case = stored_case(data_key, root_id, row["snapshot"])
        coming = row["next_key"] and (root_key(vault, root_id, row["next_key"]), row["next_key"])
        return cls(case, data_key, row["data_key"], row["last_seq"], is_new=False, next_key=coming)

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


def act_ref(act: Act[Any], body_sha256: bytes, seq: int, decision: Decision, edition: int = EDITION) -> ActRef:
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
        edition=edition,
    )


def gather_act(rows: Rows, opened: Opened, taken: Submission, ref: ActRef, receipt: Issued, now: datetime) -> None:
    """Gather the rows of one act: itself, its readers, its place in the queue for the log."""
    root_id, act = opened.case.root_id, taken.act
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
            encrypt(opened.body_key(act.name), taken.body, act.act_id.encode()),
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
    opened: Opened,
    notice: Notice,
    notice_id: str,
    issued: Issued,
    issuer: Issuer,
    now: datetime,
) -> Case:
    """Gather the rows of a notice and return the case with it on record."""
    root_id = opened.case.root_id
    opened.seq += 1
    ref = ActRef(
        act_id=notice_id,
        act=notice.notice,
        lead_id=notice.lead_id,
        sender=issuer.exchange_id,
        jws_sha256=hashlib.sha256(issued.jws.encode("ascii")).hexdigest(),
        seq=opened.seq,
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
            encrypt(opened.data_key, issued.body, notice_id.encode()),
            hashlib.sha256(issued.body).digest(),
            None,
            None,
            None,
            now,
        )
    )
    entry = notice_entry(jws=issued.jws, body=issued.body)
    _gather_common(rows, "notice", entry, ref, root_id, (notice.to,), now)
    return on_record(opened.case, ref)


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


def gather_erased(rows: Rows, opened: Opened, key: tuple[bytes, bytes], now: datetime) -> None:
    """Gather the end of a case's content: what stays of it under a key of its own, and everything else gone."""
    root_id, (clear, wrapped) = opened.case.root_id, key
    snapshot = encrypt(clear, tombstone(opened.case).model_dump_json().encode(), root_id.encode())
    rows.erased_cases.append((root_id, opened.seq, wrapped, snapshot, now))
    rows.erased_leads.extend((lead_id,) for lead_id in opened.case.leads)


def gather_case(rows: Rows, root_id: str, opened: Opened, calendar: Calendar, zone: ZoneInfo, now: datetime) -> None:
    """Gather what a case has become: its row, its leads in every party's list, its clocks."""
    if not opened.touched:
        return
    case = opened.case
    if opened.next_key is not None and all_erased(case):
        gather_erased(rows, opened, opened.next_key, now)
    else:
        snapshot = encrypt(opened.data_key, case.model_dump_json().encode(), root_id.encode())
        if opened.is_new:
            rows.new_cases.append((root_id, opened.seq, opened.wrapped_key, snapshot))
        else:
            rows.changed_cases.append((root_id, opened.seq, snapshot))
        if opened.next_key is not None:
            rows.next_keys.append((root_id, opened.next_key[1]))
    for lead_id in opened.touched:
        gather_entries(rows, case, case.leads[lead_id])
    rows.clocks.extend(
        clock_row(root_id, clock, calendar, zone) for clock in case.clocks if clock.clock_id in opened.touched_clocks
    )


def clock_row(root_id: str, clock: Clock, calendar: Calendar, zone: ZoneInfo) -> Row:
    """Return the row of a clock, with the instant at which time will next have something to say about it."""
    coming = next_event(clock, calendar, zone)
    return (
        clock.clock_id,
        root_id,
        clock.lead_id,
        clock.node,
        clock.rule,
        clock.source,
        clock.source_text,
        clock.version,
        clock.started,
        clock.due,
        clock.stopped,
        clock.pauses[-1].since if clock.stands_still else None,
        clock.warned,
        clock.breached,
        coming.at if coming else None,
        clock.provisional,
    )


def gather_entries(rows: Rows, case: Case, lead: Lead) -> None:
    """Gather a lead's row in the list of each of its parties."""
    due: dict[str, datetime] = {}
    for clock in case.open_clocks(lead.lead_id):
        if clock.stands_still:
            continue
        due[clock.node] = min(clock.due, due.get(clock.node, clock.due))
    for node in lead.parties:
        erased = erased_for(case, node, lead.lead_id) is not None
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
