"""supplement.request, supplement.answer 补正: the receiver asks once for all that is missing, the sender answers."""

from typing import Annotated

from pydantic import Field

from app.casework.acts.catalogue import act
from app.casework.allowed import in_states, of_transfer
from app.casework.case import LeadState, TransferState
from app.casework.decision import Decision
from app.casework.routing import ACCEPTING
from app.casework.rules import SELF_INTEREST, SUPPLEMENT_ONCE
from app.casework.scene import Scene
from app.casework.values import Content, Id, Text

# What the receiver owes cannot run while it waits for the sender.
STAND_STILL = ("D05", "D07", "D07-petition")
TRANSFER_ID = "019ccd10-0000-7000-8000-000000000003"


class Wanted(Content):
    """One thing that is missing, and why it is needed."""

    item: Text
    why: Text


class Answered(Content):
    """One thing that was missing, and what is given for it."""

    item: Text
    answer: Text


class SupplementRequest(Content):
    """补正通知书: everything that is missing, in one notice."""

    transfer_id: Id
    items: Annotated[tuple[Wanted, ...], Field(min_length=1, max_length=200)]


class SupplementAnswer(Content):
    """补正材料."""

    transfer_id: Id
    items: Annotated[tuple[Answered, ...], Field(min_length=1, max_length=200)]


@act(
    "supplement.request",
    "/v1/transfers/{transfer_id}/supplement-requests",
    SupplementRequest,
    title=("Ask for what is missing", "补正通知"),
    who=("receiver of the transfer", "接收移送的单位"),
    kinds=ACCEPTING,
    rules=(SELF_INTEREST, SUPPLEMENT_ONCE),
    recipients=("the sender of the transfer", "移送单位"),
    allowed=in_states(LeadState.RECEIVED, transfer=(TransferState.RECEIPTED,)),
    starts=("D06",),
    suspends=STAND_STILL,
    becomes=(LeadState.SUPPLEMENT_WANTED,),
    follows=(
        (
            "The receiver stays responsible; its own deadlines stand still until the answer. There is one "
            "request for each transfer."
        ),
        "接收单位仍对线索负责，其自身期限在补正期间中止计算。同一移送只能发出一次补正通知。",
    ),
    example={
        "transfer_id": TRANSFER_ID,
        "items": [{"item": "堵截车辆的具体日期", "why": "用于核对道路监控"}],
    },
)
def request_supplement(scene: Scene[SupplementRequest]) -> Decision:
    """Ask the sender of the leg to complete the material; the receiver's own deadline stands still meanwhile."""
    leg = scene.transfer(scene.content.transfer_id)
    scene.require_role(scene.act.sender == leg.recipient, "receiver of the transfer", "接收移送的单位")
    scene.require_recipients(leg.sender)
    scene.require_leg(leg)
    scene.require_state()
    scene.require_not_concerned(leg.sender)
    if leg.supplement_asked:
        raise SUPPLEMENT_ONCE.violated()
    lead = scene.lead.but(state=LeadState.SUPPLEMENT_WANTED).with_transfer(
        leg.but(state=TransferState.SUPPLEMENT_WANTED, supplement_asked=True)
    )
    return Decision(
        leads=(lead,),
        starts=(scene.start("D06", leg.sender, leg.transfer_id),),
        changes=scene.suspend(leg.recipient, *STAND_STILL),
    )


@act(
    "supplement.answer",
    "/v1/transfers/{transfer_id}/supplements",
    SupplementAnswer,
    title=("Answer with what was missing", "补正"),
    who=("sender of the transfer", "移送单位"),
    recipients=("the receiver of the transfer", "接收移送的单位"),
    allowed=of_transfer(TransferState.SUPPLEMENT_WANTED),
    ends=("D06",),
    resumes=STAND_STILL,
    becomes=(LeadState.RECEIVED,),
    follows=("The receiver's deadlines run on with the time that was left.", "接收单位的期限按剩余时间继续计算。"),
    example={
        "transfer_id": TRANSFER_ID,
        "items": [{"item": "堵截车辆的具体日期", "answer": "2025年11月3日、11月17日、12月5日"}],
    },
)
def answer_supplement(scene: Scene[SupplementAnswer]) -> Decision:
    """Complete the material; the receiver's deadline runs on with the time that was left."""
    leg = scene.transfer(scene.content.transfer_id)
    scene.require_role(scene.act.sender == leg.sender, "sender of the transfer", "移送单位")
    scene.require_recipients(leg.recipient)
    scene.require_leg(leg)
    lead = scene.lead.but(state=LeadState.RECEIVED).with_transfer(leg.but(state=TransferState.RECEIPTED))
    return Decision(
        leads=(lead,),
        changes=scene.resume(leg.recipient, *STAND_STILL),
        stops=scene.running(leg.transfer_id, "D06"),
    )
