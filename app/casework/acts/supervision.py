"""supervision.letter, supervision.reply 督办: a superior or the coordination office urges, the agency answers.

The object is an agency and its deadline, never a person or a finding: nobody's conclusion is changed by a letter.
"""

from typing import Any, Literal

from app.casework.acts.catalogue import act
from app.casework.allowed import EVERY_STATE, WORK_GOES_ON
from app.casework.deadlines import Deadline
from app.casework.decision import Admission, Claim, Decision
from app.casework.kinds import Kind, Node
from app.casework.records.letters import find_letter, replaced, require_reply_recipient
from app.casework.records.supervision import INDEPENDENT, Oversight, SupervisionLetter, overseen
from app.casework.routing import oversees
from app.casework.rules import SELF_INTEREST, Rule
from app.casework.scene import Scene
from app.casework.values import Content, Flag, Id, NodeId, Text
from app.errors import NotFound, Source, WrongState

SUPERVISES = frozenset({Kind.POLICE, Kind.SUPERVISION, Kind.REGULATOR, Kind.COORDINATION})
LETTER_ID = "019ccd10-0000-7000-8000-000000000008"

COORD_ONLY_REMINDS = Rule(
    "R-COORD-ONLY-REMINDS",
    Source.default("independence of supervision, procuratorate and court (监察法 第四条): reminders only"),
    "Towards supervision, procuratorate and court a coordination office sends reminders only (step `notice`).",
    "协调机构对纪检监察、检察、审判机关只能提示，不得督办。",
)
SUPERVISED_UNIT = Rule(
    "R-SUPERVISED-UNIT",
    Source.default("supervision letters go to the unit that holds the lead, or that has or missed a deadline on it"),
    "The addressee neither holds the lead nor has or missed a deadline on it.",
    "督办对象应当是线索承办单位，或者在该线索上有未完成、超期事项的单位。",
)
LADDER = Rule(
    "R-SUPERVISION-LADDER",
    Source.default("steps of supervision: an interview or a circular follows a letter"),
    "An interview or a circular follows an earlier letter of the same sender to the same agency on this lead.",
    "约谈、通报之前，应当已就该线索向该单位发出督办函。",
)


class WriteSupervision(Content):
    """提示、督办函、约谈、通报: to which agency, because of which deadline, the facts, and what is demanded."""

    letter_id: Id
    to: NodeId
    step: Literal["notice", "letter", "interview", "circular"]
    trigger: Text
    facts: Text
    demand: Text


class ReplyToSupervision(Content):
    """督办回复: `done` says that what was demanded is done."""

    letter_id: Id
    text: Text
    done: Flag


@act(
    "supervision.letter",
    "/v1/leads/{lead_id}/supervision-letters",
    WriteSupervision,
    title=("Send a supervision letter", "督办"),
    who=(
        "a superior of the addressee (police, supervision, regulator), or the coordination office of the area",
        "督办对象的上级机关（公安、纪检监察、行业监管）或者属地协调机构",
    ),
    kinds=SUPERVISES,
    rules=(SELF_INTEREST, COORD_ONLY_REMINDS, SUPERVISED_UNIT, LADDER),
    claims=("letter_id",),
    recipients=("`to`", "`to` 所列单位"),
    allowed=WORK_GOES_ON,
    starts=("D23",),
    follows=(
        (
            "The addressee answers within D23, but a mere reminder of a coordination office towards supervision, "
            "procuratorate or court owes no answer. A coordination office that wrote reads the reports and "
            "conclusions on the lead, earlier ones too, unless such an organ holds it or wrote them. Nobody's "
            "conclusion is changed."
        ),
        (
            "督办对象应当在 D23 期限内答复；协调机构对纪检监察、检察、审判机关的提示无须答复。发出督办函的协调机"
            "构自此可以查阅该线索的核查报告和结论（含此前的），但由上述机关承办或者出具的除外。督办不改变任何单位"
            "的结论。"
        ),
    ),
    example={
        "letter_id": LETTER_ID,
        "to": "regulator-990121",
        "step": "letter",
        "trigger": "D10",
        "facts": "核查期限已于2026年3月27日届满，尚未报送核查报告。",
        "demand": "请于五个工作日内报告核查进展和未按期完成的原因。",
    },
)
def write_supervision(scene: Scene[WriteSupervision]) -> Decision:
    """Urge an agency. A coordination office that wrote reads reports and conclusions from then on."""
    wanted, lead = scene.content, scene.lead
    to = scene.node(wanted.to)
    scene.require_role(
        oversees(scene.sender, to, lead.place_code, scene.given.nodes),
        "superior of the addressee or the coordination office of the area",
        "督办对象的上级机关或者属地协调机构",
    )
    scene.require_recipients(to.node_id)
    scene.require_state()
    reminded = scene.sender.kind is Kind.COORDINATION and to.kind in INDEPENDENT
    _require_proper_step(scene, to, reminded=reminded)
    letter = SupervisionLetter(
        letter_id=wanted.letter_id,
        sender=scene.act.sender,
        to=to.node_id,
        sent_at=scene.now,
        step=wanted.step,
        owes_reply=not reminded,
    )
    chapter = lead.chapter(Oversight)
    chapter = chapter.but(letters=(*chapter.letters, letter))
    admits: tuple[Admission, ...] = ()
    if scene.sender.kind is Kind.COORDINATION:
        chapter = chapter.but(overseers=tuple(dict.fromkeys((*chapter.overseers, letter.sender))))
        seen = overseen(scene.case, lead, scene.given.nodes)
        admits = tuple(Admission(ref.act_id, letter.sender) for ref in seen if letter.sender not in ref.readers)
    return Decision(
        leads=(lead.with_chapter(chapter).introduce(letter.letter_id, letter.sender, letter.to),),
        claims=(Claim(letter.letter_id, "letter", lead.lead_id),),
        admits=admits,
        starts=(scene.start("D23", letter.to, letter.letter_id),) if letter.owes_reply else (),
    )


