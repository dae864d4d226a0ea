"""lead.register 线索登记: a lead comes into the world, held by the agency that registers it."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from app.casework.acts.catalogue import act
from app.casework.case import Lead, LeadState
from app.casework.deadlines import Deadline
from app.casework.decision import Claim, Decision
from app.casework.kinds import Kind
from app.casework.rules import SELF_INTEREST
from app.casework.scene import Scene
from app.casework.values import (
    Content,
    CreditCode,
    Instant,
    Label,
    NodeId,
    PlaceCode,
    ResidentId,
    Text,
    Token,
    birth_date,
    misfit,
)
from app.errors import InvalidDocument

Category = Literal["organized_crime", "evil_force", "disorder", "general", "official_misconduct", "not_within_remit"]


class LeadSource(Content):
    """Where the lead came from."""

    type: Literal[
        "public_report",
        "assigned_from_above",
        "case_review",
        "department_feedback",
        "surrender",
        "batch_review",
    ]
    channel: Literal[
        "hotline",
        "hotline_12315",
        "hotline_12345",
        "letter",
        "box",
        "email",
        "visit",
        "online",
        "petition",
        "inspection",
        "trial",
        "other",
    ]
    received_at: Instant
    external_no: Label | None = None


class Occurred(Content):
    """When the events are said to have happened."""

    from_: Annotated[Instant, Field(alias="from")]
    to: Instant | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Occurred":
        if self.to is not None and self.to < self.from_:
            raise misfit("times_reversed", "`to` is not before `from`", "to 不得早于 from")
        return self


class Person(Content):
    """A person named in the lead. The role is what is said of them, never a finding."""

    token: Token
    name: Label | None = None
    id_no: ResidentId | None = None
    phone: Label | None = None
    plate: Label | None = None
    credit_code: CreditCode | None = None
    role: Literal["reported", "victim", "witness", "other"]
    position: Label | None = None


class Event(Content):
    """One event that the lead tells of."""

    token: Token
    summary: Text


class Register(Content):
    """线索登记表: what is alleged, by which way it came, and whom and what it names."""

    source: LeadSource
    place_code: PlaceCode
    occurred: Occurred | None = None
    sectors: tuple[Label, ...]
    allegation: Text
    persons: Annotated[tuple[Person, ...], Field(max_length=500)]
    events: Annotated[tuple[Event, ...], Field(max_length=500)]
    concerns_nodes: Annotated[tuple[NodeId, ...], Field(max_length=100)]
    category: Category | None = None

    @model_validator(mode="after")
    def _tokens_differ(self) -> "Register":
        for members in (self.persons, self.events):
            if len({member.token for member in members}) != len(members):
                raise misfit("token_repeated", "Each token stands once", "每个代号只能出现一次")
        return self


EXAMPLE = {
    "source": {
        "type": "public_report",
        "channel": "visit",
        "received_at": "2026-03-02T08:40:00+08:00",
        "external_no": "JF-2026-0031",
    },
    "place_code": "990121101",
    "occurred": {"from": "2025-10-01T00:00:00+08:00", "to": "2025-12-31T00:00:00+08:00"},
    "sectors": ["砂石"],
    "allegation": "群众反映：甲镇河湾砂石料场经营者张某某等人多次堵截运料车辆，强迫施工方购买其砂石。",
    "persons": [{"token": "p1", "name": "张某某", "role": "reported", "position": "料场经营者"}],
    "events": [{"token": "e1", "summary": "2025年10月至12月多次堵截运料车辆"}],
    "concerns_nodes": [],
}


@act(
    "lead.register",
    "/v1/leads",
    Register,
    title=("Register a lead", "线索登记"),
    who=("an intake agency", "受理线索的单位"),
    kinds=frozenset(Kind) - {Kind.ORGANIZATION, Kind.INSPECTION},
    rules=(SELF_INTEREST,),
    starts=("D01",),
    becomes=(LeadState.REGISTERED,),
    follows=(
        (
            "The sender is origin and holder of the lead and answers for it until another agency signs for it. "
            "No other agency knows of the lead yet. The time to divert (D01) runs in petition offices only."
        ),
        (
            "发文单位即为登记单位和承办单位，在其他单位签收之前对线索负责；此时其他单位尚不知悉该线索。登记分流期"
            "限（D01）仅适用于信访部门。"
        ),
    ),
    example=EXAMPLE,
    opens_case=True,
    lead_numbers=lambda _: 1,
)
def register(scene: Scene[Register]) -> Decision:
    """Register a lead. Responsibility lies with the sender until another agency signs for it."""
    scene.require_no_recipients()
    if scene.act.sender in scene.content.concerns_nodes:
        raise SELF_INTEREST.violated()
    _require_born(scene)
    lead_id = scene.act.lead_id
    lead = Lead(
        lead_id=lead_id,
        lead_no=scene.given.lead_nos[0],
        state=LeadState.REGISTERED,
        origin=scene.act.sender,
        holder=scene.act.sender,
        place_code=scene.content.place_code,
        registered_at=scene.now,
        category=scene.content.category,
        persons=tuple(person.token for person in scene.content.persons),
        events=tuple(event.token for event in scene.content.events),
        concerned=tuple(dict.fromkeys(scene.content.concerns_nodes)),
    )
    petition = scene.sender.kind is Kind.PETITION
    starts: tuple[Deadline, ...] = (scene.start("D01", scene.act.sender, lead_id),) if petition else ()
    return Decision(leads=(lead,), claims=(Claim(lead_id, "lead", lead_id),), starts=starts)


def _require_born(scene: Scene[Register]) -> None:
    today = scene.now.astimezone(scene.given.zone).date()
    if any(person.id_no is not None and birth_date(person.id_no) > today for person in scene.content.persons):
        raise InvalidDocument(
            "A resident identity number in `persons` states a birth date that is still to come.",
            "persons 中的公民身份号码所载出生日期晚于今天。",
        )
