"""feedback.send, feedback.respond 反馈: the two-way mechanism. Either side of a transfer speaks, the other answers."""

from typing import Any, Literal

from pydantic import model_validator

from app.casework.acts.catalogue import act
from app.casework.allowed import GOING_ON, NOT_ARCHIVED, OnlyIf, in_states
from app.casework.case import Feedback, Lead, LeadState, Transfer, TransferState
from app.casework.deadlines import Deadline
from app.casework.decision import Claim, Decision, Notice
from app.casework.diverting import HANDING_ON, PASSING_ON
from app.casework.lapse import ending
from app.casework.records.outcomes import with_contest
from app.casework.records.prosecution import (
    ASKING,
    DECIDING,
    FILING,
    SUGGESTING,
    after_refusal,
    asked_again,
    contested_before,
    refused_on,
)
from app.casework.records.recheck import Rechecks, recheck_deadline, recheck_done, waived_if_nobody_may
from app.casework.records.supervision import overseers
from app.casework.records.verification import HOLDER_LIMITS, TASK_LIMITS, VERIFIES, signed_conclusion
from app.casework.rules import REPORT_FIRST
from app.casework.scene import Scene
from app.casework.values import Content, Id, Text, misfit
from app.errors import InvalidDocument, NotFound, WrongState

TRANSFER_ID = "019ccd10-0000-7000-8000-000000000003"
FEEDBACK_ID = "019ccd10-0000-7000-8000-000000000005"
REPORTED_ON = ("organized_crime", "evil_force")
ANSWERED = (LeadState.REPLIED, LeadState.CONFIRMED, LeadState.CONTESTED)
# A conclusion that was contested, that a recheck returned or that new facts reopened, may be followed by another.
FALLEN = ("contest", "returned", "reopened")
# Also along a transfer that was given back, carried on or closed since.
SIGNED_FOR = tuple(state for state in TransferState if state not in (TransferState.OFFERED, TransferState.WITHDRAWN))


class Send(Content):
    """反馈函: progress or the conclusion, information or a question. `outcome` is a finding, never an allegation."""

    feedback_id: Id
    transfer_id: Id
    kind: Literal["progress", "conclusion", "information", "question"]
    text: Text
    outcome: Text | None = None
    handling: Text | None = None
    case_ref: Text | None = None


class Respond(Content):
    """对反馈的答复: confirm or contest a conclusion (contesting needs its reason), or answer a question."""

    feedback_id: Id
    response: Literal["confirm", "contest", "answer"]
    reason: Text | None = None
    text: Text | None = None

    @model_validator(mode="after")
    def _says_why(self) -> "Respond":
        if self.response == "contest" and self.reason is None:
            raise misfit("reason_missing", "Contesting needs a `reason`", "提出异议应当说明理由，填写 reason")
        if self.response == "answer" and self.text is None:
            raise misfit("text_missing", "An answer needs its `text`", "答复应当填写 text")
        return self


def _concludes(scene: Scene[Any]) -> bool:
    return scene.content.kind == "conclusion" and scene.act.sender == scene.lead.holder


def _relays(scene: Scene[Any]) -> bool:
    return scene.content.kind == "conclusion" and scene.act.sender != scene.lead.holder


def _reports_first(scene: Scene[Any]) -> bool:
    """Return whether the holder concludes on what is reported and signed off before it is concluded."""
    return _concludes(scene) and scene.lead.category in REPORTED_ON and scene.sender.kind in VERIFIES


def _reconsiders(scene: Scene[Any]) -> bool:
    """Return whether the same police reconsider what they concluded (Order 310 article 9)."""
    leg = scene.transfer(scene.content.transfer_id)
    return _concludes(scene) and leg.route == "crime_case" and contested_before(scene.lead, leg)


_WHEN = (
    OnlyIf(GOING_ON, ("anything but a conclusion", "结论以外的反馈"), lambda scene: scene.content.kind != "conclusion"),
    OnlyIf((LeadState.CONCLUDED,), ("a conclusion of the holder", "承办单位反馈结论"), _concludes),
    OnlyIf(
        (LeadState.ACCEPTED, LeadState.VERIFYING),
        (
            "the same, except on organised crime and evil forces by a kind that verifies",
            "同上，但有核查职责的单位办理的涉黑、涉恶线索除外",
        ),
        lambda scene: _concludes(scene) and not _reports_first(scene),
    ),
    OnlyIf(
        (LeadState.CONTESTED,),
        ("police reconsider a contested conclusion on a `crime_case`", "公安机关对有异议的 `crime_case` 结论进行复议"),
        _reconsiders,
    ),
    OnlyIf(ANSWERED, ("whoever passed the lead on relays its conclusion", "转送单位转达承办单位的结论"), _relays),
    # What a sender upstream had contested is relayed to it once more.
    OnlyIf(
        (LeadState.CONCLUDED,),
        ("the same, after a recheck upheld the conclusion", "同上，经复查认可后再次转达"),
        lambda scene: _relays(scene) and scene.lead.chapter(Rechecks).upheld,
    ),
)


