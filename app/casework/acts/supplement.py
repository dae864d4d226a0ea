"""supplement.request, supplement.answer 补正: the receiver asks once for all that is missing, the sender answers."""

from typing import Annotated

from pydantic import Field

from app.casework.acts.catalogue import act
from app.casework.case import LeadState, TransferState
from app.casework.decision import Decision
from app.casework.routing import ACCEPTING
from app.casework.rules import SELF_INTEREST, SUPPLEMENT_ONCE
from app.casework.scene import Scene
from app.casework.values import Content, Id, Text

# What the receiver owes cannot run while it waits for the sender.
STAND_STILL = ("D05", "D07", "D07-petition", "D10", "D10-regulator", "D11", "D11-regulator")
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
    scene.require_leg(leg, TransferState.RECEIPTED)
    scene.require_state(LeadState.RECEIVED)
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
    scene.require_leg(leg, TransferState.SUPPLEMENT_WANTED)
    lead = scene.lead.but(state=LeadState.RECEIVED).with_transfer(leg.but(state=TransferState.RECEIPTED))
    return Decision(
        leads=(lead,),
        changes=scene.resume(leg.recipient, *STAND_STILL),
        stops=scene.running(leg.transfer_id, "D06"),
    )
