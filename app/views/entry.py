"""What one party sees of a lead: computed from the case alone, so that nothing is shown by accident. Pure."""

from collections.abc import Callable
from datetime import datetime

from app.casework.case import Case, Lead, Transfer
from app.casework.deadlines import Deadline
from app.casework.limits import number
from app.views.schemas import LeadDeadline, LeadShown


def entry(case: Case, lead: Lead, node: str, local: Callable[[datetime], str]) -> LeadShown:
    """Return the entry of a lead in the list of `node`, which must be one of its parties."""
    leg = own_leg(lead, node)
    lead = lead.as_known_by(node)
    parts = (case.leads.get(part) for part in lead.parts)
    return LeadShown(
        lead_id=lead.lead_id,
        lead_no=lead.lead_no,
        root_id=case.root_id,
        state=lead.state,
        sealed=lead.sealed,
        category=lead.category,
        origin=lead.origin,
        holder=lead.holder,
        transfer_id=leg.transfer_id if leg else None,
        parts=[part.lead_id for part in parts if part is not None and node in part.parties],
        merged_into=lead.merged_into,
        outcome=lead.outcome,
        registered_at=local(lead.registered_at),
        deadlines=[
            _deadline(deadline, local)
            for deadline in sorted(case.open_deadlines(lead.lead_id), key=lambda deadline: deadline.due)
            if _may_see(lead, deadline, node)
        ],
        erased_by=lead.erased_by,
    )


def own_leg(lead: Lead, node: str) -> Transfer | None:
    """Return the newest leg that a node received, else the newest that it sent, else None."""
    newest_first = lead.transfers[::-1]
    received = (leg for leg in newest_first if leg.recipient == node)
    sent = (leg for leg in newest_first if leg.sender == node)
    return next(received, None) or next(sent, None)


def _may_see(lead: Lead, deadline: Deadline, node: str) -> bool:
    """A node sees its own deadlines; origin and holder see those of others on legs that they may know of."""
    if deadline.node == node:
        return True
    leg = lead.transfer(deadline.subject)
    return node in (lead.origin, lead.holder) and leg is not None and lead.knows_transfer(node, leg)


def _deadline(deadline: Deadline, local: Callable[[datetime], str]) -> LeadDeadline:
    return LeadDeadline(
        rule=number(deadline.rule),
        due=local(deadline.due),
        node=deadline.node,
        source=deadline.source,
        source_text=deadline.source_text,
        started=local(deadline.started),
        breached=None if deadline.breached is None else local(deadline.breached),
        provisional=deadline.provisional,
    )
