"""What was said of the answers to a lead, kept for the figures alone: no rule asks for it."""

from typing import ClassVar

from app.casework.case import Chapter, Frozen, Lead


class Rechecked(Frozen):
    """One recheck of an answer of `holder`, upheld or returned."""

    holder: str
    returned: bool


class Outcomes(Chapter):
    """Contests (by whose conclusion it was), rechecks, and the holders whose conclusion fell by a return or reopening.

    What happened stays when the answer falls. It stays with the lead on which it happened: the parts of a split lead
    begin without, so that nothing is counted twice.
    """

    key: ClassVar[str] = "outcomes"
    contested: tuple[str, ...] = ()
    rechecks: tuple[Rechecked, ...] = ()
    fell: tuple[str, ...] = ()


def with_contest(lead: Lead, concluded_by: str) -> Lead:
    outcomes = lead.chapter(Outcomes)
    return lead.with_chapter(outcomes.but(contested=(*outcomes.contested, concluded_by)))


def with_recheck(lead: Lead, *, returned: bool) -> Lead:
    outcomes = lead.chapter(Outcomes)
    done = Rechecked(holder=lead.holder, returned=returned)
    lead = lead.with_chapter(outcomes.but(rechecks=(*outcomes.rechecks, done)))
    return with_fall(lead) if returned else lead


def with_fall(lead: Lead) -> Lead:
    """Return the lead, whose holder's conclusion does not stand any more."""
    outcomes = lead.chapter(Outcomes)
    return lead.with_chapter(outcomes.but(fell=tuple(dict.fromkeys((*outcomes.fell, lead.holder)))))
