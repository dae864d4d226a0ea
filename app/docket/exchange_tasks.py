"""What the exchange itself says of a case, under its lock: what lapsed, what is counted anew, what matches."""

from collections.abc import Mapping

import structlog
from prometheus_client import Counter

from app.casework.case import Case
from app.casework.decision import evolve
from app.casework.lapse import Coming, counted_anew, due_event, lapse
from app.casework.matching import told_of
from app.casework.scene import Given
from app.docket.decrypted_case import Opened
from app.docket.issuer import Issuer, notice_id
from app.docket.record import Rows
from app.docket.submission import Lapse, Match, Passage
from app.docket.writing import gather_notice
from app.errors import NotFound

LAPSES = Counter("leadbridge_lapses_total", "what time alone changed", ["event"])
MATCHES = Counter("leadbridge_matches_total", "holders told that another lead names the same subject")
_log = structlog.get_logger(__name__)


def pass_time(rows: Rows, issuer: Issuer, cases: Mapping[str, Opened], passage: Passage, given: Given) -> None:
    """Carry out in memory what time has changed. Saying it twice changes nothing: the case knows what was said.

    Raises `NotFound` if there is no such case, or it has no such clock.
    """
    opened = cases.get(passage.root_id)
    if opened is None:
        raise NotFound
    match passage:
        case Lapse():
            _lapse(rows, issuer, opened, passage.clock_id, given)
        case Match():
            _tell_match(rows, issuer, opened, cases.get(passage.later_id), given)
        case _:
            _recount(opened, given)


def _lapse(rows: Rows, issuer: Issuer, opened: Opened, clock_id: str, given: Given) -> None:
    clock = next((one for one in opened.case.clocks if one.clock_id == clock_id), None)
    if clock is None:
        raise NotFound
    # The row is written in any case: if nothing is to be said its `next_at` was wrong, and is mended so.
    opened.touched.add(clock.lead_id)
    opened.touched_clocks.add(clock_id)
    coming = due_event(clock, given.now, given.calendar, given.zone)
    if coming is None:
        return
    decision = lapse(opened.case, clock_id, coming.event, given)
    opened.touched |= {lead.lead_id for lead in decision.leads}
    opened.case = evolve(opened.case, decision, given.now)
    for notice in decision.notices:
        said, issued = issuer.notice(notice, cause_of(clock_id, coming), given.now)
        opened.case = gather_notice(rows, opened, notice, said, issued, issuer, given.now)
    LAPSES.labels(coming.event).inc()


def cause_of(clock_id: str, coming: Coming) -> str:
    """Return the cause from which the ids of the notices of a clock's event follow."""
    return f"{clock_id}:{coming.event}:{coming.at.timestamp():.0f}"


def _tell_match(rows: Rows, issuer: Issuer, opened: Opened, later: Opened | None, given: Given) -> None:
    if later is None:
        raise NotFound
    notice = told_of(opened.case, later.case, given.nodes)
    if notice is None or _was_told(opened.case, later.case.root_id):
        return
    said, issued = issuer.notice(notice, later.case.root_id, given.now)
    opened.case = gather_notice(rows, opened, notice, said, issued, issuer, given.now)
    opened.touched.add(notice.lead_id)
    MATCHES.inc()


def _was_told(case: Case, later_id: str) -> bool:
    """Return whether some holder was told of the pair; a new holder is not told again."""
    return any(
        ref.act_id == notice_id(ref.act, ref.lead_id, reader, later_id)
        for ref in case.acts
        if ref.act == "notice.match"
        for reader in ref.readers
    )


def _recount(opened: Opened, given: Given) -> None:
    counted = counted_anew(opened.case, given)
    moved = [(clock, anew) for clock, anew in zip(opened.case.clocks, counted.clocks, strict=True) if clock != anew]
    opened.case = counted
    opened.touched |= {clock.lead_id for clock, _ in moved}
    opened.touched_clocks |= {clock.clock_id for clock, _ in moved}
    for clock, anew in moved:
        _log.info(
            "provisional deadline counted anew",
            clock_id=clock.clock_id,
            rule=clock.rule,
            was=clock.due.isoformat(),
            due=anew.due.isoformat(),
        )
