"""立案 and 复议: which cases came of a lead, whether police filed one that was transferred, what follows a refusal.

The ladder is that of 行政执法机关移送涉嫌犯罪案件的规定, articles 8 and 9. Police refuse to file by returning the
case for a reason of substance, or by a conclusion while no case is linked. To contest that asks for reconsideration.
"""

from datetime import datetime
from typing import Any, ClassVar

from app.casework.case import Chapter, Frozen, Lead, Transfer
from app.casework.deadlines import Deadline
from app.casework.kinds import Kind
from app.casework.scene import Scene

# The other reasons say that the case belongs elsewhere or is filed already; these say that it is none.
REFUSES = ("civil_dispute", "other")
FILING, ASKING, DECIDING, SUGGESTING = "D09", "D22", "D22-decision", "D22-procuratorate"
LADDER = (ASKING, DECIDING, SUGGESTING)


class CaseRef(Frozen):
    """A case that came of the lead, as the organ that handles it calls it."""

    case_no: str
    stage: str
    filed_at: datetime
    organ: str


class Round(Frozen):
    """One round of supplementary investigation; `act_id` is the return that opened it."""

    act_id: str
    organ: str
    completed_at: datetime | None = None


class Prosecution(Chapter):
    """The cases that came of a lead, and the rounds of supplementary investigation, oldest first."""

    key: ClassVar[str] = "prosecution"
    cases: tuple[CaseRef, ...] = ()
    rounds: tuple[Round, ...] = ()

    @property
    def open_round(self) -> Round | None:
        return next((round_ for round_ in self.rounds if round_.completed_at is None), None)


def refused_on(scene: Scene[Any], lead: Lead, leg: Transfer) -> bool:
    """Return whether police that conclude on a crime case now refuse to file it: no case came of it."""
    return leg.route == "crime_case" and scene.act.sender == leg.recipient and not lead.chapter(Prosecution).cases


def after_refusal(scene: Scene[Any], leg: Transfer) -> tuple[Deadline, ...]:
    """Return what runs for the organ that transferred the case: 3 days to ask police, or next the procuratorate."""
    if leg.sender in scene.lead.concerned:
        return ()
    rule = SUGGESTING if contested_before(scene.lead, leg) else ASKING
    return (scene.start(rule, leg.sender, leg.transfer_id),)


def asked_again(scene: Scene[Any], leg: Transfer) -> tuple[Deadline, ...]:
    """Return the 3 days in which police reconsider, if they were asked while there was time to ask."""
    asked = bool(scene.running(leg.transfer_id, ASKING))
    return (scene.start(DECIDING, leg.recipient, leg.transfer_id),) if asked else ()


def contested_before(lead: Lead, leg: Transfer) -> bool:
    """Return whether a conclusion along the leg was contested."""
    return any(message.transfer_id == leg.transfer_id and message.response == "contest" for message in lead.feedback)


def ladder_over(scene: Scene[Any]) -> frozenset[str]:
    """Return the ids of the deadlines that end when a case is linked: police that file leave nothing to reconsider."""
    if scene.sender.kind is not Kind.POLICE:
        return frozenset()
    legs = [leg.transfer_id for leg in scene.lead.transfers if leg.recipient == scene.act.sender]
    return frozenset().union(*(scene.running(leg, FILING, *LADDER) for leg in legs))
