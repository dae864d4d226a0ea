"""What time alone changes: a warning, a breach, an automatic confirmation, an expiry. Each is said once, for good.

Warnings come at nine in the morning, three working days and one working day before the last day, if that morning lies
after the day on which the deadline started: limits in hours have none.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

from app.casework.calendar import Calendar
from app.casework.case import Case, Lead, Transfer
from app.casework.deadlines import Deadline
from app.casework.decision import Decision, Notice
from app.casework.limits import number
from app.casework.scene import Given

Event = Literal["warned", "breached", "auto_confirmed", "expired"]
Ending = Callable[[Lead, Deadline], Lead]

WARNED_BEFORE = (3, 1)  # working days
MORNING = time(9)
# The end of these limits is no breach: silence confirms, a measure ends by itself, and a time to object, to ask or to
# decide was given, not owed. Whether the head of a regulator decided (D02) is seen by what was sent a day later (D03).
AT_THE_END: dict[str, Event] = {
    "D15": "auto_confirmed",
    **dict.fromkeys(("D02", "D07", "D07-petition", "D22", "D22-procuratorate", "D26"), "expired"),
}
# The agency that handed the lead on waits for these: it is told although they are no matter of its own leg.
AWAITED = ("D10", "D11", "D14")
# Nobody but the agency itself hears of a measure: it would warn those whom the measure is against.
SILENT = ("D26",)
ENDINGS: dict[str, Ending] = {}


@dataclass(frozen=True, slots=True)
class Coming:
    """An event of a deadline and the instant from which on it is true."""

    event: Event
    at: datetime


def ending(rule: str) -> Callable[[Ending], Ending]:
    """Enter what the end of a limit makes of the lead; without an entry the lead stays as it is."""

    def enter(follows: Ending) -> Ending:
        ENDINGS[rule] = follows
        return follows

    return enter


def next_event(deadline: Deadline, calendar: Calendar, zone: ZoneInfo) -> Coming | None:
    """Return the next event of a deadline, also one that is overdue to be said; None if there will be none."""
    return next(_coming(deadline, calendar, zone), None)


def due_event(deadline: Deadline, now: datetime, calendar: Calendar, zone: ZoneInfo) -> Coming | None:
    """Return the newest event that is true now and was not said, or None. A warning that came too late is not said."""
    true_now = [event for event in _coming(deadline, calendar, zone) if event.at <= now]
    return true_now[-1] if true_now else None


def lapse(case: Case, deadline_id: str, event: Event, given: Given) -> Decision:
    """Return what follows from an event of a deadline, which must be true (`due_event`) or on record already."""
    deadline = next(running for running in case.deadlines if running.deadline_id == deadline_id)
    lead = case.leads[deadline.lead_id]
    match event:
        case "warned":
            changed = deadline.model_copy(update={"warned": given.now})
        case "breached":
            changed = deadline.model_copy(update={"breached": deadline.due})
        case _:
            follows = ENDINGS.get(number(deadline.rule))
            changed, lead = deadline, follows(lead, deadline) if follows else lead
    ends = event in AT_THE_END.values()
    return Decision(
        leads=(lead,),
        changes=(changed,),
        stops=frozenset((deadline_id,)) if ends else frozenset(),
        notices=tuple(
            Notice("notice.deadline", lead.lead_id, node, _content(deadline, event, given.zone))
            for node in addressees(case, deadline)
            if node in given.nodes
        ),
    )


def counted_anew(case: Case, given: Given) -> Case:
    """Return the case with its provisional deadlines counted by the calendar of now.

    One that was breached stays: its time did go by.
    """
    deadlines = tuple(
        deadline.retold(given.zone, given.calendar)
        if deadline.provisional and deadline.stopped is None and deadline.breached is None and deadline.due >= given.now
        else deadline
        for deadline in case.deadlines
    )
    return case.but(deadlines=deadlines)


def addressees(case: Case, deadline: Deadline) -> tuple[str, ...]:
    """Return who is told of an event: those who may know what the deadline is about, and never one that is concerned.

    On a transfer or a feedback: its two sides, origin and holder if they may know of the leg, and the coordination
    office. On what only some were told of (a consultation, a letter, an act): those. On the lead itself: its holder,
    the office, and for what is owed to it the agency that handed the lead on.
    """
    lead = case.leads[deadline.lead_id]
    leg = _leg(lead, deadline)
    act = next((ref for ref in case.acts if ref.act_id == deadline.subject), None)
    if deadline.rule in SILENT:
        told = [deadline.node]
    elif deadline.subject in lead.known_to:
        told = [deadline.node, *lead.known_to[deadline.subject]]
    elif act is not None:
        told = [deadline.node, *act.readers]
    elif leg is not None:
        knowing = (node for node in (lead.origin, lead.holder) if lead.knows_transfer(node, leg))
        told = [deadline.node, leg.sender, leg.recipient, *knowing, *lead.listed_to]
    else:
        told = [deadline.node, lead.holder, *lead.listed_to]
    return tuple(node for node in dict.fromkeys(told) if node in lead.parties)


def _leg(lead: Lead, deadline: Deadline) -> Transfer | None:
    message = lead.message(deadline.subject)
    if message is not None:
        return lead.transfer(message.transfer_id)
    if number(deadline.rule) in AWAITED:
        return lead.way_to(deadline.node)
    return lead.transfer(deadline.subject)


def _coming(deadline: Deadline, calendar: Calendar, zone: ZoneInfo) -> Iterator[Coming]:
    """Yield what a deadline has still to say, in order of time."""
    over = deadline.rule not in AT_THE_END
    if deadline.stopped is not None:
        # Done too late, and the breach was not said yet: it is true all the same.
        if over and deadline.breached is None and deadline.stopped > deadline.due:
            yield Coming("breached", deadline.due)
        return
    if deadline.stands_still or deadline.breached is not None:
        return
    for morning in _mornings(deadline, calendar, zone):
        if deadline.warned is None or deadline.warned < morning:
            yield Coming("warned", morning)
    yield Coming(AT_THE_END.get(deadline.rule, "breached"), deadline.due)


def _mornings(deadline: Deadline, calendar: Calendar, zone: ZoneInfo) -> Iterator[datetime]:
    if deadline.unit == "hours":
        return
    started, last = deadline.started.astimezone(zone).date(), deadline.due.astimezone(zone).date()
    for days in WARNED_BEFORE:
        day = calendar.working_days_before(last, days)
        if day > started:
            yield datetime.combine(day, MORNING, zone)


def _content(deadline: Deadline, event: Event, zone: ZoneInfo) -> dict[str, str]:
    return {
        "rule": number(deadline.rule),
        "source": deadline.source,
        "node": deadline.node,
        "started": _local(deadline.started, zone),
        "due": _local(deadline.due, zone),
        "event": event,
    }


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(timespec="milliseconds")
