"""consultation.minutes, .sign, .action, .close 会商纪要、会签、落实、结束: what was said, who signs, what came."""

from typing import Annotated

from pydantic import Field, model_validator

from app.casework.acts.catalogue import act, never
from app.casework.acts.consultation import CONSULTATION_ID, require_taking_part
from app.casework.allowed import EVERY_STATE
from app.casework.decision import Decision
from app.casework.names import PersonName
from app.casework.records.consultation import (
    ALL_BUT_THE_SENDER,
    Action,
    Consultation,
    ConsultationState,
    Minutes,
    MinutesSignature,
    kept,
    named,
    own_deadlines,
    require_not_closed,
    require_others,
)
from app.casework.scene import Scene
from app.casework.values import Content, Count, Day, Flag, Id, NodeId, Sha256, Text, Token, misfit
from app.errors import InvalidDocument, WrongState

CONVENER = ("convener of the consultation", "会商召集单位")
ACTION_ID = "a1"


class Dissent(Content):
    """What an agency holds against the summary."""

    node: NodeId
    text: Text


class PlannedAction(Content):
    """What one agency takes upon itself, in its own competence and on its own responsibility."""

    action_id: Token
    owner: NodeId
    text: Text
    due: Day


class WriteMinutes(Content):
    """会商纪要: who was there, what was said, who dissents, who does what until when. Advice, no decision."""

    consultation_id: Id
    version: Annotated[Count, Field(ge=1)]
    attendees: Annotated[tuple[PersonName, ...], Field(min_length=1, max_length=500)]
    summary: Text
    dissents: Annotated[tuple[Dissent, ...], Field(max_length=100)]
    actions: Annotated[tuple[PlannedAction, ...], Field(max_length=100)]

    @model_validator(mode="after")
    def _actions_differ(self) -> "WriteMinutes":
        if len({action.action_id for action in self.actions}) != len(self.actions):
            raise misfit("action_id_repeated", "Each `action_id` stands once", "每个 action_id 只能出现一次")
        return self


class Sign(Content):
    """会签: over exactly these minutes. An organ that does not agree says so, and its reservation."""

    consultation_id: Id
    minutes_jws_sha256: Sha256
    agree: Flag
    reservation: Text | None = None


class ActionResult(Content):
    """落实情况."""

    consultation_id: Id
    action_id: Token
    result: Text


class Close(Content):
    """会商结束."""

    consultation_id: Id
    summary: Text


@act(
    "consultation.minutes",
    "/v1/consultations/{consultation_id}/minutes",
    WriteMinutes,
    title=("Write the minutes of a consultation", "会商纪要"),
    who=CONVENER,
    passed_on=never,
    recipients=ALL_BUT_THE_SENDER,
    allowed=EVERY_STATE,
    starts=("D20",),
    ends=("D20",),
    follows=(
        (
            "Signatures under an earlier version are void: everybody that accepted signs this one. The result of "
            "an action that stood in the earlier minutes still counts."
        ),
        "此前版本上的会签失效，已接受商请的单位均应会签本版。前一版中已有的议定事项，其落实情况继续有效。",
    ),
    example={
        "consultation_id": CONSULTATION_ID,
        "version": 1,
        "attendees": ["赵某（公安）", "孙某某（检察）"],
        "summary": "就证据收集方向交换意见，各单位依法独立履行职责。",
        "dissents": [{"node": "procuratorate-990121", "text": "对第二项事实的定性有不同意见"}],
        "actions": [
            {"action_id": ACTION_ID, "owner": "police-990121", "text": "调取地磅数据", "due": "2026-04-03"},
        ],
    },
)
def write_minutes(scene: Scene[WriteMinutes]) -> Decision:
    """Put the next version of the minutes before those that accepted. Signatures under an earlier one are void."""
    found, lead = named(scene), scene.lead
    scene.require_role(scene.act.sender == found.convener, *CONVENER)
    _require_parties(scene, found)
    require_others(scene, found)
    require_not_closed(found)
    if not found.answering("accept"):
        raise WrongState("No participant has accepted.", "尚无单位接受商请。")
    following = (found.minutes.version if found.minutes else 0) + 1
    if scene.content.version != following:
        raise WrongState(f"The next version is {following}.", f"下一版次为 {following}。")
    minutes = Minutes(
        version=following,
        act_id=scene.act.act_id,
        jws_sha256=scene.act.jws_sha256,
        actions=tuple(_action(found, planned) for planned in scene.content.actions),
    )
    return Decision(
        leads=(kept(lead, found.but(minutes=minutes)),),
        starts=tuple(scene.start("D20", node, found.consultation_id) for node in found.signers(lead)),
        stops=scene.running(found.consultation_id, "D20"),
    )


