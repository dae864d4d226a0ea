"""consultation.convene, .answer, .opinion 商请、答复、意见: agencies take counsel. Nothing said here decides a case."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from app.casework.acts.catalogue import act, never
from app.casework.allowed import EVERY_STATE, WORK_GOES_ON
from app.casework.case import Lead
from app.casework.decision import Claim, Decision
from app.casework.kinds import Kind
from app.casework.names import PersonName
from app.casework.records.consultation import (
    ALL_BUT_THE_SENDER,
    Consultation,
    Consultations,
    Opinion,
    Participant,
    kept,
    named,
    own_deadlines,
    require_not_closed,
    require_others,
)
from app.casework.records.letters import SUPERVISION_MATTER, held_by_supervision
from app.casework.rules import SELF_INTEREST, Rule
from app.casework.scene import Scene
from app.casework.values import Content, Flag, Id, Instant, NodeId, Text, Token, misfit
from app.errors import InvalidDocument, NotFound, Source, WrongState

CONVENES = frozenset({Kind.POLICE, Kind.SUPERVISION, Kind.PROCURATORATE, Kind.JUSTICE, Kind.COORDINATION})
CONSULTATION_ID = "019ccd10-0000-7000-8000-000000000006"
ITEM_ID = "k1"
PARTICIPANT = ("participant of the consultation", "会商参加单位")
TAKING_PART = ("convener or a participant that accepted", "召集单位或者已接受商请的参加单位")

COURT_JOINS_JOINT_MEETINGS = Rule(
    "R-COURT-JOINS-JOINT-MEETINGS",
    Source.default("a court takes part in joint meetings only, and is bound by none (监察法 第四条)"),
    "A court joins joint meetings only.",
    "人民法院只参加联席会议。",
)
EARLY_INTERVENTION = Rule(
    "R-EARLY-INTERVENTION",
    Source.law("人民检察院刑事诉讼规则 第二百五十六条"),
    "Early intervention: police or supervision ask a procuratorate, or it comes of its own motion; in a matter of "
    "supervision only when that organ asks.",
    "提前介入由公安机关、监察机关商请，或者由检察机关自行决定；监察机关办理的案件，只能经监察机关商请。",
)
PROSECUTOR_NAMED = Rule(
    "R-PROSECUTOR-NAMED",
    Source.default("early intervention: at least one prosecutor is assigned"),
    "A procuratorate that comes early names at least one prosecutor in `attendees`.",
    "检察机关提前介入的，应当在 attendees 中列明至少一名检察人员。",
)
WHO_CONSULTS = Rule(
    "R-CONSULTATION-KINDS",
    Source.default("acts by kind of agency: an inspection only reads"),
    "An inspection takes part in no consultation.",
    "督查督导单位不参加会商。",
)


class AgendaItem(Content):
    """One question."""

    item_id: Token
    question: Text


class Convene(Content):
    """商请函: who is asked, on what ground, and which questions. What not all may hear is a consultation of its own."""

    consultation_id: Id
    kind: Literal["major_case", "early_intervention", "joint_meeting", "jurisdiction_dispute", "intelligence"]
    ground: Literal["major", "difficult", "complex"]
    participants: Annotated[tuple[NodeId, ...], Field(min_length=1, max_length=100)]
    agenda: Annotated[tuple[AgendaItem, ...], Field(min_length=1, max_length=100)]
    with_: Annotated[Id | None, Field(alias="with")] = None
    meet_at: Instant | None = None
    urgent: Flag | None = None

    @model_validator(mode="after")
    def _each_stands_once(self) -> "Convene":
        if len(set(self.participants)) != len(self.participants):
            raise misfit("participant_repeated", "Each participant stands once", "每个参加单位只能出现一次")
        if len({item.item_id for item in self.agenda}) != len(self.agenda):
            raise misfit("item_id_repeated", "Each `item_id` stands once", "每个 item_id 只能出现一次")
        return self


class Answered(Content):
    """对商请的答复: accept, or decline with a reason; `attendees` are the persons who will come."""

    consultation_id: Id
    answer: Literal["accept", "decline"]
    reason: Text | None = None
    attendees: Annotated[tuple[PersonName, ...], Field(max_length=100)]

    @model_validator(mode="after")
    def _says_why(self) -> "Answered":
        if self.answer == "decline" and self.reason is None:
            raise misfit("reason_missing", "Declining needs a `reason`", "谢绝应当说明理由，填写 reason")
        return self


class GiveOpinion(Content):
    """会商意见: advice on one question; `dissent` marks it as differing."""

    consultation_id: Id
    item_id: Token
    opinion: Text
    dissent: Flag


@act(
    "consultation.convene",
    "/v1/leads/{lead_id}/consultations",
    Convene,
    title=("Convene a consultation", "商请会商"),
    who=("a party of the lead: police, supervision, procuratorate, justice or a coordination office", "线索相关单位"),
    kinds=CONVENES,
    rules=(SELF_INTEREST, COURT_JOINS_JOINT_MEETINGS, EARLY_INTERVENTION, SUPERVISION_MATTER, WHO_CONSULTS),
    claims=("consultation_id",),
    names=("with_",),
    passed_on=never,
    recipients=("all of `participants`", "`participants` 所列全部单位"),
    allowed=WORK_GOES_ON,
    starts=("D19", "D19-urgent"),
    follows=(
        (
            "Each participant becomes a party of the lead: it may know that there is this lead and this "
            "consultation, and reads what is addressed to it. Each answers within D19. The lead stays where it "
            "is."
        ),
        (
            "各参加单位成为线索相关单位，可以知悉该线索和本次会商，查阅发给本单位的文书，并应当在 D19 期限内答复。"
            "线索状态不变。"
        ),
    ),
    example={
        "consultation_id": CONSULTATION_ID,
        "kind": "early_intervention",
        "ground": "complex",
        "participants": ["procuratorate-990121"],
        "agenda": [{"item_id": ITEM_ID, "question": "强迫交易行为的证据收集方向"}],
        "meet_at": "2026-03-19T09:30:00+08:00",
        "urgent": False,
    },
)
def convene(scene: Scene[Convene]) -> Decision:
    """Ask agencies to take counsel. They may know of the lead from now on, and read what is addressed to them."""
    asked, lead = scene.content, scene.lead
    if asked.with_ is not None:
        _require_main(scene, asked.with_)
    if scene.act.sender in asked.participants:
        raise InvalidDocument("`participants` does not name the convener.", "参加单位中不应列入召集单位。")
    kinds = [scene.node(node).kind for node in asked.participants]
    scene.require_recipients(*asked.participants)
    scene.require_state()
    _require_seemly(scene, kinds)
    consultation = Consultation(
        consultation_id=asked.consultation_id,
        act_id=scene.act.act_id,
        kind=asked.kind,
        ground=asked.ground,
        convener=scene.act.sender,
        convened_at=scene.now,
        participants=tuple(Participant(node=node) for node in asked.participants),
        items=tuple(item.item_id for item in asked.agenda),
        with_id=asked.with_,
        meet_at=asked.meet_at,
        urgent=bool(asked.urgent),
    )
    rule = "D19-urgent" if asked.urgent else "D19"
    return Decision(
        leads=(_drawn_in(lead, consultation),),
        claims=(Claim(asked.consultation_id, "consultation", lead.lead_id),),
        starts=tuple(scene.start(rule, node, asked.consultation_id) for node in asked.participants),
    )


@act(
    "consultation.answer",
    "/v1/consultations/{consultation_id}/answers",
    Answered,
    title=("Accept or decline a consultation", "答复商请"),
    who=PARTICIPANT,
    rules=(PROSECUTOR_NAMED,),
    passed_on=never,
    recipients=ALL_BUT_THE_SENDER,
    allowed=EVERY_STATE,
    starts=("D20",),
    ends=("D19", "D19-urgent"),
    follows=(
        (
            "Who accepts signs the minutes; where minutes are written already, D20 runs at once. Who declines is "
            "asked for nothing more."
        ),
        "接受商请的单位应当会签纪要；纪要已经形成的，立即开始计算 D20。谢绝的单位不再承担其他事项。",
    ),
    example={"consultation_id": CONSULTATION_ID, "answer": "accept", "attendees": ["孙某某", "李某"]},
)
def answer(scene: Scene[Answered]) -> Decision:
    """Accept or decline, once. Who accepts signs the minutes; who declines is asked for nothing more."""
    found = named(scene)
    mine = found.participant(scene.act.sender)
    scene.require_role(mine is not None, *PARTICIPANT)
    require_others(scene, found)
    require_not_closed(found)
    if mine is None or mine.answer is not None:
        raise WrongState("This request has been answered.", "本单位已经答复该商请。")
    comes_early = found.kind == "early_intervention" and scene.sender.kind is Kind.PROCURATORATE
    if comes_early and scene.content.answer == "accept" and not scene.content.attendees:
        raise PROSECUTOR_NAMED.violated()
    answered = mine.but(answer=scene.content.answer, answered_at=scene.now)
    found = found.but(participants=tuple(answered if one.node == mine.node else one for one in found.participants))
    late = found.minutes is not None and answered.answer == "accept"
    return Decision(
        leads=(kept(scene.lead, found),),
        starts=(scene.start("D20", mine.node, found.consultation_id),) if late else (),
        stops=own_deadlines(scene, found, "D19"),
    )


@act(
    "consultation.opinion",
    "/v1/consultations/{consultation_id}/opinions",
    GiveOpinion,
    title=("Give an opinion in a consultation", "会商意见"),
    who=TAKING_PART,
    passed_on=never,
    recipients=ALL_BUT_THE_SENDER,
    allowed=EVERY_STATE,
    follows=(
        "The opinion is on record with its dissent and binds nobody.",
        "意见及其保留记录在案，对任何单位均无约束力。",
    ),
    example={
        "consultation_id": CONSULTATION_ID,
        "item_id": ITEM_ID,
        "opinion": "建议补充调取地磅数据和运输合同，查明是否存在威胁手段。",
        "dissent": False,
    },
)
def give_opinion(scene: Scene[GiveOpinion]) -> Decision:
    """Give advice on one question. It is on record with its dissent, and binds nobody."""
    found = named(scene)
    require_taking_part(scene, found)
    if scene.content.item_id not in found.items:
        raise InvalidDocument("The agenda has no such item.", "议程中没有该事项。")
    require_others(scene, found)
    require_not_closed(found)
    opinion = Opinion(
        item_id=scene.content.item_id,
        node=scene.act.sender,
        dissent=scene.content.dissent,
        act_id=scene.act.act_id,
    )
    return Decision(leads=(kept(scene.lead, found.but(opinions=(*found.opinions, opinion))),))


def require_taking_part(scene: Scene[Any], found: Consultation) -> None:
    """Raise `ForbiddenAct` for whoever neither convened nor accepted."""
    scene.require_role(scene.act.sender in (found.convener, *found.answering("accept")), *TAKING_PART)


def _require_main(scene: Scene[Convene], main_id: str) -> None:
    scene.require_introduced(main_id)
    if scene.lead.chapter(Consultations).find(main_id) is None:
        raise NotFound


def _require_seemly(scene: Scene[Convene], participants: list[Kind]) -> None:
    """Raise `RuleViolated` unless these kinds of agencies may take counsel on this lead in this way."""
    asked, kind = scene.content, scene.sender.kind
    if Kind.INSPECTION in participants:
        raise WHO_CONSULTS.violated()
    if Kind.COURT in participants and asked.kind != "joint_meeting":
        raise COURT_JOINS_JOINT_MEETINGS.violated()
    if asked.kind == "early_intervention":
        own_motion = kind is Kind.PROCURATORATE
        asks = kind in (Kind.POLICE, Kind.SUPERVISION) and Kind.PROCURATORATE in participants
        foreign = held_by_supervision(scene) and kind is not Kind.SUPERVISION
        if foreign or not (own_motion or asks):
            raise EARLY_INTERVENTION.violated()
    if held_by_supervision(scene) and kind is not Kind.SUPERVISION:
        raise SUPERVISION_MATTER.violated()


def _drawn_in(lead: Lead, consultation: Consultation) -> Lead:
    asked = [one.node for one in consultation.participants]
    return kept(
        lead.invite(*asked).introduce(consultation.consultation_id, consultation.convener, *asked), consultation
    )
