"""verification.report 核查报告: what was verified of each person and each event, what speaks against it, and how."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from app.casework.acts.catalogue import act
from app.casework.allowed import in_states
from app.casework.case import LeadState
from app.casework.decision import Decision
from app.casework.records.practice import Practised
from app.casework.records.supervision import overseers
from app.casework.records.verification import CONCLUDES, HOLDER_LIMITS, TASK_LIMITS, VERIFIES, Verification
from app.casework.rules import Rule
from app.casework.scene import Scene
from app.casework.values import Content, Flag, Instant, Text, Token, misfit
from app.errors import InvalidDocument, Source

EACH_VERIFIED = Rule(
    "R-EACH-VERIFIED",
    Source.default("person, event and result are each verified, for every person and every event of the lead"),
    "The report deals with every person and every event that the lead names.",
    "核查报告应当逐一载明线索涉及的每名人员和每项事件。",
)


class PersonFound(Content):
    """One person: how the identity was verified, and what was found."""

    token: Token
    identity_verified_by: Text
    finding: Text


class EventFound(Content):
    """One event: whether it was found, on which evidence, and how it was or is to be dealt with."""

    token: Token
    found: Literal["found", "not_found", "unclear"]
    evidence: Annotated[tuple[Text, ...], Field(max_length=200)]
    handling_result: Text


class Step(Content):
    """One dated step of the verification."""

    at: Instant
    what: Text


class Report(Content):
    """核查报告. What speaks for the persons reported (`exculpatory`) is never left out, if only to say: nothing."""

    persons: Annotated[tuple[PersonFound, ...], Field(max_length=1000)]
    events: Annotated[tuple[EventFound, ...], Field(max_length=1000)]
    exculpatory: Text
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=1000)]
    checklist: Annotated[dict[Token, Flag], Field(max_length=100)]
    conclusion: Literal["substantiated", "partly_substantiated", "unsubstantiated", "unverifiable"]

    @model_validator(mode="after")
    def _tokens_differ(self) -> "Report":
        for members in (self.persons, self.events):
            if len({member.token for member in members}) != len(members):
                raise misfit("token_repeated", "Each token stands once", "每个代号只能出现一次")
        return self


@act(
    "verification.report",
    "/v1/leads/{lead_id}/reports",
    Report,
    title=("Report on the verification", "核查报告"),
    who=("the holder, of a kind that verifies", "有核查职责的承办单位"),
    kinds=VERIFIES,
    rules=(EACH_VERIFIED,),
    allowed=in_states(LeadState.VERIFYING),
    starts=("D12",),
    ends=(*TASK_LIMITS, "D17"),
    becomes=(LeadState.SIGNING,),
    follows=(
        (
            "The seats sign next. Civil affairs, which signs nothing off, stays `verifying`, and its report is "
            "on record. A coordination office that sent a supervision letter on the lead may read the report, "
            "unless supervision, procuratorate or court holds it."
        ),
        (
            "随后由各席位审核签字。民政部门没有审核签字环节，状态仍为 verifying，报告留存在案。曾就该线索发出督办"
            "函的协调机构可以查阅报告，但由纪检监察、检察、审判机关承办的除外。"
        ),
    ),
    example={
        "persons": [
            {
                "token": "p1",
                "identity_verified_by": "核对身份证件和营业执照",
                "finding": "系料场经营者，与被反映的人员一致",
            }
        ],
        "events": [
            {
                "token": "e1",
                "found": "found",
                "evidence": ["道路监控录像", "司机甲某某询问笔录"],
                "handling_result": "拟立案侦查",
            }
        ],
        "exculpatory": "2025年12月的堵车系道路施工造成，与被反映人无关。",
        "steps": [{"at": "2026-03-06T10:00:00+08:00", "what": "到料场实地查看"}],
        "checklist": {},
        "conclusion": "partly_substantiated",
    },
)
def report(scene: Scene[Report]) -> Decision:
    """Hand the report in for signature: every person and event of the lead, each with all its elements.

    A kind that verifies but does not sign off (civil affairs) puts its report on record and stays `verifying`.
    """
    scene.require_holder()
    scene.require_no_recipients()
    scene.require_prev()
    scene.require_state()
    practice = scene.practice
    if scene.content.checklist.keys() != set(practice.checklist):
        items = ", ".join(practice.checklist) or "{}"
        raise InvalidDocument(f"The items of the checklist are: {items}.", f"核查清单的项目应为：{items}。")
    _require_each(scene)
    kept = scene.lead.chapter(Practised)
    lead = scene.lead.with_chapter(kept.but(by_report={**kept.by_report, scene.act.act_id: practice}))
    written = lead.chapter(Verification).but(conclusion=scene.content.conclusion, practice=practice, signatures=())
    overseeing = overseers(lead, scene.given.nodes)
    if scene.sender.kind not in CONCLUDES:
        return Decision(leads=(lead.with_chapter(written),), also_read=overseeing)
    return Decision(
        leads=(lead.but(state=LeadState.SIGNING).with_chapter(written),),
        starts=(scene.start("D12", scene.act.sender, lead.lead_id),),
        stops=scene.running(lead.lead_id, *HOLDER_LIMITS),
        also_read=overseeing,
    )


def _require_each(scene: Scene[Report]) -> None:
    """Tokens that the lead does not name may be there besides: a verification can find further persons and events."""
    missing = [
        *sorted(set(scene.lead.persons) - {one.token for one in scene.content.persons}),
        *sorted(set(scene.lead.events) - {one.token for one in scene.content.events}),
    ]
    if missing:
        names = ", ".join(missing)
        raise EACH_VERIFIED.violated(f"Missing: {names}.", f"缺少：{names}。")
