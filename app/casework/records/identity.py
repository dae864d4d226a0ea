"""拆封: the openings of sealed parts on a lead, and by which of them a part may be fetched now."""

from datetime import datetime
from typing import ClassVar

from app.casework.case import Case, Chapter, Frozen, Lead
from app.casework.names import comparable_name


class Opening(Frozen):
    """One opening. `readers` are names: what each fetch is judged by. `origin` sent the act with the sealed part."""

    opening_id: str
    act_id: str
    of_act: str
    opener: str
    origin: str
    readers: tuple[str, ...]
    purpose: str
    opened_at: datetime
    expires_at: datetime

    def lets(self, name: str) -> bool:
        """Return whether a person is one of the readers, however the name is spaced or typed."""
        return comparable_name(name) in {comparable_name(reader) for reader in self.readers}


class Openings(Chapter):
    """拆封: all openings of sealed parts on a lead, in order, those that have ended too."""

    key: ClassVar[str] = "openings"
    openings: tuple[Opening, ...] = ()


def openings_of(lead: Lead, node: str) -> tuple[Opening, ...]:
    """Return the openings that a node made, or made of what it had sealed."""
    return tuple(opening for opening in lead.chapter(Openings).openings if node in (opening.opener, opening.origin))


def running_openings(case: Case, opener: str, of_act: str, now: datetime) -> tuple[Opening, ...]:
    """Return the openings by which `opener` may fetch its sealed part of an act now, newest first.

    None counts on a lead in which it has no part any more: it gave the lead back, and needs to know nothing.
    """
    with_part = (lead for lead in case.leads.values() if opener in lead.parties and not lead.is_outside(opener))
    found = (opening for lead in with_part for opening in lead.chapter(Openings).openings)
    mine = [
        opening
        for opening in found
        if (opening.opener, opening.of_act) == (opener, of_act) and opening.expires_at > now
    ]
    return tuple(sorted(mine, key=lambda opening: opening.opened_at, reverse=True))
