"""A case from its beginning: every stored act decided again, every notice followed to its cause. Pure.

What was given from outside and is not in the acts is taken from where it was said first: lead numbers, limits and
practices from the stored case, and held against what else is on record of them (the receipts, the index of numbers).
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from app.audit.cases.differences import Differs
from app.audit.cases.surroundings import FIRST, LAG, LAST, Surroundings
from app.casework.acts import CATALOGUE, decide
from app.casework.case import ActRef, Case, on_record
from app.casework.deadlines import Deadline, due_event
from app.casework.decision import Decision, Notice, evolve
from app.casework.document import Act
from app.casework.lapse import counted_anew, lapse
from app.casework.limits import Limit, Limits
from app.casework.receipt import Receipt
from app.casework.records.practice import Practices, Practised
from app.casework.scene import Given
from app.docket.exchange_tasks import cause_of
from app.docket.record import act_ref, notice_id
from app.errors import Problem, Source
from app.registry.voice import result
from app.signing import strict_json


@dataclass(frozen=True, slots=True)
class Recorded:
    """One act or notice as it is stored, decrypted; a notice has no receipt."""

    seq: int
    lead_id: str
    act_id: str
    sender: str
    act: str
    jws: str
    body: bytes
    body_sha256: bytes
    receipt: bytes | None
    received_at: datetime

    @property
    def jws_sha256(self) -> str:
        return hashlib.sha256(self.jws.encode("ascii")).hexdigest()

    @property
    def called(self) -> str:
        return f"{self.act} {self.act_id} (number {self.seq})"


@dataclass(frozen=True, slots=True)
class FoldStep:
    """The case after an act or an event of a deadline, and how many rows were read for it."""

    case: Case
    rows: int


def fold(root_id: str, rows: Sequence[Recorded], surroundings: Surroundings, stored: Case) -> Iterator[Case]:
    """Yield what the acts and notices make of a case: as it was left, then with its deadlines counted anew.

    The others differ from the first only where a calendar was entered or became official after the last act. Raises
    `Differs` where the record contradicts itself.
    """
    case, done = Case(root_id=root_id), 0
    if [row.seq for row in rows] != list(range(1, len(rows) + 1)):
        raise Differs("the acts are not numbered 1, 2, 3 …")
    before = FIRST
    while done < len(rows):
        until = rows[done].received_at - LAG
        counted = _with_calendars(case, surroundings, before, until)
        step = _step((counted, case), rows[done:], surroundings, stored)
        case, done, before = step.case, done + step.rows, until
    yield case
    yield counted_anew(case, surroundings.as_of(LAST, LAST, rows[-1].received_at))
    yield _with_calendars(case, surroundings, before, LAST)


def _with_calendars(case: Case, surroundings: Surroundings, after: datetime, until: datetime) -> Case:
    """Return the case as each calendar that was entered in a time left it: the exchange counts anew soon after."""
    for entered in sorted({version.since for version in surroundings.versions if after < version.since <= until}):
        case = counted_anew(case, surroundings.as_of(entered, LAST, entered))
    return case


def _step(cases: Sequence[Case], rows: Sequence[Recorded], surroundings: Surroundings, stored: Case) -> FoldStep:
    row = rows[0]
    if hashlib.sha256(row.body).digest() != row.body_sha256:
        raise Differs(f"{row.called}: the body is not the one that was signed")
    if row.act == "notice.match":
        return _match(cases[0], row)
    failed: Differs | None = None
    for given in surroundings.given(row.received_at):
        anew = (_counted_by_now(case, given, stored) for case in cases)
        # A time loop that stood still counts later: what it had not counted yet was decided as it was.
        for before in _different((*anew, *cases)):
            try:
                return _lapse(before, rows, given) if row.receipt is None else _act(before, rows, given, stored)
            except Differs as differs:
                failed = failed or differs
    raise failed or Differs(f"{row.called}: nothing is known of that time")


def _counted_by_now(case: Case, given: Given, stored: Case) -> Case:
    """Return the case counted by a calendar that may have been entered a moment ago: what was not moved yet stays.

    The stored case tells which: what moved later, stays later.
    """
    last = {deadline.deadline_id: deadline.due for deadline in stored.deadlines}
    moved = counted_anew(case, given).deadlines
    return case.but(
        deadlines=tuple(
            anew if anew.due <= last.get(anew.deadline_id, LAST) else deadline
            for deadline, anew in zip(case.deadlines, moved, strict=True)
        )
    )


def _different(cases: Iterable[Case]) -> list[Case]:
    found: list[Case] = []
    for case in cases:
        if not any(case is known or case.deadlines == known.deadlines for known in found):
            found.append(case)
    return found


def _act(case: Case, rows: Sequence[Recorded], given: Given, stored: Case) -> FoldStep:
    row = rows[0]
    receipt, act = _receipt(row), _read(row)
    if (receipt.act_jws_sha256, receipt.body_sha256) != (act.jws_sha256, row.body_sha256.hex()):
        raise Differs(f"{row.called}: the receipt names another act")
    try:
        decision = _decide(case, act, given, stored)
    except (Problem, KeyError) as refused:
        raise Differs(f"{row.called}: refused when decided again ({_reason(refused)})") from refused
    if result(act.name, decision.leads[0].as_known_by(act.sender), decision.deadlines, given.zone) != receipt.result:
        raise Differs(f"{row.called}: decided again it has another result than its receipt says")
    ref = act_ref(act, row.body_sha256, row.seq, decision)
    return _notices(on_record(evolve(case, decision, given.now), ref), decision, row.act_id, rows, 1)


def _receipt(row: Recorded) -> Receipt:
    try:
        return Receipt.model_validate(strict_json.loads(row.receipt or b""))
    except (ValidationError, Problem) as error:
        raise Differs(f"{row.called}: the receipt is malformed") from error


def _read(row: Recorded) -> Act[Any]:
    kind = CATALOGUE.get(row.act)
    try:
        document = kind.document.model_validate(strict_json.loads(row.body)) if kind else None
    except (Problem, ValidationError) as error:
        raise Differs(f"{row.called}: the document does not fit its schema") from error
    if document is None or (document.act, document.lead_id, document.sender) != (row.act, row.lead_id, row.sender):
        raise Differs(f"{row.called}: the document is not the act that the row says")
    return Act(row.act_id, row.jws_sha256, document)


def _decide(case: Case, act: Act[Any], given: Given, stored: Case) -> Decision:
    """Decide an act again, first to see which lead numbers and limits it asked for, then with those it was given."""
    kind, given = CATALOGUE[act.name], replace(given, practices=_practices(act, stored))
    # A merge was taken, so the other lead was known and open: that is all that it asks. So was an erasure after one.
    known = dict.fromkeys(kind.other_leads(act.content), "registered")
    asked = tuple(f"#{place}" for place in range(kind.lead_numbers(act.content)))
    first = decide(case, act, replace(given, lead_nos=asked, known_leads=known, merged_erased=True))
    numbered = {lead.lead_no: stored.leads[lead.lead_id].lead_no for lead in first.leads if lead.lead_no in asked}
    limits = _limits(first.starts, given, stored)
    if not asked and limits is given.limits:
        return first
    numbers = tuple(numbered[placeholder] for placeholder in asked)
    return decide(case, act, replace(given, lead_nos=numbers, known_leads=known, limits=limits, merged_erased=True))


def _practices(act: Act[Any], stored: Case) -> Practices:
    """Return the practice by which a report was taken, as its lead keeps it; no other act is decided by one."""
    lead = stored.leads.get(act.lead_id)
    kept = lead.chapter(Practised).by_report.get(act.act_id) if lead else None
    return Practices({"": kept}) if kept else Practices()


def _limits(starts: Sequence[Deadline], given: Given, stored: Case) -> Limits:
    """Return the limits by which deadlines were started: where the stored deadline names another version, its own."""
    kept = {deadline.deadline_id: deadline for deadline in stored.deadlines}
    changed: list[tuple[str, Limit]] = []
    for deadline in starts:
        was = kept.get(deadline.deadline_id)
        if was is None or was.version == deadline.version:
            continue
        place = given.nodes[deadline.node].division_code
        now = given.limits.rule(deadline.rule, place)
        source = Source(was.source, was.source_text)
        changed.append((place, replace(now, amount=was.amount, unit=was.unit, source=source, version=was.version)))
    if not changed:
        return given.limits
    local = {place: dict(rules) for place, rules in given.limits.local.items()}
    for place, rule in changed:
        local.setdefault(place, {})[rule.rule] = rule
    return Limits(local)


def _lapse(case: Case, rows: Sequence[Recorded], given: Given) -> FoldStep:
    """Follow the notices of an event of a deadline: the first one's id says of which."""
    row = rows[0]
    (to,) = strict_json.loads(row.body)["recipients"]
    for deadline in case.deadlines:
        coming = due_event(deadline, given.now, given.calendar, given.zone)
        if coming is None or deadline.lead_id != row.lead_id:
            continue
        cause = cause_of(deadline.deadline_id, coming)
        if notice_id(row.act, row.lead_id, to, cause) == row.act_id:
            decision = lapse(case, deadline.deadline_id, coming.event, given)
            return _notices(evolve(case, decision, given.now), decision, cause, rows, 0)
    raise Differs(f"{row.called}: nothing on record is the cause of this notice")