@act(
    "consultation.sign",
    "/v1/consultations/{consultation_id}/signatures",
    Sign,
    title=("Sign the minutes", "会签纪要"),
    who=("a participant that accepted", "已接受商请的参加单位"),
    passed_on=never,
    recipients=ALL_BUT_THE_SENDER,
    allowed=EVERY_STATE,
    ends=("D20",),
    follows=(
        "The signature stands under exactly these minutes, with agreement or with a reservation.",
        "会签仅对该版纪要有效，可以同意，也可以附保留意见。",
    ),
    example={"consultation_id": CONSULTATION_ID, "minutes_jws_sha256": "0" * 64, "agree": True},
)
def sign(scene: Scene[Sign]) -> Decision:
    """Sign the newest minutes, with or without agreement. The convener's own signature stands under its act already."""
    found = named(scene)
    require_taking_part(scene, found)
    require_others(scene, found)
    minutes = _require_minutes(found)
    if scene.content.minutes_jws_sha256 != minutes.jws_sha256:
        raise WrongState("These are not the newest minutes.", "所签不是最新一版纪要。")
    if any(one.node == scene.act.sender for one in minutes.signatures):
        raise WrongState("These minutes are signed by the sender.", "本单位已经会签该版纪要。")
    signature = MinutesSignature(node=scene.act.sender, agree=scene.content.agree, at=scene.now)
    minutes = minutes.but(signatures=(*minutes.signatures, signature))
    return Decision(
        leads=(kept(scene.lead, found.but(minutes=minutes)),),
        stops=own_deadlines(scene, found, "D20"),
    )


@act(
    "consultation.action",
    "/v1/consultations/{consultation_id}/action-results",
    ActionResult,
    title=("Report what came of an action", "议定事项落实情况"),
    who=("owner of the action", "议定事项的责任单位"),
    passed_on=never,
    recipients=ALL_BUT_THE_SENDER,
    allowed=EVERY_STATE,
    follows=("The result of the action is on record.", "议定事项的落实情况记录在案。"),
    example={"consultation_id": CONSULTATION_ID, "action_id": ACTION_ID, "result": "已调取2025年10月至12月地磅数据。"},
)
def report_action(scene: Scene[ActionResult]) -> Decision:
    """Say what came of an action, once, by the agency that took it upon itself."""
    found = named(scene)
    action_id = scene.content.action_id
    action = next((one for one in found.minutes.actions if one.action_id == action_id), None) if found.minutes else None
    require_taking_part(scene, found)
    scene.require_role(
        action is None or action.owner == scene.act.sender, "owner of the action", "该议定事项的责任单位"
    )
    if found.minutes is not None and action is None:
        raise InvalidDocument("The newest minutes have no such action.", "最新一版纪要中没有该议定事项。")
    require_others(scene, found)
    minutes = _require_minutes(found)
    if action is None or action.result is not None:
        raise WrongState("The result of this action is on record.", "该议定事项的落实情况已经报送。")
    done = action.but(result=scene.act.act_id)
    minutes = minutes.but(actions=tuple(done if one.action_id == action_id else one for one in minutes.actions))
    return Decision(leads=(kept(scene.lead, found.but(minutes=minutes)),))


@act(
    "consultation.close",
    "/v1/consultations/{consultation_id}/closures",
    Close,
    title=("Close a consultation", "会商结束"),
    who=CONVENER,
    passed_on=never,
    recipients=ALL_BUT_THE_SENDER,
    allowed=EVERY_STATE,
    ends=("D19", "D19-urgent", "D20"),
    follows=(
        (
            "The consultation is `closed`; before there were minutes it is `cancelled`. It no longer stands in "
            "the way of clearing the lead."
        ),
        "会商状态为 closed；尚无纪要的为 cancelled。该会商不再妨碍线索清零。",
    ),
    example={"consultation_id": CONSULTATION_ID, "summary": "议定事项均已落实。"},
)
def close(scene: Scene[Close]) -> Decision:
    """End it: when everyone that accepted has signed and every action has its result; or call it off before minutes."""
    found = named(scene)
    scene.require_role(scene.act.sender == found.convener, *CONVENER)
    require_others(scene, found)
    require_not_closed(found)
    match found.state(scene.lead):
        case ConsultationState.MINUTES_DRAFT:
            raise WrongState("The minutes are not signed by all that accepted.", "纪要尚未经全部参加单位会签。")
        case ConsultationState.ACTIONS_OPEN:
            raise WrongState("An action has no result yet.", "尚有议定事项未报送落实情况。")
    return Decision(
        leads=(kept(scene.lead, found.but(closed_at=scene.now)),),
        stops=scene.running(found.consultation_id),
    )


def _require_minutes(found: Consultation) -> Minutes:
    require_not_closed(found)
    if found.minutes is None:
        raise WrongState("There are no minutes yet.", "尚无会商纪要。")
    return found.minutes


def _require_parties(scene: Scene[WriteMinutes], found: Consultation) -> None:
    """Demand that whoever dissents was asked, and that nobody is given an action who did not come."""
    asked = {found.convener, *(one.node for one in found.participants)}
    came = {found.convener, *found.answering("accept")}
    dissenting = {one.node for one in scene.content.dissents}
    owning = {one.owner for one in scene.content.actions}
    if not dissenting <= asked or not owning <= came:
        raise InvalidDocument(
            "Dissents are those of the convener and participants; actions are theirs that accepted.",
            "异议应当来自召集单位或者参加单位，议定事项应当由召集单位或者已接受商请的单位负责。",
        )
    scene.require_not_concerned(*owning)


def _action(found: Consultation, planned: PlannedAction) -> Action:
    """Return an action of new minutes; the result of the same one in earlier minutes still counts."""
    earlier = found.minutes.actions if found.minutes else ()
    same = (one for one in earlier if (one.action_id, one.owner) == (planned.action_id, planned.owner))
    before = next(same, None)
    result = before.result if before else None
    return Action(action_id=planned.action_id, owner=planned.owner, due=planned.due, result=result)