@act(
    "feedback.send",
    "/v1/transfers/{transfer_id}/feedback",
    Send,
    title=("Send feedback along a transfer", "反馈"),
    who=("either side of the transfer; a conclusion: its receiver", "移送双方；结论由接收单位反馈"),
    rules=(REPORT_FIRST,),
    claims=("feedback_id",),
    recipients=(
        "the other side of the transfer; agencies upstream of the sender may stand there too",
        "移送的另一方；可以同时列入发文单位上游的单位",
    ),
    allowed=in_states(only_if=_WHEN, transfer=SIGNED_FOR),
    starts=("D15", "D16", ASKING, SUGGESTING),
    ends=(*TASK_LIMITS, "D14", "D16", "D17", *PASSING_ON, FILING, DECIDING),
    becomes=(LeadState.REPLIED, LeadState.CONFIRMED, LeadState.CONTESTED),
    notices=("notice.outcome",),
    follows=(
        (
            "Progress, information and questions change nothing. A conclusion makes the lead `replied`, or "
            "`confirmed` where the lead concerns whoever would have to answer; the other side confirms or "
            "contests it within D15, and agencies upstream learn state and outcome. The answer to a supervised "
            "lead is rechecked (D16). Police that conclude on a `crime_case` without a linked case refuse to "
            "file: the sender has D22 to ask again. An overseeing coordination office may read a conclusion."
        ),
        (
            "进展、情况和询问不改变状态。结论反馈使线索转为 replied（应当答复的一方系线索所涉单位的，直接转为 "
            "confirmed）；对方应当在 D15 期限内确认或者提出异议，上游单位获知状态和结论。督办线索的答复须经复查（"
            "D16）。公安机关对 crime_case 反馈结论而未关联案件的，视为不予立案，移送单位可以在 D22 期限内提请复议。"
            "督办该线索的协调机构可以查阅结论。"
        ),
    ),
    example={
        "feedback_id": FEEDBACK_ID,
        "transfer_id": TRANSFER_ID,
        "kind": "conclusion",
        "text": "经核查，反映的部分情况属实，已责令整改。",
        "outcome": "部分属实",
        "handling": "行政处理",
    },
)
def send(scene: Scene[Send]) -> Decision:
    """Tell the other side. A conclusion moves the lead to `replied` and asks the other side to confirm or contest."""
    leg = scene.transfer(scene.content.transfer_id)
    scene.require_role(
        scene.act.sender in (leg.sender, leg.recipient), "sender or receiver of the transfer", "移送双方"
    )
    conclusion = scene.content.kind == "conclusion"
    if conclusion:
        scene.require_role(scene.act.sender == leg.recipient, "receiver of the transfer", "接收移送的单位")
    if leg.receipted_at is not None:
        scene.require_part()
    above = scene.lead.upstream(scene.act.sender)
    scene.require_recipients(leg.other_side(scene.act.sender), optional=above)
    scene.require_leg(leg)
    # Whom the lead turned out to concern is neither told nor asked: the conclusion stands without an answer.
    unasked = conclusion and leg.sender in scene.lead.concerned
    message = Feedback(
        feedback_id=scene.content.feedback_id,
        act_id=scene.act.act_id,
        transfer_id=leg.transfer_id,
        kind=scene.content.kind,
        sender=scene.act.sender,
        sent_at=scene.now,
        outcome=scene.content.outcome,
        response="unasked" if unasked else None,
    )
    lead = scene.lead.but(feedback=(*scene.lead.feedback, message))
    claims = (Claim(message.feedback_id, "feedback", lead.lead_id),)
    if not conclusion:
        return Decision(leads=(lead,), claims=claims)
    _require_concludable(scene, leg)
    by_holder = scene.act.sender == lead.holder
    refused = by_holder and refused_on(scene, lead, leg)
    if by_holder:
        # Only the short outcome goes to those upstream; the text stays between the two sides of the leg.
        lead = lead.but(outcome=scene.content.outcome or signed_conclusion(lead))
        lead = waived_if_nobody_may(lead, scene.given)
    lead = lead.but(state=_answered_state(lead))
    return Decision(
        leads=(lead,),
        claims=claims,
        starts=(
            *(() if unasked else (scene.start("D15", leg.sender, message.feedback_id),)),
            *(recheck_deadline(scene, lead) if by_holder and not recheck_done(lead) else ()),
            *(after_refusal(scene, leg) if refused else ()),
        ),
        stops=_answered_limits(scene, leg) if by_holder else frozenset(),
        notices=_outcome_notices(scene, lead),
        also_read=overseers(scene.lead, scene.given.nodes),
    )


