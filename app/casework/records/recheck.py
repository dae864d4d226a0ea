"""Rechecks: who is to look at the answer to a lead, what the lead keeps of it, and whether one is still missing."""

from typing import Any, ClassVar

from app.casework.case import Case, Chapter, Lead
from app.casework.deadlines import Deadline
from app.casework.kinds import Kind
from app.casework.open_matters import OpenMatter, stands_open
from app.casework.records.supervision import INDEPENDENT
from app.casework.scene import Given, Scene


class Rechecks(Chapter):
    """复查: `upheld` is about the answer that stands now; a return takes it back. `waived`: nobody may recheck it."""

    key: ClassVar[str] = "recheck"
    returns: int = 0
    upheld: bool = False
    waived: bool = False


def recheck_done(lead: Lead) -> bool:
    """Return whether the recheck that a supervised lead needs before it is cleared was done."""
    chapter = lead.chapter(Rechecks)
    return not lead.supervised or chapter.upheld or chapter.waived


@stands_open
def missing_recheck(_: Case, lead: Lead) -> list[OpenMatter]:
    """A supervised lead is not cleared before its answer was rechecked and upheld."""
    if recheck_done(lead):
        return []
    return [
        OpenMatter(
            "recheck",
            lead.lead_id,
            "The lead is supervised: its answer must be rechecked and upheld.",
            "该线索系督办线索，须经复查认可。",
        )
    ]


def rechecker(lead: Lead, given: Given) -> str | None:
    """Return who is to recheck: whoever assigned the lead under supervision, else the office that it is listed to."""
    assigned = [leg.sender for leg in lead.transfers if leg.route == "assign_supervised" and leg.receipted_at]
    nodes, independent = given.nodes, given.nodes[lead.holder].kind in INDEPENDENT
    able = (
        node
        for node in (*assigned[::-1], *lead.listed_to)
        if lead.has_part(node) and node != lead.holder and not (independent and nodes[node].kind is Kind.COORDINATION)
    )
    return next(able, None)


def waived_if_nobody_may(lead: Lead, given: Given) -> Lead:
    """Return the lead with its recheck waived where the holder is one whose findings no office looks at again."""
    waived = rechecker(lead, given) is None
    return lead.with_chapter(lead.chapter(Rechecks).but(waived=waived)) if lead.supervised else lead


def recheck_deadline(scene: Scene[Any], lead: Lead) -> tuple[Deadline, ...]:
    """Return D16 on whoever is to recheck an answer that was contested, or that to a supervised lead."""
    who = rechecker(lead, scene.given)
    return (scene.start("D16", who, lead.lead_id),) if who else ()
