"""What a coordination office is told of a lead in its area: that there is one, in which category, and who holds it."""

from app.casework.case import Lead
from app.casework.decision import Notice
from app.casework.kinds import Kind, Nodes
from app.casework.routing import coordination_office


def list_lead(lead: Lead, nodes: Nodes) -> tuple[Lead, tuple[Notice, ...]]:
    """Return the lead with the office that it is listed to, and that office's notice; once for each lead.

    A lead that a supervision organ registered is hidden from other kinds, so no office is told of it. An office
    that is a party already needs no list; one from which a part of a split lead is hidden is not told of the part.
    """
    if lead.listed_to or nodes[lead.origin].kind is Kind.SUPERVISION:
        return lead, ()
    office = coordination_office(lead.place_code, nodes, barred=frozenset((*lead.concerned, *lead.hidden_from)))
    if office is None or office in lead.parties:
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
