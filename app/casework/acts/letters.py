"""letter.send, letter.reply 函: advice to any agency about what a lead shows, and its written answer."""

from typing import Annotated

from pydantic import Field

from app.casework.acts.catalogue import act
from app.casework.allowed import EVERY_STATE, WORK_GOES_ON
from app.casework.decision import Claim, Decision
from app.casework.kinds import Kind
from app.casework.records.letters import (
    SUPERVISION_MATTER,
    Correspondence,
    Letter,
    find_letter,
    held_by_supervision,
    replaced,
    require_reply_recipient,
)
from app.casework.rules import SELF_INTEREST
from app.casework.scene import Scene
from app.casework.values import Content, Id, NodeId, Text
from app.errors import InvalidDocument, NotFound, WrongState

WRITES = frozenset({Kind.POLICE, Kind.SUPERVISION, Kind.PROCURATORATE})
LETTER_ID = "019ccd10-0000-7000-8000-000000000007"


class SendLetter(Content):
    """意见建议、检察建议、提示函: the problem found, the basis, and what is suggested."""

    letter_id: Id
    to: NodeId
    problem: Text
    basis: Text
    suggestion: Text


class ReplyToLetter(Content):
    """复函: the answer in writing, and what was done."""

    letter_id: Id
    text: Text
    measures: Annotated[tuple[Text, ...], Field(max_length=100)]


@act(
    "letter.send",
    "/v1/leads/{lead_id}/letters",
    SendLetter,
    title=("Send a letter about a lead", "发函"),
    who=("a party of the lead: police, supervision or procuratorate", "线索相关的公安、纪检监察、检察机关"),
    kinds=WRITES,
    rules=(SELF_INTEREST, SUPERVISION_MATTER),
    claims=("letter_id",),
    recipients=("`to`", "`to` 所列单位"),
    allowed=WORK_GOES_ON,
    starts=("D24",),
    follows=(
        (
            "The addressee becomes a party of the lead: it may know of the lead and of this letter. D24 runs "
            "only where the addressee is a regulator."
        ),
        "收函单位成为线索相关单位，可以知悉该线索和本函。仅收函单位为行业监管部门时计算 D24。",
    ),
    example={
        "letter_id": LETTER_ID,
        "to": "regulator-990121",
        "problem": "辖区内砂石料场地磅普遍无检定标识。",
        "basis": "反有组织犯罪法第十四条",
        "suggestion": "对辖区砂石料场计量器具开展专项检查。",
    },
)
def send_letter(scene: Scene[SendLetter]) -> Decision:
    """Write to an agency, which may know of the lead and of this letter from now on. A regulator answers in 30 days."""
    letter, lead = scene.content, scene.lead
    to = scene.node(letter.to)
    if to.node_id == scene.act.sender:
        raise InvalidDocument("A letter goes to another agency.", "不能向本单位发函。")
    scene.require_recipients(to.node_id)
    scene.require_state()
    drawn_in = to.node_id not in lead.parties
    if drawn_in and held_by_supervision(scene) and scene.sender.kind is not Kind.SUPERVISION:
        raise SUPERVISION_MATTER.violated()
    sent = Letter(letter_id=letter.letter_id, sender=scene.act.sender, to=to.node_id, sent_at=scene.now)
    chapter = lead.chapter(Correspondence)
    lead = lead.invite(to.node_id).introduce(sent.letter_id, sent.sender, sent.to)
    return Decision(
        leads=(lead.with_chapter(chapter.but(letters=(*chapter.letters, sent))),),
        claims=(Claim(sent.letter_id, "letter", lead.lead_id),),
        starts=(scene.start("D24", sent.to, sent.letter_id),) if to.kind is Kind.REGULATOR else (),
    )


@act(
    "letter.reply",
    "/v1/letters/{letter_id}/replies",
    ReplyToLetter,
    title=("Answer a letter", "复函"),
    who=("addressee of the letter", "收函单位"),
    recipients=(
        "the writer of the letter; nobody (`[]`) if the lead concerns it",
        "发函单位；该单位系线索所涉单位的，为 []",
    ),
    allowed=EVERY_STATE,
    ends=("D24",),
    follows=("The letter is answered.", "该函已经答复。"),
    example={
        "letter_id": LETTER_ID,
        "text": "已开展专项检查。",
        "measures": ["检查砂石料场十二家", "责令三家限期检定地磅"],
    },
)
def reply_to_letter(scene: Scene[ReplyToLetter]) -> Decision:
    """Answer in writing, once."""
    lead = scene.lead
    chapter = lead.chapter(Correspondence)
    letter = find_letter(chapter.letters, scene.content.letter_id)
    if letter is None:
        raise NotFound
    scene.require_role(scene.act.sender == letter.to, "addressee of the letter", "收函单位")
    require_reply_recipient(scene, letter)
    if letter.answered:
        raise WrongState("The letter has been answered.", "该函已经答复。")
    letters = replaced(chapter.letters, letter.but(answered=True))
    return Decision(
        leads=(lead.with_chapter(chapter.but(letters=letters)),),
        stops=scene.running(letter.letter_id, "D24"),
    )
