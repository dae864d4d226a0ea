"""lead.split 拆分: one lead becomes parts that go their own ways. What one part is about, another's agencies never see.

A part without a transfer of its own (official misconduct found in a lead that came by one) is hidden: nobody upstream
of the splitter is told of it, counts it, or can tell from what is missing that it is there.
"""

from typing import Annotated

from pydantic import Field, model_validator

from app.casework.acts.catalogue import act
from app.casework.acts.register import Category
from app.casework.allowed import in_states
from app.casework.case import Chapter, Lead, LeadState, Transfer, TransferState
from app.casework.deadlines import Deadline
from app.casework.decision import Claim, Decision, Notice
from app.casework.kinds import Kind
from app.casework.parts import (
    GO_ON_FOR_A_PART,
    ON_THE_LEAD,
    deadlines_of_part,
    ended_deadlines,
    incoming_leg,
    way_of_part,
)
from app.casework.records.recheck import Rechecks
from app.casework.records.verification import Verification
from app.casework.routing import list_lead
from app.casework.rules import SELF_INTEREST, Rule
from app.casework.scene import Scene
from app.casework.values import Content, Id, Label, NodeId, Token, misfit
from app.errors import InvalidDocument, Source

SPLITTABLE = (LeadState.SCREENED, LeadState.RECEIVED, LeadState.ACCEPTED, LeadState.VERIFYING)
# What was done about the whole lead goes on for each part of it.
GO_ON: tuple[type[Chapter], ...] = (Verification, Rechecks)
Tokens = Annotated[tuple[Token, ...], Field(max_length=500)]

SPLIT_WHOLE = Rule(
    "R-SPLIT-WHOLE",
    Source.default("splitting: the parts cover the whole content"),
    "Every person and every event of the lead stands in at least one part.",
    "拆分后的各部分应当覆盖线索涉及的全部人员和事件。",
)
SPLIT_TRANSFER = Rule(
    "R-SPLIT-TRANSFER",
    Source.default("splitting: only a part about official misconduct may be taken out of the sender's sight"),
    "A part carries on the transfer by which the lead came, unless it is about official misconduct.",
    "除职务违法犯罪部分外，拆分后的各部分应当承接原移送。",
)
SPLIT_VISIBLE = Rule(
    "R-SPLIT-VISIBLE",
    Source.default("splitting: a lead that is split into nothing visible would tell of its hidden parts"),
    "At least one part carries on the transfer by which the lead came.",
    "拆分后至少应有一部分承接原移送。",
)


class Part(Content):
    """One part: what it is about, and the new id under which it carries on the transfer, if it does."""

    lead_id: Id
    transfer_id: Id | None = None
    title: Label
    persons: Tokens
    events: Tokens
    category: Category
    concerns_nodes: Annotated[tuple[NodeId, ...], Field(max_length=100)] = ()


class Split(Content):
    """拆分: the parts. Persons and events are named by the tokens of the registration."""

    parts: Annotated[tuple[Part, ...], Field(min_length=1, max_length=100)]

    @model_validator(mode="after")
    def _ids_differ(self) -> "Split":
        ids = new_ids(self)
        if len(set(ids)) != len(ids):
            raise misfit("id_repeated", "Each new id stands once", "每个新编号只能出现一次")
        return self


def new_ids(content: Split) -> list[str]:
    """Return the ids that a split brings: those of the parts, and those under which they carry the transfer on."""
    return [one for part in content.parts for one in (part.lead_id, part.transfer_id) if one is not None]


