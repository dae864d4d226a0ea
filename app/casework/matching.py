"""Duplicates: when two leads name the same subject, and who may be told so. Pure.

Only the holder of the earlier lead is told. Whoever registers a lead learns nothing: else anybody could register a
name to find out whether it is looked into.
"""

from app.casework.case import Case, LeadState
from app.casework.decision import Notice
from app.casework.kinds import Kind, Nodes

ENDED = (LeadState.MERGED, LeadState.ARCHIVED)


def told_of(earlier: Case, later: Case, nodes: Nodes) -> Notice | None:
    """Return what the holder of the earlier lead is told of the later one, or None if it may not be told.

    Nobody is told where a supervision organ registered or holds either lead or a part of it, where one of these
    agencies is concerned by either, or where either is sealed, merged or archived.
    """
    mine, other = earlier.leads[earlier.root_id], later.leads[later.root_id]
    leads = (*earlier.leads.values(), *later.leads.values())
    if any(lead.sealed or lead.state in ENDED for lead in (mine, other)):
        return None
    if any(nodes[node].kind is Kind.SUPERVISION for lead in leads for node in (lead.origin, lead.holder)):
        return None
    concerned = {node for lead in leads for node in lead.concerned}
    if concerned & {mine.origin, mine.holder, other.origin, other.holder}:
        return None
    return Notice("notice.match", mine.lead_id, mine.holder, {"lead_no": other.lead_no})
