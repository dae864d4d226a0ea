"""会商: what a case keeps of its consultations. Texts stay in the acts; here stand who, when, and which ids."""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar, Literal, Self

from app.casework.case import Case, Chapter, Frozen, Lead
from app.casework.open_matters import OpenMatter, stands_open
from app.casework.scene import Scene
from app.errors import NotFound, WrongState

Answer = Literal["accept", "decline"]


class ConsultationState(StrEnum):
    """Where a consultation stands (docs/protocol.md section 4.3). `cancelled` is closed before there were minutes."""

    REQUESTED = "requested"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    MINUTES_DRAFT = "minutes_draft"
    SIGNED = "signed"
    ACTIONS_OPEN = "actions_open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Participant(Frozen):
    """An agency that was asked, and its answer."""

    node: str
    answer: Answer | None = None
    answered_at: datetime | None = None


class Opinion(Frozen):
    """A note that an agency gave its opinion on an item. The opinion itself stands in the act, and binds nobody."""

    item_id: str
    node: str
    dissent: bool
    act_id: str


class Action(Frozen):
    """What an agency took upon itself; `result` is the act that says what came of it."""

    action_id: str
    owner: str
    due: date
    result: str | None = None


class MinutesSignature(Frozen):
    """One organ's signature under the newest minutes; without `agree` it signs with its reservation."""

    node: str
    agree: bool
    at: datetime


class Minutes(Frozen):
    """The newest version of the minutes: an earlier one is no longer signed."""

    version: int
    act_id: str
    jws_sha256: str
    actions: tuple[Action, ...] = ()
    signatures: tuple[MinutesSignature, ...] = ()


class Consultation(Frozen):
    """One consultation on a lead. `with_id` is the main one of a question that not all may hear."""

    consultation_id: str
    act_id: str
    kind: str
    ground: str
    convener: str
    convened_at: datetime
    participants: tuple[Participant, ...]
    items: tuple[str, ...]
    with_id: str | None = None
    meet_at: datetime | None = None
    urgent: bool = False
    opinions: tuple[Opinion, ...] = ()
    minutes: Minutes | None = None
    closed_at: datetime | None = None

    def participant(self, node: str) -> Participant | None:
        return next((participant for participant in self.participants if participant.node == node), None)

    def answering(self, *answers: Answer | None) -> tuple[str, ...]:
        """Return the participants whose answer is one of these; None stands for no answer yet."""
        return tuple(participant.node for participant in self.participants if participant.answer in answers)

    def signers(self, lead: Lead) -> tuple[str, ...]:
        """Return the organs that sign the minutes: those that accepted and may still know of the lead."""
        return tuple(node for node in self.answering("accept") if node not in lead.concerned)

    def state(self, lead: Lead) -> ConsultationState:
        """Return where it stands, which follows from what is on record."""
        if self.closed_at is not None:
            return ConsultationState.CLOSED if self.minutes else ConsultationState.CANCELLED
        if self.minutes is None:
            if self.answering("accept"):
                return ConsultationState.ACCEPTED
            return ConsultationState.REQUESTED if self.answering(None) else ConsultationState.DECLINED
        if not set(self.signers(lead)) <= {signature.node for signature in self.minutes.signatures}:
            return ConsultationState.MINUTES_DRAFT
        if any(action.result is None and action.owner not in lead.concerned for action in self.minutes.actions):
            return ConsultationState.ACTIONS_OPEN
        return ConsultationState.SIGNED


class Consultations(Chapter):
    """All consultations on a lead, in order."""

    key: ClassVar[str] = "consultations"
    held: tuple[Consultation, ...] = ()

    def find(self, consultation_id: str) -> Consultation | None:
        return next(
            (consultation for consultation in self.held if consultation.consultation_id == consultation_id), None
        )

    def put(self, consultation: Consultation) -> Self:
        """Return the chapter with a consultation added, or in the place of the one with its id."""
        if self.find(consultation.consultation_id) is None:
            return self.but(held=(*self.held, consultation))
        return self.but(
            held=tuple(
                consultation if held.consultation_id == consultation.consultation_id else held for held in self.held
            )
        )


def kept(lead: Lead, consultation: Consultation) -> Lead:
    """Return the lead with a consultation as it is now."""
    return lead.with_chapter(lead.chapter(Consultations).put(consultation))


def named(scene: Scene[Any]) -> Consultation:
    """Return the consultation that an act names. Raises `NotFound` for an id that is something else."""
    found = scene.lead.chapter(Consultations).find(scene.content.consultation_id)
    if found is None:
        raise NotFound
    return found


ALL_BUT_THE_SENDER = (
    "the convener and every participant but the sender; those that declined may be left out",
    "召集单位和参加单位，发文单位除外；已经谢绝的单位可以不列",
)


def require_others(scene: Scene[Any], consultation: Consultation) -> None:
    """Demand that the act goes to the convener and all participants but the sender; then its `prev`.

    An agency that declined need not be addressed any more, and an agency that the lead concerns must not be.
    """
    left_out = {scene.act.sender, *scene.lead.concerned}
    here = (consultation.convener, *consultation.answering("accept", None))
    scene.require_recipients(
        *(node for node in here if node not in left_out),
        optional=(node for node in consultation.answering("decline") if node not in left_out),
    )


def require_not_closed(consultation: Consultation) -> None:
    if consultation.closed_at is not None:
        raise WrongState("The consultation is closed.", "会商已经结束。")


def own_deadlines(scene: Scene[Any], consultation: Consultation, rule: str) -> frozenset[str]:
    """Return the ids of the sender's own open deadlines of a rule (D19, D20) in a consultation."""
    return frozenset(
        deadline.deadline_id
        for deadline in scene.case.open_deadlines(scene.act.lead_id)
        if deadline.subject == consultation.consultation_id
        and deadline.node == scene.act.sender
        and deadline.rule.partition("-")[0] == rule
    )


@stands_open
def open_consultations(_: Case, lead: Lead) -> Iterable[OpenMatter]:
    """List the consultations that are not closed, except where the convener has no part in the lead any more.

    A convener that the lead concerns cannot close them, and a convener that gave the lead back might never do so. A
    participant that declined waits for nothing.
    """
    for consultation in lead.chapter(Consultations).held:
        if (
            consultation.closed_at is None
            and consultation.convener not in lead.concerned
            and not lead.is_outside(consultation.convener)
        ):
            yield OpenMatter(
                "consultation",
                consultation.consultation_id,
                "a consultation is not closed",
                "会商尚未结束",
                left=consultation.answering("decline"),
            )
