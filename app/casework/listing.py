"""What a coordination office is told of a lead in its area: that there is one, in which category, and who holds it."""

from app.casework.case import Lead, TransferState
from app.casework.decision import Notice
from app.casework.kinds import Kind
from app.casework.routing import coordination_office
from app.casework.scene import Given


def list_lead(lead: Lead, given: Given) -> tuple[Lead, tuple[Notice, ...]]:
    """Return the lead with the office that it is listed to, and that office's notice; once for each lead.

    A lead that a supervision organ registered is hidden from other kinds, so no office is told of it. An office
    that is a party already needs no list, one that gave the lead back wants none, and one from which a part of a split
    lead is hidden is not told of the part.
    """
    nodes = given.nodes
    if lead.listed_to or nodes[lead.origin].kind is Kind.SUPERVISION:
        return lead, ()
    office = coordination_office(lead.place_code, nodes, barred=frozenset((*lead.concerned, *lead.hidden_from)))
    if office is None or lead.has_part(office) or _was_asked(lead, office):
        return lead, ()
    notice = Notice(
        "notice.listed",
        lead.lead_id,
        office,
        {
            "lead_no": lead.lead_no,
            "category": lead.category,
            "holder": lead.holder,
            "state": str(lead.state),
        },
    )
    return lead.but(listed_to=(office,)), (notice,)


def _was_asked(lead: Lead, office: str) -> bool:
    """Return whether an office has, or had, the lead before it: by an offer that was not withdrawn."""
    return any(leg.recipient == office and leg.state is not TransferState.WITHDRAWN for leg in lead.transfers)
