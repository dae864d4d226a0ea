"""transfer.receipt, transfer.accept, transfer.return 签收、受理、退回: the receiver's side of a transfer."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from app.casework.acts.catalogue import CATALOGUE, act
from app.casework.acts.transfer import TAKING_UP, divert_again, reopened, to_take_up
from app.casework.allowed import in_states, of_transfer
from app.casework.case import ActRef, LeadState, Transfer, TransferState
from app.casework.decision import Admission, Decision
from app.casework.diverting import HANDING_ON, PASSING_ON
from app.casework.records.prosecution import ASKING, FILING, REFUSES, after_refusal
from app.casework.records.verification import HOLDER_LIMITS, TASK_LIMITS
from app.casework.routing import ACCEPTING
from app.casework.rules import SELF_INTEREST
from app.casework.scene import Scene
from app.casework.values import Content, Count, Id, Instant, NodeId, Text

RECEIVER = ("receiver of the transfer", "接收移送的单位")
TRANSFER_ID = "019ccd10-0000-7000-8000-000000000003"


class Receipt(Content):
    """送达回执: signed for at a time, with so many attachments, and what did not agree."""

    transfer_id: Id
    received_at: Instant
    attachments_received: Annotated[Count, Field(ge=0)]
    discrepancy: Text | None = None


class Accept(Content):
    """受理通知."""

    transfer_id: Id
    note: Text | None = None


class Return(Content):
    """退回通知书. Incompleteness is no reason to return: ask for a supplement."""

    transfer_id: Id
    reason_code: Literal["no_jurisdiction", "misrouted", "conflict_of_interest", "duplicate", "civil_dispute", "other"]
    basis: Text
    suggested_node: NodeId | None = None


@act(
    "transfer.receipt",
    "/v1/transfers/{transfer_id}/receipts",
    Receipt,
    title=("Sign for a transfer", "签收"),
    who=RECEIVER,
    kinds=ACCEPTING,
    recipients=("the sender of the transfer", "移送单位"),
    allowed=of_transfer(TransferState.OFFERED),
    starts=TAKING_UP,
    ends=("D04", *TASK_LIMITS, "D14", "D17"),
    becomes=(LeadState.RECEIVED,),
    follows=(
        (
            "Responsibility passes: the receiver is the holder. With `full` disclosure it may read the earlier "
            "acts that the sender could read, but consultations, interference records, erasures and answered "
            "protection requests stay closed. Deadlines of the earlier holder on the lead end."
        ),
        (
            "责任转移，接收单位成为承办单位。disclosure 为 full 的，接收单位可以查阅移送单位此前可以查阅的文书，"
            "但会商文书、干预记录、销毁文书和已答复的保护申请除外。原承办单位在该线索上的期限终止。"
        ),
    ),
    example={
        "transfer_id": TRANSFER_ID,
        "received_at": "2026-03-02T16:20:00+08:00",
        "attachments_received": 2,
    },
)
def sign_receipt(scene: Scene[Receipt]) -> Decision:
    """Sign for the lead: responsibility passes to the receiver, and with `full` disclosure the earlier acts open."""
    leg = scene.transfer(scene.content.transfer_id)
    scene.require_role(scene.act.sender == leg.recipient, *RECEIVER)
    scene.require_recipients(leg.sender)
    scene.require_leg(leg)
    lead = scene.lead.but(state=LeadState.RECEIVED, holder=leg.recipient).with_transfer(
        leg.but(state=TransferState.RECEIPTED, receipted_at=scene.now)
    )
    admits: tuple[Admission, ...] = ()
    if leg.disclosure == "full":
        admits = tuple(Admission(one.act_id, leg.recipient) for one in _passed_on(scene, leg))
    return Decision(
        leads=(lead,),
        admits=admits,
        starts=to_take_up(scene, leg),
        # What the earlier holder still owed on the lead is over with its responsibility.
        stops=scene.running(leg.transfer_id, "D04") | scene.running(lead.lead_id, *HOLDER_LIMITS),
    )


def _passed_on(scene: Scene[Receipt], leg: Transfer) -> Iterable[ActRef]:
    """Yield the acts on the lead that the sender of the leg can read and that go with it."""
    for ref in scene.seen_by(leg.sender):
        if CATALOGUE[ref.act].passed_on(scene.lead, ref.act_id):
            yield ref


@act(
    "transfer.accept",
    "/v1/transfers/{transfer_id}/acceptances",
    Accept,
    title=("Accept a transfer", "受理"),
    who=RECEIVER,
    kinds=ACCEPTING,
    recipients=("the sender of the transfer", "移送单位"),
    allowed=in_states(LeadState.RECEIVED, LeadState.RETURNED, transfer=(TransferState.RECEIPTED,)),
    ends=("D05", "D07", "D07-petition"),
    becomes=(LeadState.ACCEPTED,),
    follows=(
        "The lead is taken up. Whether police file a case is another decision: D09 runs on.",
        "线索予以受理。公安机关是否立案另行决定，D09 继续计算。",
    ),
    example={"transfer_id": TRANSFER_ID, "note": "由治安大队承办"},
)
def accept(scene: Scene[Accept]) -> Decision:
    """Take the lead up. Whether a case is filed is another decision: its time (D09) runs on."""
    leg = scene.transfer(scene.content.transfer_id)
    scene.require_role(scene.act.sender == leg.recipient, *RECEIVER)
    scene.require_recipients(leg.sender)
    scene.require_leg(leg)
    scene.require_state()
    lead = scene.lead.but(state=LeadState.ACCEPTED).with_transfer(leg.but(state=TransferState.ACCEPTED))
    return Decision(leads=(lead,), stops=scene.running(leg.transfer_id) - scene.running(leg.transfer_id, FILING))


@act(
    "transfer.return",
    "/v1/transfers/{transfer_id}/returns",
    Return,
    title=("Return a transfer", "退回"),
    who=RECEIVER,
    kinds=ACCEPTING,
    rules=(SELF_INTEREST,),
    recipients=("the sender of the transfer", "移送单位"),
    allowed=in_states(LeadState.RECEIVED, LeadState.RETURNED, transfer=(TransferState.RECEIPTED,)),
    starts=(*TAKING_UP, ASKING),
    ends=(*TAKING_UP, *PASSING_ON),
    becomes=(LeadState.RETURNED,),
    follows=(
        (
            "The sender of the transfer holds the lead again. A `crime_case` that police return as "
            "`civil_dispute` or `other` is a refusal to file: the sender has D22 to ask again."
        ),
        (
            "线索退回移送单位，由其重新承办。公安机关以 civil_dispute 或者 other 为由退回 crime_case 的，视为不予"
            "立案，移送单位可以在 D22 期限内提请复议。"
        ),
    ),
    example={
        "transfer_id": TRANSFER_ID,
        "reason_code": "no_jurisdiction",
        "basis": "所反映行为发生地不在本单位管辖区域",
        "suggested_node": "regulator-990121",
    },
)
def return_(scene: Scene[Return]) -> Decision:
    """Give the lead back to the sender of the leg, who holds it again."""
    leg = scene.transfer(scene.content.transfer_id)
    scene.require_role(scene.act.sender == leg.recipient, *RECEIVER)
    scene.require_recipients(leg.sender)
    scene.require_leg(leg)
    scene.require_state()
    # A lead does not go back to whom it concerns: hand it on instead.
    scene.require_not_concerned(leg.sender, *([scene.content.suggested_node] if scene.content.suggested_node else []))
    lead = scene.lead.but(state=LeadState.RETURNED, holder=leg.sender).with_transfer(
        leg.but(state=TransferState.RETURNED)
    )
    refused = leg.route == "crime_case" and scene.content.reason_code in REFUSES
    return Decision(
        leads=(reopened(lead, leg),),
        starts=(*divert_again(scene, leg), *(after_refusal(scene, leg) if refused else ())),
        stops=scene.running(leg.transfer_id) | scene.running(lead.lead_id, *HANDING_ON),
    )
