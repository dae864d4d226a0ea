"""signoff.sign 审核签字: three seats in order, three persons, none of them a handler of the lead."""

import unicodedata
from typing import Annotated, Literal

from pydantic import Field

from app.casework.acts.catalogue import act
from app.casework.case import LeadState
from app.casework.decision import Decision
from app.casework.rules import Rule
from app.casework.scene import Scene
from app.casework.values import Content, Count, Flag, Label, Text
from app.casework.verifying import CONCLUDES, Signature, Verification
from app.errors import Source

SEATS = 3

SEAT_ORDER = Rule(
    "R-SEAT-ORDER",
    Source.default("three seats sign in order"),
    "The seats sign in order.",
    "审核签字应当按席位顺序进行。",
)
DISTINCT_SIGNERS = Rule(
    "R-DISTINCT-SIGNERS",
    Source.default("the seats are three distinct persons"),
    "This person has signed on an earlier seat.",
    "同一人不得在两个席位上签字。",
)


class Signer(Content):
    """Who signs on a seat."""

    name: Label
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

    seat: Annotated[Count, Field(ge=1, le=SEATS)]
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
    rules=(SEAT_ORDER, DISTINCT_SIGNERS),
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
    signer = _person(wanted.signer.name)
    scene.require_role(
        signer not in {_person(name) for name in task.handlers},
        "signers who did not handle the lead",
        "未参与核查的审核人员",
    )
    scene.require_no_recipients()
    scene.require_prev()
    scene.require_state(LeadState.SIGNING)
    seat = len(task.signatures) + 1
    if wanted.seat != seat:
        raise SEAT_ORDER.violated(f"Seat {seat} is next.", f"应由第{seat}席签字。")
    if signer in {_person(one.name) for one in task.signatures}:
        raise DISTINCT_SIGNERS.violated()
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
    last = len(signed.signatures) == SEATS
    if last:
        lead = lead.but(state=LeadState.CONCLUDED)
    # Nobody waits for the conclusion of a lead that the holder brought in itself.
    follows = "D13" if not last else "D14" if lead.way_to(lead.holder) is not None else None
    return Decision(
        leads=(lead,),
        starts=(scene.start(follows, scene.act.sender, lead.lead_id),) if follows else (),
        stops=scene.running(lead.lead_id, "D12", "D13"),
    )


def _person(name: str) -> str:
    """Return a name as it is compared: however it was spaced or typed, it is the same person's."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()
