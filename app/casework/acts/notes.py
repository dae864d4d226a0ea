"""interference.record 干预记录, clarification.issue 澄清, correction.note 更正: said beside the course of a lead."""

from app.casework.acts.catalogue import act, never
from app.casework.allowed import EVERY_STATE, NOT_ARCHIVED, in_states
from app.casework.case import LeadState
from app.casework.decision import Decision
from app.casework.names import Approver, PersonName
from app.casework.records.notes import Clarifications
from app.casework.records.verification import Verification
from app.casework.rules import Rule
from app.casework.scene import Scene
from app.casework.values import Content, Id, Instant, Text, Token
from app.errors import InvalidDocument, NotFound, Source

# From the conclusion on it is known what is unfounded. A lead that was split is clarified as a whole.
CLARIFIED_IN = (
    LeadState.CONCLUDED,
    LeadState.REPLIED,
    LeadState.CONFIRMED,
    LeadState.CONTESTED,
    LeadState.RECHECK,
    LeadState.CLEARED,
    LeadState.SPLIT,
)

CLARIFY_UNFOUNDED = Rule(
    "R-CLARIFY-UNFOUNDED",
    Source.default("clarification says what is unfounded; a lead that was wholly substantiated has nothing of it"),
    "The signed report found everything substantiated: there is nothing to clarify.",
    "经审核签字的核查结论为查实，没有需要澄清的内容。",
)


class Interference(Content):
    """干预记录: who interfered (by token), when, what was said or written, and who recorded it."""

    who_token: Token
    at: Instant
    content: Text
    recorder: PersonName


class Clarification(Content):
    """澄清说明: what is unfounded, to whom it is made known (`scope`), and who approved it."""

    scope: Text
    text: Text
    approver: Approver


class Correction(Content):
    """更正注记: which act of the sender's own is corrected, and how it should read."""

    of_act: Id
    text: Text


@act(
    "interference.record",
    "/v1/leads/{lead_id}/interferences",
    Interference,
    title=("Record an interference", "干预记录"),
    who=("any party of the lead", "线索任一相关单位"),
    outside=True,
    passed_on=never,
    allowed=NOT_ARCHIVED,
    follows=(
        "Only the agency that records it reads it, whoever holds the lead later. The lead stays where it is.",
        "仅记录单位可以查阅，此后无论由谁承办均不向其开放。线索状态不变。",
    ),
    example={
        "who_token": "g1",
        "at": "2026-03-10T15:00:00+08:00",
        "content": "来电要求尽快了结，不要再核查料场。",
        "recorder": "孙某某",
    },
)
def record_interference(scene: Scene[Interference]) -> Decision:
    """Put on record that somebody interfered, whoever it was. Nobody but the recording agency reads it."""
    scene.require_no_recipients()
    scene.require_prev()
    return Decision(leads=(scene.lead,))


@act(
    "clarification.issue",
    "/v1/leads/{lead_id}/clarifications",
    Clarification,
    title=("Clarify what is unfounded", "澄清"),
    who=("the holder", "线索承办单位"),
    rules=(CLARIFY_UNFOUNDED,),
    allowed=in_states(*CLARIFIED_IN),
    follows=(
        "The clarification is on record. An unfounded lead that names persons is cleared only after it.",
        "澄清记录在案。查否且涉及具体人员的线索，澄清后方可清零。",
    ),
    example={
        "scope": "被反映人所在单位",
        "text": "经核查，反映王某某的问题不属实，予以澄清。",
        "approver": {
            "name": "周某某",
            "title": "局长",
            "level": "county",
            "approved_at": "2026-04-02T10:00:00+08:00",
        },
    },
)
def clarify(scene: Scene[Clarification]) -> Decision:
    """Say what of the lead was found to be unfounded, after its conclusion; also after it was cleared or split."""
    scene.require_holder()
    scene.require_no_recipients()
    scene.require_prev()
    scene.require_state()
    lead = scene.lead
    if lead.state is not LeadState.SPLIT and lead.chapter(Verification).conclusion == "substantiated":
        raise CLARIFY_UNFOUNDED.violated()
    chapter = lead.chapter(Clarifications)
    return Decision(leads=(lead.with_chapter(chapter.but(issued=(*chapter.issued, scene.act.act_id))),))


@act(
    "correction.note",
    "/v1/leads/{lead_id}/corrections",
    Correction,
    title=("Correct an act of one's own", "更正"),
    who=("the sender of the act that is corrected", "被更正文书的发文单位"),
    names=("of_act",),
    outside=True,
    allowed=EVERY_STATE,
    follows=(
        "The corrected act stays as it was signed; the note stands beside it in the timeline of the sender.",
        "被更正的文书保持签发时的原貌，更正注记载于发文单位的时间线。",
    ),
    example={
        "of_act": "019ccd10-0000-7000-8000-000000000010",
        "text": "第二项事件的日期应为2025年11月17日。",
    },
)
def correct(scene: Scene[Correction]) -> Decision:
    """Note an error in an act of one's own, in every state. The act itself stays as it was signed."""
    wanted = scene.content.of_act
    found = next((ref for ref in scene.case.acts if ref.act_id == wanted), None)
    if found is None or scene.act.sender not in found.readers:
        raise NotFound
    scene.require_role(found.sender == scene.act.sender, "sender of the act", "该文书的发文单位")
    scene.require_no_recipients()
    if found.lead_id != scene.act.lead_id:
        raise InvalidDocument("The act belongs to another lead.", "所列文书属于另一线索。")
    scene.require_prev()
    return Decision(leads=(scene.lead,))
