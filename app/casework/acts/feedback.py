"""feedback.send, feedback.respond 反馈: the two-way mechanism. Either side of a transfer speaks, the other answers."""

from typing import Literal

from pydantic import model_validator

from app.casework.acts.catalogue import act
from app.casework.case import ELSEWHERE, Feedback, Lead, LeadState, Transfer, TransferState
from app.casework.deadlines import Deadline
from app.casework.decision import Claim, Decision, Notice
from app.casework.diverting import HANDING_ON
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
from app.casework.records.verification import HOLDER_LIMITS, VERIFIES, signed_conclusion
from app.casework.rules import REPORT_FIRST
from app.casework.scene import Scene
from app.casework.values import Content, Id, Text
from app.errors import InvalidDocument, NotFound, WrongState

TRANSFER_ID = "019ccd10-0000-7000-8000-000000000003"
FEEDBACK_ID = "019ccd10-0000-7000-8000-000000000005"
REPORTED_ON = ("organized_crime", "evil_force")
ANSWERED = (LeadState.REPLIED, LeadState.CONFIRMED, LeadState.CONTESTED)
# A conclusion that was contested, that a recheck returned or that new facts reopened, may be followed by another.
FALLEN = ("contest", "returned", "reopened")
SIGNED_FOR = (TransferState.RECEIPTED, TransferState.SUPPLEMENT_WANTED, TransferState.ACCEPTED)


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
            raise ValueError("contesting needs a reason")
        if self.response == "answer" and self.text is None:
            raise ValueError("an answer needs its text")
        return self


@act(
    "feedback.send",
    "/v1/transfers/{transfer_id}/feedback",
    Send,
    title=("Send feedback along a transfer", "反馈"),
    who=("either side of the transfer; a conclusion: its receiver", "移送双方；结论由接收单位反馈"),
    rules=(REPORT_FIRST,),
    claims=("feedback_id",),
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
    if leg.receipted_at is None:
        scene.require_leg(leg, *SIGNED_FOR)
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
    after=ELSEWHERE,
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
    if scene.act.sender != lead.holder:
        # After a recheck upheld what a sender upstream had contested, it is relayed to that sender once more.
        upheld = (LeadState.CONCLUDED,) if lead.chapter(Rechecks).upheld else ()
        scene.require_state(*ANSWERED, *upheld)
        return
    if leg.route == "crime_case" and lead.state is LeadState.CONTESTED and contested_before(lead, leg):
        return  # the same police reconsider what they concluded (Order 310 article 9)
    if lead.category in REPORTED_ON and scene.sender.kind in VERIFIES:
        if lead.state in (LeadState.ACCEPTED, LeadState.VERIFYING):
            raise REPORT_FIRST.violated()
        scene.require_state(LeadState.CONCLUDED)
    else:
        scene.require_state(LeadState.ACCEPTED, LeadState.VERIFYING, LeadState.CONCLUDED)


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
