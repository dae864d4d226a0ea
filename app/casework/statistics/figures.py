"""The figures of a case (docs/protocol.md section 5.8): what each node counts of it, by the day on which it came.

Pure. What an act changes in the statistics is the difference of the figures before and after it. There is no figure
of a person, and none by which what came out of a lead could be compared between agencies: outcomes are the node's own.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from app.casework.case import Case, Lead, LeadState, TransferState
from app.casework.deadlines import Deadline
from app.casework.records.consultation import Consultation, Consultations
from app.casework.records.letters import Correspondence
from app.casework.records.outcomes import Outcomes
from app.casework.records.prosecution import Prosecution
from app.casework.records.supervision import Oversight
from app.casework.statistics.standing import CLOSED, Count, Standing, count, count_listed

# What the measures mean: a frozen report says by which version it was computed.
FORMULA_VERSION: Literal["1"] = "1"
# For the node itself; for who oversees it; for the coordination office, over the leads that are listed to it.
AUDIENCES = ("own", "shared", "listed")
STANDINGS = tuple(str(standing) for standing in Standing)
SHARED = frozenset(
    {"received", *STANDINGS, "merged", "cleared", "overdue_now", "overdue_ever", "receipts", "receipts_late", "returns"}
)
# The limits of which the days are kept, as a histogram of whole days: `days.D10.12`.
TIMED = ("D04", "D05", "D10", "D11", "D14", "D15", "D16", "D23", "D24")
MOST_DAYS = 99
_CONCLUDED = CLOSED | {
    LeadState.CONCLUDED,
    LeadState.REPLIED,
    LeadState.CONFIRMED,
    LeadState.CONTESTED,
    LeadState.RECHECK,
}

Key = tuple[str, str, date, str]


def figures(case: Case, zone: ZoneInfo) -> dict[Key, int]:
    """Return the figures by node, audience, local day and measure; none of them is 0."""
    leads = list(case.leads.values())
    if not leads:
        return {}
    own = _by_node(case, leads, zone)
    # A superior that a lead concerns must not see it counted, nor one upstream a hidden part: what is shared leaves
    # such leads out for everybody.
    open_to_all = [lead for lead in leads if not lead.concerned and not lead.hidden_from]
    shared = own if len(open_to_all) == len(leads) else _by_node(case, open_to_all, zone)
    found = {(node, "own", day, measure): number for (node, day, measure), number in own.items()}
    for (node, day, measure), number in shared.items():
        if measure in SHARED:
            found[node, "shared", day, measure] = number
    for office in {node for lead in leads for node in lead.listed_to}:
        counted = count_listed(office, leads)
        if counted is not None:
            day = counted.received_at.astimezone(zone).date()
            found |= {(office, "listed", day, measure): 1 for measure in _classes(counted)}
    return found


def _by_node(case: Case, leads: list[Lead], zone: ZoneInfo) -> dict[tuple[str, date, str], int]:
    found: dict[tuple[str, date, str], int] = {}
    if not leads:
        return found
    days: dict[str, date] = {}
    for node in {node for lead in leads for node in (lead.origin, *(leg.recipient for leg in lead.transfers))}:
        counted = count(node, leads)
        if counted is None:
            continue
        day = days[node] = counted.received_at.astimezone(zone).date()
        for measure in (*_classes(counted), *_outcomes(counted, node, leads)):
            found[node, day, measure] = 1
    began = min(lead.registered_at for lead in leads).astimezone(zone).date()
    for node, measure in _process(case, leads):
        key = (node, days.get(node, began), measure)
        found[key] = found.get(key, 0) + 1
    return found


def _classes(counted: Count) -> Iterator[str]:
    if counted.standing is None:
        yield "merged"
        return
    yield "received"
    yield str(counted.standing)
    if all(lead.state in CLOSED for lead in counted.leads):
        yield "cleared"


def _outcomes(counted: Count, node: str, leads: list[Lead]) -> Iterator[str]:
    """Yield what the node concluded itself; whether a case came of it is known to whoever holds the lead.

    What it concluded once stays concluded, also while it verifies anew.
    """
    held = [lead for lead in counted.leads if lead.holder == node]
    fell = any(node in lead.chapter(Outcomes).fell and node not in lead.concerned for lead in leads)
    concluded = held if fell else [lead for lead in held if lead.state in _CONCLUDED]
    if concluded:
        yield "concluded"
    if any(Prosecution.key in lead.chapters and lead.chapter(Prosecution).cases for lead in concluded):
        yield "converted"


def _process(case: Case, leads: list[Lead]) -> Iterator[tuple[str, str]]:
    """Yield what each node did or let pass, one by one. A lead tells nothing to a node that it concerns."""
    concerned = {lead.lead_id: frozenset(lead.concerned) for lead in leads}
    late = {deadline.subject for deadline in case.deadlines if deadline.rule == "D04" and deadline.breached is not None}
    once: set[tuple[str, str, str, datetime]] = set()
    for lead in leads:
        for node, measure in (*_legs(lead, late, once), *_answers(lead), *_letters(lead), *_meetings(lead)):
            if node not in lead.concerned:
                yield node, measure
    deadlines = [deadline for deadline in case.deadlines if deadline.lead_id in concerned]
    split = {lead.lead_id for lead in leads if lead.state is LeadState.SPLIT}
    for node, measure, lead_id in (*_overdue(deadlines), *_days(deadlines, split)):
        if node not in concerned[lead_id]:
            yield node, measure


def _legs(lead: Lead, late: set[str], once: set[tuple[str, str, str, datetime]]) -> Iterator[tuple[str, str]]:
    """Yield the receipts and returns of a lead; the parts of a split lead repeat the leg by which it came."""
    for leg in lead.transfers:
        if leg.receipted_at is None:
            continue
        said = ["receipts", *(["returns"] if leg.state is TransferState.RETURNED else [])]
        for measure in said:
            key = (measure, leg.sender, leg.recipient, leg.offered_at)
            if key in once:
                continue
            once.add(key)
            yield leg.recipient, measure
            if measure == "receipts" and leg.transfer_id in late:
                yield leg.recipient, "receipts_late"


def _answers(lead: Lead) -> Iterator[tuple[str, str]]:
    for message in lead.feedback:
        if message.kind == "conclusion":
            yield message.sender, "conclusions"
    if Outcomes.key in lead.chapters:
        outcomes = lead.chapter(Outcomes)
        for node in outcomes.contested:
            yield node, "contested"
        for recheck in outcomes.rechecks:
            yield recheck.holder, "rechecks"
            if recheck.returned:
                yield recheck.holder, "recheck_returns"


def _letters(lead: Lead) -> Iterator[tuple[str, str]]:
    if Oversight.key in lead.chapters:
        for letter in lead.chapter(Oversight).letters:
            yield letter.sender, "supervision_letters_sent"
            yield letter.to, "supervision_letters"
    if Correspondence.key in lead.chapters:
        for sent in lead.chapter(Correspondence).letters:
            yield sent.to, "letters"
            if sent.answered:
                yield sent.to, "letters_answered"


def _meetings(lead: Lead) -> Iterator[tuple[str, str]]:
    """Yield the consultations that led to minutes, and the rounds of supplementary investigation.

    One that is held beside another for what not all may hear is no second one for whoever sat in both.
    """
    if Consultations.key in lead.chapters:
        sat = {consultation.consultation_id: _sat(consultation) for consultation in lead.chapter(Consultations).held}
        for consultation in lead.chapter(Consultations).held:
            for node in sat[consultation.consultation_id] - sat.get(consultation.with_id or "", set()):
                yield node, "consultations"
    if Prosecution.key in lead.chapters:
        for round_ in lead.chapter(Prosecution).rounds:
            for node in {round_.organ, lead.holder}:
                yield node, "supplementary_rounds"


def _sat(consultation: Consultation) -> set[str]:
    return {consultation.convener, *consultation.answering("accept")} if consultation.minutes is not None else set()


def _overdue(deadlines: Iterable[Deadline]) -> Iterator[tuple[str, str, str]]:
    """Yield breaches by lead: ever, and still open. The parts of a split lead repeat the deadlines of the whole."""
    seen: set[tuple[str, str, datetime]] = set()
    ever: set[tuple[str, str]] = set()
    for deadline in deadlines:
        if deadline.breached is None:
            continue
        if deadline.stopped is None:
            yield deadline.node, "overdue_now", deadline.lead_id
        if (deadline.node, deadline.rule, deadline.started) not in seen and (
            deadline.node,
            deadline.lead_id,
        ) not in ever:
            ever.add((deadline.node, deadline.lead_id))
            yield deadline.node, "overdue_ever", deadline.lead_id
        seen.add((deadline.node, deadline.rule, deadline.started))


def _days(deadlines: Iterable[Deadline], split: set[str]) -> Iterator[tuple[str, str, str]]:
    for deadline in deadlines:
        rule = deadline.rule.partition("-")[0]
        if deadline.stopped is not None and rule in TIMED and deadline.lead_id not in split:
            days = min(max((deadline.stopped - deadline.started).days, 0), MOST_DAYS)
            yield deadline.node, f"days.{rule}.{days}", deadline.lead_id
