"""Which agency a lead may go to, by which route, and which office is told of it (docs/protocol.md section 4.5)."""

from app.casework.case import Lead, TransferState
from app.casework.decision import Notice
from app.casework.kinds import Kind, Node, Nodes
from app.casework.rules import COMPETENT_KIND, CRIME_CASE, ROUTE_LEVEL, SUPERIOR_ASSIGNS
from app.casework.scene import Given

# Every kind may accept a transfer but the township, which only hands in, and the inspection, which only reads.
ACCEPTING = frozenset(Kind) - {Kind.TOWNSHIP, Kind.INSPECTION}
# 行政执法机关: those that Order 310 binds.
ADMINISTRATIVE = frozenset({Kind.REGULATOR, Kind.CIVIL_AFFAIRS, Kind.TOWNSHIP})


def require_route(route: str, sender: Node, to: Node, nodes: Nodes) -> None:
    """Raise `RuleViolated` unless `sender` may hand a lead to `to` by `route`."""
    if to.kind not in ACCEPTING:
        raise COMPETENT_KIND.violated()
    climb = to.level.rank - sender.level.rank
    match route:
        case "peer":
            fits = climb == 0
        case "report_up":
            fits = climb > 0 and (sender.kind is Kind.TOWNSHIP or _one_line(sender, to, nodes))
        case "assign_down":
            fits = climb < 0 and _one_line(sender, to, nodes)
        case "assign_supervised":
            if not (sender.kind is Kind.COORDINATION or (climb < 0 and _one_line(sender, to, nodes))):
                raise SUPERIOR_ASSIGNS.violated()
            fits = climb <= 0
        case _:
            require_crime_case(sender, to)
            return
    if not fits:
        raise ROUTE_LEVEL.violated()


def require_crime_case(sender: Node, to: Node) -> None:
    """Raise `RuleViolated` unless Order 310 lets `sender` transfer a suspected crime to `to`."""
    same_level = sender.level is to.level or sender.kind is Kind.TOWNSHIP
    if sender.kind not in ADMINISTRATIVE or to.kind is not Kind.POLICE or not same_level:
        raise CRIME_CASE.violated()


def natural_route(sender: Node, to: Node) -> str:
    """Return the route that the levels imply, for acts that name none."""
    climb = to.level.rank - sender.level.rank
    return "peer" if climb == 0 else "report_up" if climb > 0 else "assign_down"


def oversees(one: Node, other: Node, place_code: str, nodes: Nodes) -> bool:
    """Return whether `one` may look after what `other` does with a lead from `place_code`.

    A superior may: above it by parentage, or of the same kind at a higher level whose area holds its own. So may a
    coordination office whose area holds the place and that is of no lower level.
    """
    if one.node_id == other.node_id:
        return False
    if one.kind is Kind.COORDINATION:
        return one.level.rank >= other.level.rank and _covers(one, place_code)
    above = one.level.rank > other.level.rank
    same_line = one.kind is other.kind and _covers(one, other.division_code)
    return one.node_id in _ancestors(other, nodes) or (above and same_line)


def _one_line(one: Node, other: Node, nodes: Nodes) -> bool:
    return (
        one.kind is other.kind
        or Kind.COORDINATION in (one.kind, other.kind)
        or other.node_id in _ancestors(one, nodes)
        or one.node_id in _ancestors(other, nodes)
    )


def _ancestors(node: Node, nodes: Nodes) -> set[str]:
    found: set[str] = set()
    step = node.parent
    while step is not None and step not in found:
        found.add(step)
        above = nodes.get(step)
        step = above.parent if above else None
    return found


def coordination_office(place_code: str, nodes: Nodes, *, barred: frozenset[str]) -> str | None:
    """Return the nearest coordination office for a place that is not barred, or None.

    Division codes nest (GB/T 2260): 990121 lies in 990100, which lies in 990000.
    """
    covering = [
        node
        for node in nodes.values()
        if node.kind is Kind.COORDINATION and node.node_id not in barred and _covers(node, place_code)
    ]
    nearest = min(covering, key=lambda node: (node.level.rank, node.node_id), default=None)
    return nearest.node_id if nearest else None


def _covers(office: Node, place_code: str) -> bool:
    code = office.division_code
    if len(code) == 6:
        code = code.removesuffix("0000") if code.endswith("0000") else code.removesuffix("00")
    return place_code.startswith(code)


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
