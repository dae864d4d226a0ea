"""What was said of the answers to a lead, kept for the figures alone: no rule asks for it."""

from typing import ClassVar

from app.casework.case import Chapter, Frozen, Lead


class Rechecked(Frozen):
    """One recheck of an answer of `holder`, upheld or returned."""

    holder: str
    returned: bool


class Deeds(Chapter):
    """Contests (by whose conclusion it was), rechecks, and the holders whose conclusion fell by a return or reopening.

    What happened stays when the answer falls. It stays with the lead on which it happened: the parts of a split lead
    begin without, so that nothing is counted twice. What fell before this was kept counts as it did then.
    """

    key: ClassVar[str] = "deeds"
    contested: tuple[str, ...] = ()
    rechecks: tuple[Rechecked, ...] = ()
    fell: tuple[str, ...] = ()


def with_contest(lead: Lead, concluded_by: str) -> Lead:
    deeds = lead.chapter(Deeds)
    return lead.with_chapter(deeds.but(contested=(*deeds.contested, concluded_by)))


def with_recheck(lead: Lead, *, returned: bool) -> Lead:
    deeds = lead.chapter(Deeds)
    done = Rechecked(holder=lead.holder, returned=returned)
    lead = lead.with_chapter(deeds.but(rechecks=(*deeds.rechecks, done)))
    return with_fall(lead) if returned else lead


def with_fall(lead: Lead) -> Lead:
    """Return the lead, whose holder's conclusion does not stand any more."""
    deeds = lead.chapter(Deeds)
    return lead.with_chapter(deeds.but(fell=tuple(dict.fromkeys((*deeds.fell, lead.holder)))))