@act(
    "feedback.respond",
    "/v1/feedback/{feedback_id}/responses",
    Respond,
    title=("Confirm, contest or answer feedback", "确认、异议或答复"),
    who=("the other side of the transfer", "移送的另一方"),
    recipients=("the agency that sent the feedback", "发出该反馈的单位"),
    allowed=NOT_ARCHIVED,
    starts=("D16", DECIDING),
    ends=("D15", ASKING, SUGGESTING),
    becomes=(LeadState.CONFIRMED, LeadState.CONTESTED),
    follows=(
        (
            "A conclusion is confirmed or contested once. By the newest conclusion on each transfer the lead is "
            "`contested`, else `replied` while one waits, else `confirmed`. A contest asks for a recheck (D16); "
            "on a refused `crime_case` it asks police to reconsider within 3 days (D22). An answer to a question "
            "changes nothing."
        ),
        (
            "结论只能确认或者提出异议一次。按各移送最近一次结论：有异议的为 contested；有待答复的为 replied；其余"
            "为 confirmed。提出异议的，启动复查（D16）；对不予立案的 crime_case 提出异议的，公安机关应当在三日内"
            "复议（D22）。对询问的答复不改变状态。"
        ),
    ),
    example={"feedback_id": FEEDBACK_ID, "response": "confirm"},
)
def respond(scene: Scene[Respond]) -> Decision:
    """Answer a feedback. A conclusion is confirmed or contested once; a question is answered."""
    message = scene.message(scene.content.feedback_id)
    leg = scene.lead.transfer(message.transfer_id)
    if leg is None:
        raise NotFound
    # Who was told of the feedback besides may read it without knowing its leg, and does not answer it.
    scene.require_role(scene.act.sender == leg.other_side(message.sender), "other side of the transfer", "移送的另一方")
    scene.require_recipients(message.sender)
    if message.response is not None:
        raise WrongState("This feedback has been answered.", "该反馈已经答复。")
    if (message.kind == "conclusion") == (scene.content.response == "answer"):
        raise InvalidDocument(
            "A conclusion is confirmed or contested; anything else is answered.",
            "结论反馈应当确认或提出异议，其他反馈应当答复。",
        )
    lead = _answered(scene.lead, message.but(response=scene.content.response))
    contested = scene.content.response == "contest"
    lead = with_contest(lead, message.sender) if contested else lead
    starts = recheck_deadline(scene, lead) if contested and not scene.running(lead.lead_id, "D16") else ()
    concluded = frozenset[str]()
    if message.kind == "conclusion" and message.sender == leg.recipient:
        starts = (*starts, *(asked_again(scene, leg) if contested else ()))
        concluded = scene.running(leg.transfer_id, ASKING, SUGGESTING)
    return Decision(leads=(lead,), starts=starts, stops=scene.running(message.feedback_id, "D15") | concluded)


@ending("D15")
def confirm_by_silence(lead: Lead, deadline: Deadline) -> Lead:
    """A conclusion that nobody confirmed or contested in time counts as confirmed, and says that silence did it."""
    message = lead.message(deadline.subject)
    if message is None or message.response is not None:
        return lead
    return _answered(lead, message.but(response="confirm", by_silence=True))


def _answered(lead: Lead, message: Feedback) -> Lead:
    feedback = tuple(message if one.feedback_id == message.feedback_id else one for one in lead.feedback)
    lead = lead.but(feedback=feedback)
    if message.kind == "conclusion" and lead.state in ANSWERED:
        lead = lead.but(state=_answered_state(lead))
    return lead


def _answered_limits(scene: Scene[Send], leg: Transfer) -> frozenset[str]:
    """Return the deadlines that a conclusion of the holder ends: of its task, of a recheck, and on filing the case."""
    return scene.running(scene.lead.lead_id, *HOLDER_LIMITS, *HANDING_ON, "D16") | scene.running(
        leg.transfer_id, FILING, DECIDING
    )


def _require_concludable(scene: Scene[Send], leg: Transfer) -> None:
    """The holder concludes; an agency that passed the lead on relays what the holder has concluded."""
    lead = scene.lead
    if any(
        one.kind == "conclusion" and one.transfer_id == leg.transfer_id and one.response not in FALLEN
        for one in lead.feedback
    ):
        raise WrongState("A conclusion on this transfer waits or was confirmed.", "该移送的结论已反馈或已确认。")
    if _reports_first(scene) and lead.state in (LeadState.ACCEPTED, LeadState.VERIFYING):
        raise REPORT_FIRST.violated()
    scene.require_state()


def _answered_state(lead: Lead) -> LeadState:
    """Return where the newest conclusion on every leg leaves the lead: contested, waiting, or confirmed."""
    newest = {one.transfer_id: one.response for one in lead.feedback if one.kind == "conclusion"}
    if "contest" in newest.values():
        return LeadState.CONTESTED
    return LeadState.REPLIED if None in newest.values() else LeadState.CONFIRMED


def _outcome_notices(scene: Scene[Send], lead: Lead) -> tuple[Notice, ...]:
    """Every agency upstream of the holder that the conclusion does not address learns state and outcome."""
    if scene.act.sender != lead.holder:
        return ()
    told = {*scene.act.document.recipients, *lead.concerned, lead.holder}
    return tuple(
        Notice("notice.outcome", lead.lead_id, node, {"state": str(lead.state), "conclusion": lead.outcome})
        for node in lead.upstream(lead.holder)
        if node not in told
    )