@act(
    "lead.split",
    "/v1/leads/{lead_id}/splits",
    Split,
    title=("Split a lead into parts", "拆分线索"),
    who=("the holder", "线索承办单位"),
    rules=(SELF_INTEREST, SPLIT_WHOLE, SPLIT_TRANSFER, SPLIT_VISIBLE),
    new_ids=new_ids,
    lead_numbers=lambda content: len(content.parts),
    allowed=in_states(LeadState.SCREENED, LeadState.RECEIVED, LeadState.ACCEPTED, LeadState.VERIFYING),
    starts=(*GO_ON_FOR_A_PART, "D03-supervision"),
    ends=ON_THE_LEAD,
    becomes=(LeadState.SPLIT,),
    notices=("notice.listed",),
    follows=(
        (
            "Each part is a lead of its own, with number, state and holder. A part that carries the transfer on "
            "stands where the lead stood, and what ran on the lead or its transfer runs on for it; any other "
            "part is `screened`. A part without a transfer, taken out of a lead that came by one, is hidden from "
            "every agency upstream, and the office of the area is not told of it. What is found about officials "
            "is handed to supervision within D03."
        ),
        (
            "拆分出的各部分均为独立线索，各有编号、状态和承办单位。承接原移送的部分沿用原线索的状态，原线索及其移"
            "送上正在计算的期限在该部分上继续计算；其他部分状态为 screened。来自移送线索而未承接移送的部分，对上"
            "游各单位不可见，也不告知属地协调机构。涉及公职人员的部分，应当在 D03 期限内移送监察机关。"
        ),
    ),
    example={
        "parts": [
            {
                "lead_id": "019ccd10-0000-7000-8000-00000000000a",
                "transfer_id": "019ccd10-0000-7000-8000-00000000000b",
                "title": "强迫交易",
                "persons": ["p1"],
                "events": ["e1"],
                "category": "evil_force",
            },
            {
                "lead_id": "019ccd10-0000-7000-8000-00000000000c",
                "title": "疑似通风报信",
                "persons": ["p2"],
                "events": ["e2"],
                "category": "official_misconduct",
                "concerns_nodes": [],
            },
        ]
    },
)
def split(scene: Scene[Split]) -> Decision:
    """Split the lead. Each part goes on by itself: along the incoming transfer under a new id, or screened anew."""
    scene.require_holder()
    scene.require_no_recipients()
    _require_known_tokens(scene)
    scene.require_prev()
    scene.require_state()
    lead, leg = scene.lead, incoming_leg(scene.lead)
    _require_unconcerned(scene, leg)
    _require_whole(scene)
    _require_transfers(scene, leg)
    # Numbers in a row for what is seen upstream: a gap would tell that a part is hidden.
    numbered = sorted(scene.content.parts, key=lambda part: part.transfer_id is None)
    numbers = {part.lead_id: number for part, number in zip(numbered, scene.given.lead_nos, strict=True)}
    parts = [_part(scene, part, leg, numbers[part.lead_id]) for part in scene.content.parts]
    parts, notices = _listed(scene, parts, leg)
    ended = lead.but(state=LeadState.SPLIT, parts=tuple(part.lead_id for part in parts))
    if leg is not None:
        ended = ended.with_transfer(leg.but(state=TransferState.SPLIT))
    return Decision(
        leads=(ended, *parts),
        claims=tuple(claim for part in parts for claim in _claims(part)),
        starts=tuple(deadline for part in parts for deadline in _deadlines(scene, part, leg)),
        stops=ended_deadlines(scene.case, lead),
        notices=notices,
    )


def _part(scene: Scene[Split], part: Part, leg: Transfer | None, lead_no: str) -> Lead:
    lead = scene.lead
    began = Lead(
        lead_id=part.lead_id,
        lead_no=lead_no,
        state=LeadState.SCREENED,
        origin=lead.origin,
        holder=lead.holder,
        place_code=lead.place_code,
        registered_at=scene.now,
        category=part.category,
        persons=part.persons,
        events=part.events,
        supervised=lead.supervised,
        concerned=tuple(dict.fromkeys((*lead.concerned, *part.concerns_nodes))),
        split_from=lead.lead_id,
        hidden_from=lead.hidden_from,
    )
    if leg is None:
        return began
    if part.transfer_id is None:
        hidden = (*lead.hidden_from, *lead.upstream(lead.holder), lead.origin)
        return began.but(origin=lead.holder, supervised=False, hidden_from=tuple(dict.fromkeys(hidden)))
    chapters = {kind.key: lead.chapters[kind.key] for kind in GO_ON if kind.key in lead.chapters}
    way = way_of_part(lead, leg, part.lead_id, part.transfer_id)
    return began.but(state=lead.state, transfers=way, chapters=chapters)


