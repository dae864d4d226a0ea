"""What is left of a lead whose content was erased, and for whom it counts as erased. Pure.

A root lead has one data key, and its parts may be with agencies that know nothing of each other. Each holder erases
its own lead; the key goes with the last of them. Until then nobody may learn, by what can still be read, of a part
hidden from it: so a lead that was split is erased for a node when all the parts that the node knows are.
"""

import math
from collections.abc import Callable

from app.casework.case import Case, Lead, LeadState
from app.casework.records.volume import Volume

# The one act whose body outlives the data key: it says why the others do not.
ERASE = "lead.erase"


def erased_for(case: Case, node: str, lead_id: str) -> str | None:
    """Return the id of the act by which a lead is erased for a node; None while the node may read its content."""
    if not case.is_erased_in_part:
        return None
    return _erased(case, lead_id, lambda part: node in part.parties, frozenset())


def all_erased(case: Case) -> bool:
    """Return whether nobody's content is left in a case: its data key may go."""
    leads = case.leads.values()
    return bool(leads) and all(_erased(case, lead.lead_id, lambda _: True, frozenset()) for lead in leads)


def goes_with(case: Case, lead: Lead) -> Lead | None:
    """Return the lead of the same case that a lead was merged into, or None."""
    return case.leads.get(lead.merged_into or "") if lead.state is LeadState.MERGED else None


def tombstone(case: Case) -> Case:
    """Return what stays of a case when its content is gone: who had which lead when, and what was signed."""
    return case.but(
        leads={lead_id: remains(lead, lead.erased_by) for lead_id, lead in case.leads.items()},
        acts=tuple(ref.but(contents=()) for ref in case.acts),
    )


def as_erased_for(case: Case, node: str) -> Case:
    """Return the case as a node may see it: of a lead that is erased for it, what stays."""
    erased = {lead_id: by for lead_id in case.leads if (by := erased_for(case, node, lead_id)) is not None}
    if not erased:
        return case
    return case.but(
        leads={**case.leads, **{lead_id: remains(case.leads[lead_id], by) for lead_id, by in erased.items()}}
    )


def remains(lead: Lead, by: str | None) -> Lead:
    """Return a lead without its content: ids, agencies, states and times stay, and how long its volume was kept."""
    return lead.but(
        category=None,
        outcome=None,
        place_code="",
        persons=(),
        events=(),
        feedback=tuple(message.but(outcome=None) for message in lead.feedback),
        chapters={key: kept for key, kept in lead.chapters.items() if key == Volume.key},
        erased_by=by,
    )


def _erased(case: Case, lead_id: str, known: Callable[[Lead], bool], behind: frozenset[str]) -> str | None:
    lead = case.leads[lead_id]
    onward = goes_with(case, lead)
    if lead.erased_by is not None or lead_id in behind:
        return lead.erased_by
    behind |= {lead_id}
    if onward is not None:
        return _erased(case, onward.lead_id, known, behind)
    # Who knows no part of a lead that was split is told by those that are hidden from nobody.
    parts = [case.leads[lead_id] for lead_id in lead.parts]
    told = [part for part in parts if known(part)] or [part for part in parts if not part.hidden_from] or parts
    by = [_erased(case, part.lead_id, known, behind) for part in told]
    order = {ref.act_id: ref.seq for ref in case.acts}
    # An erasure that is on record only outside came after all that a restored database has.
    if not by or None in by:
        return None
    return max((act_id for act_id in by if act_id), key=lambda act_id: order.get(act_id, math.inf))
