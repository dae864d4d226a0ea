"""What time alone changes: a warning, a breach, an automatic confirmation, an expiry. Each is said once, for good."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from app.casework.case import Case, Lead, Transfer
from app.casework.deadlines import AT_THE_END, Deadline, Event
from app.casework.decision import Decision, Notice
from app.casework.limits import number
from app.casework.scene import Given
from app.times import local

Ending = Callable[[Lead, Deadline], Lead]

# The agency that handed the lead on waits for these: it is told although they are no matter of its own leg.
AWAITED = ("D10", "D11", "D14")
# Nobody but the agency itself hears of a measure: it would warn those whom the measure is against.
SILENT = ("D26",)
ENDINGS: dict[str, Ending] = {}


def ending(rule: str) -> Callable[[Ending], Ending]:
    """Enter what the end of a limit makes of the lead; without an entry the lead stays as it is."""

    def enter(follows: Ending) -> Ending:
        ENDINGS[rule] = follows
        return follows

    return enter


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
    """Return the case with its running deadlines counted by the calendar of now.

    A provisional one moves either way. Another moves later alone: a day off that became known is a day off (刑事诉讼法
    第一百零五条), but time that was promised is not taken back. One that is over or was breached stays.
    """
    return case.but(deadlines=tuple(_counted_anew(deadline, given) for deadline in case.deadlines))


def _counted_anew(deadline: Deadline, given: Given) -> Deadline:
    if deadline.stopped is not None or deadline.breached is not None or deadline.due < given.now:
        return deadline
    anew = deadline.retold(given.zone, given.calendar)
    return anew if deadline.provisional or (anew.due > deadline.due and not deadline.stands_still) else deadline


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


def _content(deadline: Deadline, event: Event, zone: ZoneInfo) -> dict[str, str]:
    return {
        "rule": number(deadline.rule),
        "source": deadline.source,
        "node": deadline.node,
        "started": local(deadline.started, zone),
        "due": local(deadline.due, zone),
        "event": event,
    }
