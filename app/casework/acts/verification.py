"""verification.assign, verification.extend 核查: who verifies a lead, answering to whom, and until when."""

from typing import Annotated

from pydantic import Field

from app.casework.acts.catalogue import act
from app.casework.allowed import OnlyIf, in_states
from app.casework.case import LeadState, TransferState
from app.casework.deadlines import Deadline
from app.casework.decision import Decision
from app.casework.diverting import HANDING_ON, PASSING_ON
from app.casework.kinds import Kind
from app.casework.names import PersonName
from app.casework.records.verification import TASK_LIMITS, VERIFIES, Verification, task_limit
from app.casework.rules import Rule
from app.casework.scene import Scene
from app.casework.values import Content, Count, Instant, Text
from app.errors import Source, WrongState

HOLDER = ("the holder, of a kind that verifies", "有核查职责的承办单位")
# Who verifies what not every verifying kind may (docs/protocol.md section 4.5).
RESERVED = {
    "organized_crime": Kind.POLICE,
    "evil_force": Kind.POLICE,
    "official_misconduct": Kind.SUPERVISION,
}
NOT_TO_VERIFY = Rule(
    "R-NOT-TO-VERIFY",
    Source.default(
        "acts by kind of agency: organised crime and evil forces are verified by police, duty by supervision"
    ),
    "This kind of agency does not verify leads of this category; transfer the lead to the competent organ.",
    "该类单位不核查此类别的线索，应当移送有权机关。",
)
# Civil affairs has no screening act: its own lead is verified as it was registered.
_NEVER_SCREENED = OnlyIf(
    (LeadState.REGISTERED,),
    ("by civil affairs", "民政部门办理的"),
    lambda scene: scene.sender.kind is Kind.CIVIL_AFFAIRS,
)
VERIFICATION_DUE = Rule(
    "R-VERIFICATION-DUE",
    Source.default("verification: the time set lies in the future and within the limit D10"),
    "The time set for the verification lies in the future and within the limit.",
    "核查期限应当晚于当前时间，且不得超过规定时限。",
)
EXTEND_ONCE = Rule(
    "R-EXTEND-ONCE",
    Source.default("one extension for each verification"),
    "A verification is extended once.",
    "核查期限只能延长一次。",
)
EXTENSION_LIMIT = Rule(
    "R-EXTENSION-LIMIT",
    Source.default("an extension is made before the time is up and lies within the limit D11"),
    "A verification is extended before its time is up, and by no more than the limit.",
    "延长核查期限应当在期满前提出，且不得超过规定的延长时限。",
)


class Assign(Content):
    """核查任务书 (五定): the handlers, the leader who supervises them, the time, what is owed and what follows."""

    handlers: Annotated[tuple[PersonName, ...], Field(min_length=1, max_length=50)]
    supervising_leader: PersonName
    due: Instant | None = None
    responsibility: Text
    consequence: Text


class Extend(Content):
    """延长核查期限: by how many days (working days for a regulator), and why."""

    reason: Text
    days: Annotated[Count, Field(ge=1, le=366)]


@act(
    "verification.assign",
    "/v1/leads/{lead_id}/verifications",
    Assign,
    title=("Start a verification", "核查任务书"),
    who=HOLDER,
    kinds=VERIFIES,
    rules=(NOT_TO_VERIFY, VERIFICATION_DUE),
    allowed=in_states(
        LeadState.SCREENED,
        LeadState.ACCEPTED,
        LeadState.RETURNED,
        only_if=(_NEVER_SCREENED,),
        transfer=(TransferState.ACCEPTED,),
    ),
    starts=("D10", "D10-regulator"),
    ends=PASSING_ON,
    becomes=(LeadState.VERIFYING,),
    follows=(
        (
            "The limit runs until `due` where the task sets an earlier time. A lead that came by a transfer is "
            "accepted first. Who verifies has found the matter to be its own: nothing is to be handed on any "
            "more."
        ),
        (
            "任务书设定的期限早于规定时限的，以设定的为准。经移送而来的线索应当先受理。启动核查即认定由本单位办理，"
            "移送期限随之终止。"
        ),
    ),
    example={
        "handlers": ["孙某某", "李某某"],
        "supervising_leader": "周某某",
        "responsibility": "逐一查清人员信息、具体事件和处理结果",
        "consequence": "逾期未结的，按本单位考核办法通报",
    },
)
def assign(scene: Scene[Assign]) -> Decision:
    """Start the verification with its five fixings; the limit D10 runs on the holder, or a shorter one that it sets."""
    scene.require_holder()
    scene.require_no_recipients()
    scene.require_prev()
    _require_verifiable(scene)
    reserved = RESERVED.get(scene.lead.category or "")
    if reserved is not None and scene.sender.kind is not reserved:
        raise NOT_TO_VERIFY.violated()
    task = Verification(handlers=scene.content.handlers, supervising_leader=scene.content.supervising_leader)
    lead = scene.lead.but(state=LeadState.VERIFYING).with_chapter(task)
    # Whoever verifies has found that the matter is its own after all: nothing is to be handed on.
    return Decision(leads=(lead,), starts=(_limit(scene),), stops=scene.running(lead.lead_id, *HANDING_ON))


