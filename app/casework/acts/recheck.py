"""lead.recheck 复查: a superior or the coordination office upholds the holder's answer, or returns it."""

from typing import Annotated, Literal

from pydantic import Field

from app.casework.acts.catalogue import act
from app.casework.allowed import in_states
from app.casework.case import Feedback, Lead, LeadState
from app.casework.deadlines import Deadline
from app.casework.decision import Decision
from app.casework.kinds import Kind
from app.casework.records.outcomes import with_recheck
from app.casework.records.prosecution import LADDER
from app.casework.records.recheck import Rechecks
from app.casework.records.supervision import INDEPENDENT
from app.casework.records.verification import HOLDER_LIMITS, Verification
from app.casework.routing import oversees
from app.casework.rules import Rule
from app.casework.scene import Scene
from app.casework.values import Content, Text
from app.errors import Source

RECHECKS = frozenset({Kind.POLICE, Kind.SUPERVISION, Kind.REGULATOR, Kind.COORDINATION})
ANSWERED = (
    LeadState.CONCLUDED,
    LeadState.REPLIED,
    LeadState.CONFIRMED,
    LeadState.CONTESTED,
    LeadState.RECHECK,
)
MOST_RETURNS = 2

RECHECK_TWICE = Rule(
    "R-RECHECK-TWICE",
    Source.default("recheck: at most two returns, then a joint meeting"),
    "An answer is returned at most twice; after that call a joint meeting.",
    "复查退回以两次为限，此后应当召开联席会议研究。",
)
RECHECK_INDEPENDENT = Rule(
    "R-RECHECK-INDEPENDENT",
    Source.default("a coordination office does not recheck supervision, procuratorate or court; cf. 监察法 第四条"),
    "A coordination office does not recheck what supervision, procuratorate or court has found.",
    "协调机构不得复查监察机关、检察机关和审判机关的结论。",
)


class Recheck(Content):
    """复查意见: uphold or return, what was found, and what must be done again."""

    decision: Literal["uphold", "return"]
    findings: Text
    items: Annotated[tuple[Text, ...], Field(max_length=200)]


@act(
    "lead.recheck",
    "/v1/leads/{lead_id}/rechecks",
    Recheck,
    title=("Recheck an answer", "复查"),
    who=("a superior of the holder, or the coordination office", "承办单位的上级机关或者协调机构"),
    kinds=RECHECKS,
    rules=(RECHECK_INDEPENDENT, RECHECK_TWICE),
    recipients=("the holder", "线索承办单位"),
    allowed=in_states(*ANSWERED),
    starts=("D14", "D17"),
    ends=("D14", "D15", "D16", *LADDER),
    becomes=(LeadState.VERIFYING, LeadState.CONCLUDED),
    follows=(
        (
            "`uphold`: the answer stands; a contested lead is `concluded` again, and the holder feeds its answer "
            "back once more (D14). `return`: the answer falls on every transfer, the lead is `verifying`, and a "
            "report is due within D17. An answer is returned at most twice."
        ),
        (
            "uphold：原结论成立；有异议的线索恢复为 concluded，承办单位再次反馈（D14）。return：各移送上的结论均"
            "不再有效，线索转为 verifying，应当在 D17 期限内重新报送。退回以两次为限。"
        ),
    ),
    example={"decision": "return", "findings": "缺少处理结果", "items": ["补充第二项事件的处理结果"]},
)
def recheck(scene: Scene[Recheck]) -> Decision:
    """Uphold the answer, which then stands as it is, or return it: the holder verifies again and answers anew."""
    lead, holder = scene.lead, scene.given.nodes[scene.lead.holder]
    scene.require_role(
        oversees(scene.sender, holder, lead.place_code, scene.given.nodes),
        "superior of the holder or a coordination office of the area",
        "承办单位的上级机关或者当地协调机构",
    )
    scene.require_recipients(holder.node_id)
    scene.require_state()
    if scene.sender.kind is Kind.COORDINATION and holder.kind in INDEPENDENT:
        raise RECHECK_INDEPENDENT.violated()
    done = frozenset(
        deadline.deadline_id for deadline in scene.case.open_deadlines(lead.lead_id) if deadline.rule == "D16"
    )
    return _uphold(scene, done) if scene.content.decision == "uphold" else _return(scene, done)


def _uphold(scene: Scene[Recheck], done: frozenset[str]) -> Decision:
    """The answer stands. A contested one is fed back again: the other side then knows that it was upheld."""
    lead = with_recheck(scene.lead, returned=False)
    lead = lead.with_chapter(lead.chapter(Rechecks).but(upheld=True))
    starts: tuple[Deadline, ...] = ()
    if lead.state in (LeadState.CONTESTED, LeadState.RECHECK):
        lead = lead.but(state=LeadState.CONCLUDED)
        if _contested_from(lead, lead.holder):
            starts = (scene.start("D14", lead.holder, lead.lead_id),)
    return Decision(leads=(lead,), starts=starts, stops=done)


def _return(scene: Scene[Recheck], done: frozenset[str]) -> Decision:
    """The answer falls, on every leg that it went along; what was asked for it is no longer waited for."""
    lead, chapter = scene.lead, scene.lead.chapter(Rechecks)
    if chapter.returns >= MOST_RETURNS:
        raise RECHECK_TWICE.violated()
    fallen = [message for message in lead.feedback if message.kind == "conclusion"]
    waits = [scene.running(one.feedback_id, "D15") | scene.running(one.transfer_id, *LADDER) for one in fallen]
    lead = (
        with_recheck(lead, returned=True)
        .but(state=LeadState.VERIFYING, outcome=None, feedback=tuple(_returned(one) for one in lead.feedback))
        .with_chapter(chapter.but(returns=chapter.returns + 1, upheld=False))
    )
    if Verification.key in lead.chapters:
        lead = lead.with_chapter(lead.chapter(Verification).but(conclusion=None, signatures=()))
    return Decision(
        leads=(lead,),
        starts=(scene.start("D17", lead.holder, lead.lead_id),),
        stops=done.union(scene.running(lead.lead_id, *HOLDER_LIMITS), *waits),
    )


def _returned(message: Feedback) -> Feedback:
    return message.but(response="returned") if message.kind == "conclusion" else message


def _contested_from(lead: Lead, node: str) -> bool:
    """Return whether a conclusion that `node` sent stands contested."""
    newest = {one.transfer_id: one for one in lead.feedback if one.kind == "conclusion"}
    return any(one.sender == node and one.response == "contest" for one in newest.values())
