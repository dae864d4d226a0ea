"""One consultation: who was asked, what they answered, where it stands. The texts stand in the acts."""

from collections.abc import Callable
from datetime import datetime

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncEngine

from app.casework.records.consultation import Answer, Consultation, Consultations, ConsultationState
from app.errors import NotFound
from app.vault import Vault
from app.views.cases import find_lead
from app.views.schemas import Shown, Time, Uuid


class ParticipantShown(Shown):
    node: str
    answer: Answer | None = Field(description="null until answered")
    answered_at: Time | None


class OpinionShown(Shown):
    item_id: str
    node: str
    dissent: bool
    act_id: Uuid = Field(description="the act `consultation.opinion`, which holds the text")


class SignatureShown(Shown):
    node: str
    agree: bool
    signed_at: Time


class ActionShown(Shown):
    action_id: str
    owner: str
    due: str = Field(json_schema_extra={"format": "date"})
    result: Uuid | None = Field(description="the act `consultation.action`, which holds the text; null until then")


class MinutesShown(Shown):
    version: int
    act_id: Uuid
    minutes_jws_sha256: str = Field(description="what `consultation.sign` names")
    signatures: list[SignatureShown]
    actions: list[ActionShown]


class ConsultationShown(Shown):
    """A consultation as the convener and its participants may know it. It is advice: no member decides a case."""

    consultation_id: Uuid
    lead_id: Uuid
    act_id: Uuid = Field(description="the act `consultation.convene`, which holds the questions")
    state: ConsultationState
    kind: str
    ground: str
    convener: str
    convened_at: Time
    meet_at: Time | None
    urgent: bool
    with_: Uuid | None = Field(
        serialization_alias="with", description="the main consultation, if the caller may know of it"
    )
    participants: list[ParticipantShown]
    agenda: list[str] = Field(description="the ids of the items")
    opinions: list[OpinionShown] = Field(description="empty for a participant that declined")
    minutes: MinutesShown | None = Field(description="the newest version; null for a participant that declined")


async def consultation(
    engine: AsyncEngine, vault: Vault, node: str, consultation_id: str, local: Callable[[datetime], str]
) -> ConsultationShown:
    """Return a consultation; raise `NotFound` for all but its convener and those that were asked."""
    _, lead = await find_lead(engine, vault, node, "consultation", consultation_id)
    found = lead.chapter(Consultations).find(consultation_id)
    if found is None or node not in lead.known_to.get(consultation_id, ()):
        raise NotFound
    knows_main = found.with_id is not None and node in lead.known_to.get(found.with_id, ())
    mine = found.participant(node)
    takes_part = mine is None or mine.answer != "decline"
    return ConsultationShown(
        consultation_id=found.consultation_id,
        lead_id=lead.lead_id,
        act_id=found.act_id,
        state=found.state(lead),
        kind=found.kind,
        ground=found.ground,
        convener=found.convener,
        convened_at=local(found.convened_at),
        meet_at=None if found.meet_at is None else local(found.meet_at),
        urgent=found.urgent,
        with_=found.with_id if knows_main else None,
        participants=[
            ParticipantShown(
                node=participant.node,
                answer=participant.answer,
                answered_at=None if participant.answered_at is None else local(participant.answered_at),
            )
            for participant in found.participants
            if participant.node not in lead.concerned
        ],
        agenda=list(found.items),
        opinions=[OpinionShown(**opinion.model_dump()) for opinion in found.opinions] if takes_part else [],
        minutes=_minutes(found, local) if takes_part else None,
    )


def _minutes(found: Consultation, local: Callable[[datetime], str]) -> MinutesShown | None:
    if found.minutes is None:
        return None
    return MinutesShown(
        version=found.minutes.version,
        act_id=found.minutes.act_id,
        minutes_jws_sha256=found.minutes.jws_sha256,
        signatures=[
            SignatureShown(node=signature.node, agree=signature.agree, signed_at=local(signature.at))
            for signature in found.minutes.signatures
        ],
        actions=[
            ActionShown(
                action_id=action.action_id, owner=action.owner, due=action.due.isoformat(), result=action.result
            )
            for action in found.minutes.actions
        ],
    )
