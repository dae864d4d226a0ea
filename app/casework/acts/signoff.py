"""signoff.sign 审核签字: the seats in order, each another person, none of them a handler of the lead.

How many seats there are, which titles sign on them and which one is the legal review: `casework/records/practice.py`.
"""

from typing import Annotated, Literal

from pydantic import Field

from app.casework.acts.catalogue import act
from app.casework.allowed import in_states
from app.casework.case import LeadState
from app.casework.decision import Decision
from app.casework.names import PersonName, comparable_name
from app.casework.records.practice import MOST_SEATS, Practice
from app.casework.records.verification import CONCLUDES, Signature, Verification
from app.casework.rules import Rule
from app.casework.scene import Scene
from app.casework.values import Content, Count, Flag, Label, Text
from app.errors import InvalidDocument, Source

SEAT_ORDER = Rule(
    "R-SEAT-ORDER",
    Source.default("the seats sign in order; three where nothing else is settled"),
    "The seats sign in order.",
    "审核签字应当按席位顺序进行。",
)
DISTINCT_SIGNERS = Rule(
    "R-DISTINCT-SIGNERS",
    Source.default("each seat is another person"),
    "This person has signed on an earlier seat.",
    "同一人不得在两个席位上签字。",
)
SEAT_TITLE = Rule(
    "R-SEAT-TITLE",
    Source.local("the titles that sign on each seat, as this exchange is set up"),
    "On this seat persons of other titles sign.",
    "该席位由规定职务的人员签字。",
)
FOUR_GATES = Rule(
    "R-FOUR-GATES",
    Source.local("the seat of the legal review passes the four gates, as this exchange is set up"),
    "The legal review answers for facts, evidence, procedure and law, and approves only what passes all four.",
    "法制审核应当逐一审查事实关、证据关、程序关、法律关，四关均通过方可同意。",
)


class Signer(Content):
    """Who signs on a seat."""

    name: PersonName
    title: Label


class Gate(Content):
    """One gate of the legal review, and what it found."""

    ok: Flag
    note: Text | None = None


class Gates(Content):
    """四关: facts, evidence, procedure, law."""

    facts: Gate
    evidence: Gate
    procedure: Gate
    law: Gate


class Sign(Content):
    """审核签字表: one seat approves the report or sends it back, and says why."""

    seat: Annotated[Count, Field(ge=1, le=MOST_SEATS)]
    signer: Signer
    decision: Literal["approve", "reject"]
    opinion: Text
    gates: Gates | None = None


@act(
    "signoff.sign",
    "/v1/leads/{lead_id}/signoffs",
    Sign,
    title=("Sign off a report", "审核签字"),
    who=("the holder; the signer is no handler of the lead", "承办单位；签字人不得为该线索的核查人员"),
    kinds=CONCLUDES,
    rules=(SEAT_ORDER, DISTINCT_SIGNERS, SEAT_TITLE, FOUR_GATES),
    allowed=in_states(LeadState.SIGNING),
    starts=("D13", "D14", "D17"),
    ends=("D12", "D13"),
    becomes=(LeadState.CONCLUDED, LeadState.VERIFYING),
    follows=(
        (
            "An approval passes to the next seat (D13); the last one makes the lead `concluded`, and D14 runs if "
            "the lead came by a transfer. A rejection makes it `verifying` again: the report is handed in anew "
            "within D17, and every seat signs anew."
        ),
        (
            "同意的，转入下一席位（D13）；最后一席同意后状态为 concluded，经移送而来的线索开始计算 D14。不同意的，"
            "恢复为 verifying，应当在 D17 期限内重新报送，各席位重新签字。"
        ),
    ),
    example={
        "seat": 1,
        "signer": {"name": "周某某", "title": "分管副局长"},
        "decision": "approve",
        "opinion": "事实清楚，证据充分，同意报告结论。",
    },
)
def sign(scene: Scene[Sign]) -> Decision:
    """Sign on a seat. The last approval concludes; a rejection sends the report back, and every seat signs anew."""
    scene.require_holder()
    lead, wanted = scene.lead, scene.content
    task = lead.chapter(Verification)
    signer = comparable_name(wanted.signer.name)
    scene.require_role(
        signer not in {comparable_name(name) for name in task.handlers},
        "signers who did not handle the lead",
        "未参与核查的审核人员",
    )
    scene.require_no_recipients()
    practice = task.practice if lead.state is LeadState.SIGNING else scene.practice
    _require_fitting(scene, practice)
    scene.require_prev()
    scene.require_state()
    seat = len(task.signatures) + 1
    if wanted.seat != seat:
        raise SEAT_ORDER.violated(f"Seat {seat} is next.", f"应由第{seat}席签字。")
    if signer in {comparable_name(one.name) for one in task.signatures}:
        raise DISTINCT_SIGNERS.violated()
    titles = practice.seats[seat - 1].titles
    if titles and comparable_name(wanted.signer.title) not in {comparable_name(title) for title in titles}:
        raise SEAT_TITLE.violated(f"They are: {', '.join(titles)}.", f"应为：{'、'.join(titles)}。")
    if seat == practice.legal_review and wanted.decision == "approve" and not _passed(wanted.gates):
        raise FOUR_GATES.violated()
    if wanted.decision == "reject":
        return _sent_back(scene, task)
    signed = task.but(signatures=(*task.signatures, Signature(seat=seat, name=wanted.signer.name, at=scene.now)))
    return _approved(scene, signed)


def _sent_back(scene: Scene[Sign], task: Verification) -> Decision:
    lead = scene.lead.but(state=LeadState.VERIFYING).with_chapter(task.but(conclusion=None, signatures=()))
    return Decision(
        leads=(lead,),
        starts=(scene.start("D17", scene.act.sender, lead.lead_id),),
        stops=scene.running(lead.lead_id, "D12", "D13"),
    )


def _approved(scene: Scene[Sign], signed: Verification) -> Decision:
    lead = scene.lead.with_chapter(signed)
    last = len(signed.signatures) == len(signed.practice.seats)
    if last:
        lead = lead.but(state=LeadState.CONCLUDED)
    # Nobody waits for the conclusion of a lead that the holder brought in itself.
    follows = "D13" if not last else "D14" if lead.way_to(lead.holder) is not None else None
    return Decision(
        leads=(lead,),
        starts=(scene.start(follows, scene.act.sender, lead.lead_id),) if follows else (),
        stops=scene.running(lead.lead_id, "D12", "D13"),
    )


def _require_fitting(scene: Scene[Sign], practice: Practice) -> None:
    """Raise `InvalidDocument` for a seat that there is not, or a legal review that says nothing of the gates."""
    seats, wanted = len(practice.seats), scene.content
    if wanted.seat > seats:
        raise InvalidDocument(f"There are {seats} seats.", f"审核签字共{seats}席。")
    if wanted.seat == practice.legal_review and wanted.gates is None:
        raise InvalidDocument("The seat of the legal review fills in `gates`.", "法制审核席位应当填写 gates。")


def _passed(gates: Gates | None) -> bool:
    return gates is not None and all(gate.ok for _, gate in gates)