@act(
    "verification.extend",
    "/v1/leads/{lead_id}/verification-extensions",
    Extend,
    title=("Extend a verification", "延长核查期限"),
    who=HOLDER,
    kinds=VERIFIES,
    rules=(EXTEND_ONCE, EXTENSION_LIMIT),
    allowed=in_states(LeadState.VERIFYING),
    starts=("D11", "D11-regulator"),
    ends=("D10", "D10-regulator", "D17"),
    follows=("The days count from the end of the running limit.", "延长的日数自原期限届满之日起计算。"),
    example={"reason": "关键证人在外地，需要异地询问", "days": 15},
)
def extend(scene: Scene[Extend]) -> Decision:
    """Give the verification more time, once and before its time is up; the days count from the end of the limit."""
    scene.require_holder()
    scene.require_no_recipients()
    scene.require_prev()
    scene.require_state()
    task, lead_id = scene.lead.chapter(Verification), scene.lead.lead_id
    if task.extended:
        raise EXTEND_ONCE.violated()
    running = _running_limit(scene)
    rule = task_limit("D11", scene.sender.kind)
    most = scene.start(rule, scene.act.sender, lead_id).amount
    if running.due < scene.now or scene.content.days > most:
        raise EXTENSION_LIMIT.violated(f"At most {most} days.", f"最多延长{most}日。")
    longer = scene.start(rule, scene.act.sender, lead_id, amount=scene.content.days, after=running.due)
    return Decision(
        leads=(scene.lead.with_chapter(task.but(extended=True)),),
        starts=(longer,),
        stops=frozenset({running.deadline_id}),
    )


def _require_verifiable(scene: Scene[Assign]) -> None:
    """An accepted lead, one of the holder's own, or one that came back; what was signed for is accepted first."""
    scene.require_state()
    leg = scene.lead.way_to(scene.act.sender)
    if leg is not None and leg.state is TransferState.RECEIPTED:
        scene.require_leg(leg)


def _limit(scene: Scene[Assign]) -> Deadline:
    """Return the deadline of the verification: the limit, or the earlier time that the task sets."""
    rule, subject = task_limit("D10", scene.sender.kind), scene.lead.lead_id
    longest = scene.start(rule, scene.act.sender, subject)
    wanted = scene.content.due
    if wanted is None:
        return longest
    if not scene.now < wanted <= longest.due:
        ends = longest.due.isoformat()
        raise VERIFICATION_DUE.violated(f"The limit ends at {ends}.", f"规定时限至 {ends}。")
    return scene.start(rule, scene.act.sender, subject, until=wanted)


def _running_limit(scene: Scene[Extend]) -> Deadline:
    """Return the limit that an extension lengthens: of the task, or for a report sent back."""
    ids = scene.running(scene.lead.lead_id, *TASK_LIMITS, "D17")
    found = [deadline for deadline in scene.case.open_deadlines(scene.lead.lead_id) if deadline.deadline_id in ids]
    if not found:
        raise WrongState("No limit is running that could be extended.", "没有正在计算的核查期限可以延长。")
    return max(found, key=lambda deadline: deadline.due)