def _match(case: Case, row: Recorded) -> FoldStep:
    """Take the notice of a duplicate as it is: its cause is another case. Only its addressee follows from this one."""
    lead = case.leads.get(row.lead_id)
    document = strict_json.loads(row.body)
    if lead is None or document["recipients"] != [lead.holder]:
        raise Differs(f"{row.called}: it does not speak to the holder")
    return FoldStep(on_record(case, _notice_ref(row, lead.holder)), 1)


def _notices(case: Case, decision: Decision, cause: str, rows: Sequence[Recorded], done: int) -> FoldStep:
    """Put the notices that follow on record; raise `Differs` unless they are the next rows, word for word."""
    for notice in decision.notices:
        row = rows[done] if done < len(rows) else None
        if row is None or not _says(row, notice, cause):
            raise Differs(f"{rows[0].called}: {notice.notice} to {notice.to} should follow and does not")
        case, done = on_record(case, _notice_ref(row, notice.to)), done + 1
    return FoldStep(case, done)


def _says(row: Recorded, notice: Notice, cause: str) -> bool:
    document = strict_json.loads(row.body)
    content = strict_json.loads(strict_json.dumps(notice.content))
    return (
        row.act_id == notice_id(notice.notice, notice.lead_id, notice.to, cause)
        and (row.act, row.lead_id) == (notice.notice, notice.lead_id)
        and (document["recipients"], document["content"]) == ([notice.to], content)
    )


def _notice_ref(row: Recorded, to: str) -> ActRef:
    return ActRef(
        act_id=row.act_id,
        act=row.act,
        lead_id=row.lead_id,
        sender=row.sender,
        jws_sha256=row.jws_sha256,
        seq=row.seq,
        readers=(to,),
    )


def _reason(refused: Problem | KeyError) -> str:
    return refused.slug if isinstance(refused, Problem) else "it names what is not there"
