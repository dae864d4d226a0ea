"""What the exchange itself says of a case, under its lock: what lapsed, what is counted anew, what matches."""

from collections.abc import Mapping

import structlog
from prometheus_client import Counter

from app.casework.case import Case
from app.casework.deadlines import Coming, due_event
from app.casework.decision import evolve
from app.casework.lapse import counted_anew, lapse
from app.casework.matching import told_of
from app.casework.scene import Given
from app.docket.decrypted_case import DecryptedCase
from app.docket.record import gather_notice, notice_id
from app.docket.rows.gathered import Rows
from app.docket.submission import ExchangeTask, Lapse, Match
from app.errors import NotFound
from app.registry.voice import Voice

LAPSES = Counter("leadbridge_lapses_total", "what time alone changed", ["event"])
MATCHES = Counter("leadbridge_matches_total", "holders told that another lead names the same subject")
_log = structlog.get_logger(__name__)


def carry_out(rows: Rows, voice: Voice, cases: Mapping[str, DecryptedCase], task: ExchangeTask, given: Given) -> None:
    """Carry out in memory what time has changed. Saying it twice changes nothing: the case knows what was said.

    Raises `NotFound` if there is no such case, or it has no such deadline.
    """
    decrypted = cases.get(task.root_id)
    if decrypted is None:
        raise NotFound
    match task:
        case Lapse():
            _lapse(rows, voice, decrypted, task.deadline_id, given)
        case Match():
            _tell_match(rows, voice, decrypted, cases.get(task.later_id), given)
        case _:
            _recount(decrypted, given)


def _lapse(rows: Rows, voice: Voice, decrypted: DecryptedCase, deadline_id: str, given: Given) -> None:
    deadline = next((one for one in decrypted.case.deadlines if one.deadline_id == deadline_id), None)
    if deadline is None:
        raise NotFound
    # The row is written in any case: if nothing is to be said its `next_at` was wrong, and is mended so.
    decrypted.touched.add(deadline.lead_id)
    decrypted.touched_deadlines.add(deadline_id)
    coming = due_event(deadline, given.now, given.calendar, given.zone)
    if coming is None:
        return
    decision = lapse(decrypted.case, deadline_id, coming.event, given)
    decrypted.touched |= {lead.lead_id for lead in decision.leads}
    decrypted.case = evolve(decrypted.case, decision, given.now)
    for notice in decision.notices:
        decrypted.case = gather_notice(rows, voice, decrypted, notice, cause_of(deadline_id, coming), given.now)
    LAPSES.labels(coming.event).inc()


def cause_of(deadline_id: str, coming: Coming) -> str:
    """Return the cause from which the ids of the notices of a deadline's event follow."""
    return f"{deadline_id}:{coming.event}:{coming.at.timestamp():.0f}"


def _tell_match(rows: Rows, voice: Voice, decrypted: DecryptedCase, later: DecryptedCase | None, given: Given) -> None:
    if later is None:
        raise NotFound
    notice = told_of(decrypted.case, later.case, given.nodes)
    if notice is None or _was_told(decrypted.case, later.case.root_id):
        return
    decrypted.case = gather_notice(rows, voice, decrypted, notice, later.case.root_id, given.now)
    decrypted.touched.add(notice.lead_id)
    MATCHES.inc()


def _was_told(case: Case, later_id: str) -> bool:
    """Return whether some holder was told of the pair; a new holder is not told again."""
    return any(
        ref.act_id == notice_id(ref.act, ref.lead_id, reader, later_id)
        for ref in case.acts
        if ref.act == "notice.match"
        for reader in ref.readers
    )


def _recount(decrypted: DecryptedCase, given: Given) -> None:
    counted = counted_anew(decrypted.case, given)
    moved = [
        (deadline, anew)
        for deadline, anew in zip(decrypted.case.deadlines, counted.deadlines, strict=True)
        if deadline != anew
    ]
    decrypted.case = counted
    decrypted.touched |= {deadline.lead_id for deadline, _ in moved}
    decrypted.touched_deadlines |= {deadline.deadline_id for deadline, _ in moved}
    for deadline, anew in moved:
        _log.info(
            "deadline counted anew",
            deadline_id=deadline.deadline_id,
            rule=deadline.rule,
            was=deadline.due.isoformat(),
            due=anew.due.isoformat(),
        )
