"""protection.request, protection.answer 保护: somebody is threatened; the holder answers in 24 hours."""

from typing import Any

from app.casework.acts.catalogue import act, never
from app.casework.allowed import EVERY_STATE, NOT_ARCHIVED
from app.casework.decision import Claim, Decision
from app.casework.records.protection import Protection, Protections, is_unanswered
from app.casework.scene import Scene
from app.casework.values import Content, Id, Label, Text
from app.errors import NotFound, WrongState

PROTECTION_ID = "019ccd10-0000-7000-8000-000000000009"


class ProtectionRequest(Content):
    """保护申请: the threat (the person by token), and how urgent it is."""

    protection_id: Id
    threat: Text
    urgency: Label


class ProtectionAnswer(Content):
    """对保护申请的答复: what is done; it may also be that nothing is needed, and why."""

    protection_id: Id
    measures: Text


@act(
    "protection.request",
    "/v1/leads/{lead_id}/protections",
    ProtectionRequest,
    title=("Ask for protection", "保护申请"),
    who=("any party of the lead", "线索任一相关单位"),
    claims=("protection_id",),
    passed_on=is_unanswered,
    recipients=("the holder; nobody (`[]`) if the holder itself asks", "承办单位；承办单位自行提出的，为 []"),
    allowed=NOT_ARCHIVED,
    starts=("D25",),
    follows=(
        (
            "Only the two agencies know of the request. If the lead passes on before the answer, the next holder "
            "with `full` disclosure may read and answer it."
        ),
        "该申请仅双方知悉。答复前线索转由其他单位承办且 disclosure 为 full 的，后续承办单位可以查阅并答复。",
    ),
    example={
        "protection_id": PROTECTION_ID,
        "threat": "举报人 r1 称近日有人到其住处威胁。",
        "urgency": "urgent",
    },
)
def request_protection(scene: Scene[ProtectionRequest]) -> Decision:
    """Ask the holder to protect somebody, in any state but archived. A holder that asks puts it on record for itself.

    Only the two of them know of the request. The deadline is the holder's, also of one that asks itself.
    """
    lead = scene.lead
    scene.require_recipients(*(node for node in (lead.holder,) if node != scene.act.sender))
    asked = Protection(
        protection_id=scene.content.protection_id,
        act_id=scene.act.act_id,
        requester=scene.act.sender,
        asked=lead.holder,
    )
    chapter = lead.chapter(Protections)
    lead = lead.introduce(asked.protection_id, asked.requester, asked.asked)
    return Decision(
        leads=(lead.with_chapter(chapter.but(requests=(*chapter.requests, asked))),),
        claims=(Claim(asked.protection_id, "protection", lead.lead_id),),
        starts=(scene.start("D25", asked.asked, asked.protection_id),),
    )


@act(
    "protection.answer",
    "/v1/leads/{lead_id}/protections/answers",
    ProtectionAnswer,
    title=("Answer a protection request", "答复保护申请"),
    who=("the agency that was asked, or the holder that came after it", "被申请单位或其后的承办单位"),
    names=("protection_id",),
    outside=True,
    passed_on=never,
    recipients=(
        "the agency that asked; nobody (`[]`) if that is the sender, or if the lead concerns it",
        "提出申请的单位；发文单位自行提出的，或者该单位系线索所涉单位的，为 []",
    ),
    allowed=EVERY_STATE,
    ends=("D25",),
    follows=("The request is answered.", "该申请已经答复。"),
    example={"protection_id": PROTECTION_ID, "measures": "已安排民警每日走访，并告知紧急联系方式。"},
)
def answer_protection(scene: Scene[ProtectionAnswer]) -> Decision:
    """Say what is done, once. The answer goes to whoever asked."""
    asked = _known(scene)
    scene.require_role(
        scene.act.sender in (asked.asked, scene.lead.holder),
        "agency that was asked, or the holder",
        "被申请单位或线索承办单位",
    )
    # Whoever turned out to be concerned by the lead hears nothing more of it.
    unheard = {scene.act.sender, *scene.lead.concerned}
    scene.require_recipients(*(node for node in (asked.requester,) if node not in unheard))
    if asked.answered:
        raise WrongState("The protection request has been answered.", "该保护申请已经答复。")
    chapter = scene.lead.chapter(Protections)
    requests = tuple(one.but(answered=True) if one == asked else one for one in chapter.requests)
    return Decision(
        leads=(scene.lead.with_chapter(chapter.but(requests=requests)),),
        stops=scene.running(asked.protection_id, "D25"),
    )


def _known(scene: Scene[Any]) -> Protection:
    """Return the request that is answered. Raises `NotFound` unless the sender made it, was asked, or may read it."""
    lead, wanted = scene.lead, scene.content.protection_id
    found = next((one for one in lead.chapter(Protections).requests if one.protection_id == wanted), None)
    if found is None:
        raise NotFound
    reads = any(ref.act_id == found.act_id and scene.act.sender in ref.readers for ref in scene.case.acts)
    if not reads and scene.act.sender not in lead.known_to.get(wanted, ()):
        raise NotFound
    return found