@act(
    "supervision.reply",
    "/v1/supervision-letters/{letter_id}/replies",
    ReplyToSupervision,
    title=("Answer a supervision letter", "督办回复"),
    who=("addressee of the letter", "督办对象"),
    recipients=(
        "the writer of the letter; nobody (`[]`) if the lead concerns it",
        "发函单位；该单位系线索所涉单位的，为 []",
    ),
    allowed=EVERY_STATE,
    ends=("D23",),
    follows=(
        "Any reply ends the deadline; the matter stands open until a reply says `done`.",
        "任何答复均使期限终止；答复载明 done 之前，该督办事项视为未办结。",
    ),
    example={"letter_id": LETTER_ID, "text": "核查报告已于今日报送，逾期原因为检定机构排期延迟。", "done": True},
)
def reply_to_supervision(scene: Scene[ReplyToSupervision]) -> Decision:
    """Answer. The matter stands open until an answer says that it is done."""
    lead = scene.lead
    chapter = lead.chapter(Oversight)
    letter = find_letter(chapter.letters, scene.content.letter_id)
    if letter is None:
        raise NotFound
    scene.require_role(scene.act.sender == letter.to, "addressee of the letter", "督办对象")
    require_reply_recipient(scene, letter)
    if letter.answered:
        raise WrongState("The letter has been answered as done.", "该督办事项已经办结。")
    letters = replaced(chapter.letters, letter.but(answered=scene.content.done))
    return Decision(
        leads=(lead.with_chapter(chapter.but(letters=letters)),),
        stops=scene.running(letter.letter_id, "D23"),
    )


def _require_proper_step(scene: Scene[WriteSupervision], to: Node, *, reminded: bool) -> None:
    """Raise `RuleViolated` unless this step may be taken towards this agency on this lead now."""
    step = scene.content.step
    if reminded and step != "notice":
        raise COORD_ONLY_REMINDS.violated()
    if to.node_id != scene.lead.holder and not any(
        _may_trigger(scene, deadline, to) for deadline in scene.case.deadlines
    ):
        raise SUPERVISED_UNIT.violated()
    followed = any(
        (one.sender, one.to) == (scene.act.sender, to.node_id) and one.step != "notice"
        for one in scene.lead.chapter(Oversight).letters
    )
    if step in ("interview", "circular") and not followed:
        raise LADDER.violated()


def _may_trigger(scene: Scene[Any], deadline: Deadline, to: Node) -> bool:
    """A deadline of the agency on this lead, running or missed, but none about what the sender may not know of."""
    if (deadline.lead_id, deadline.node) != (scene.lead.lead_id, to.node_id):
        return False
    if scene.act.sender not in scene.lead.known_to.get(deadline.subject, (scene.act.sender,)):
        return False
    return deadline.stopped is None or deadline.breached is not None or deadline.stopped > deadline.due