def _listed(scene: Scene[Split], parts: list[Lead], leg: Transfer | None) -> tuple[list[Lead], tuple[Notice, ...]]:
    """List what is not hidden; a hidden part is listed, if at all, when it is offered."""
    listed = [(part, ()) if _is_hidden(part, leg) else list_lead(part, scene.given) for part in parts]
    return [part for part, _ in listed], tuple(notice for _, notices in listed for notice in notices)


def _deadlines(scene: Scene[Split], part: Lead, leg: Transfer | None) -> tuple[Deadline, ...]:
    handing_over = _hand_over(scene, part)
    if _is_hidden(part, leg):
        return handing_over
    # A part that starts anew owes what the registration started, and nothing of a verification.
    return (*handing_over, *deadlines_of_part(scene.case, scene.lead, part, only=("D01",) if leg is None else None))


def _hand_over(scene: Scene[Split], part: Lead) -> tuple[Deadline, ...]:
    """Return the limit D03 for what is found about officials: 3 working days to hand it to supervision."""
    own = scene.sender.kind is Kind.SUPERVISION or part.transfers
    if own or part.category != "official_misconduct":
        return ()
    # A part that is split once more has been known for what it is since the first time.
    since = (one.started for one in scene.case.open_deadlines(scene.lead.lead_id) if one.rule == "D03-supervision")
    known = min(since, default=None)
    return (scene.start("D03-supervision", part.holder, part.lead_id, lead_id=part.lead_id, after=known),)


def _is_hidden(part: Lead, leg: Transfer | None) -> bool:
    return leg is not None and not part.transfers


def _claims(part: Lead) -> tuple[Claim, ...]:
    legs = (Claim(leg.transfer_id, "transfer", part.lead_id) for leg in part.transfers)
    return (Claim(part.lead_id, "lead", part.lead_id), *legs)


def _require_known_tokens(scene: Scene[Split]) -> None:
    lead = scene.lead
    for part in scene.content.parts:
        if not (set(part.persons) <= set(lead.persons) and set(part.events) <= set(lead.events)):
            raise InvalidDocument(
                "A part names a person or an event that is not in the lead.", "所列人员或者事件不在该线索之中。"
            )


def _require_whole(scene: Scene[Split]) -> None:
    parts = scene.content.parts
    persons = set(scene.lead.persons) - {token for part in parts for token in part.persons}
    events = set(scene.lead.events) - {token for part in parts for token in part.events}
    if persons or events:
        raise SPLIT_WHOLE.violated(
            f"Left out: {len(persons)} persons, {len(events)} events.",
            f"遗漏人员{len(persons)}人、事件{len(events)}件。",
        )


def _require_transfers(scene: Scene[Split], leg: Transfer | None) -> None:
    carried = [part.transfer_id is not None for part in scene.content.parts]
    if leg is None:
        if any(carried):
            raise InvalidDocument(
                "There is no transfer that a part could carry on: leave transfer_id out.",
                "该线索没有可承接的移送，不应填写 transfer_id。",
            )
        return
    if any(part.transfer_id is None and part.category != "official_misconduct" for part in scene.content.parts):
        raise SPLIT_TRANSFER.violated()
    if not any(carried):
        raise SPLIT_VISIBLE.violated()


def _require_unconcerned(scene: Scene[Split], leg: Transfer | None) -> None:
    """The splitter holds every part, and the sender of the transfer is to be answered on those that carry it on."""
    for part in scene.content.parts:
        answered = {leg.sender} if leg is not None and part.transfer_id is not None else set()
        if {scene.act.sender, *answered} & set(part.concerns_nodes):
            raise SELF_INTEREST.violated()
