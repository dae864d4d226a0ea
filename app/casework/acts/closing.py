"""lead.clear 清零: a lead is closed once its answer stands and nothing is left open."""

from typing import Any

from app.casework.acts.catalogue import act
from app.casework.allowed import OnlyIf, in_states
from app.casework.case import Lead, LeadState, Transfer, TransferState
from app.casework.decision import Decision
from app.casework.kinds import Kind
from app.casework.open_matters import NOTHING_OPEN, require_nothing_open
from app.casework.parts import ON_THE_LEAD, STANDING, ended_deadlines
from app.casework.records.checks import Checks
from app.casework.records.notes import Clarifications
from app.casework.records.supervision import INDEPENDENT
from app.casework.records.verification import CONCLUDES, Verification
from app.casework.routing import oversees
from app.casework.rules import Rule
from app.casework.scene import Scene
from app.casework.values import Content, Text
from app.errors import Source

GANGS = ("organized_crime", "evil_force")
# 查否, as a report says it or as an outcome that was fed back without a report.
UNFOUNDED = ("unsubstantiated", "查否")

THREE_CHECKS = Rule(
    "R-THREE-CHECKS",
    Source.default("three checks on every case of organised crime or evil forces; none found is a lawful answer"),
    "Organised crime and evil forces: the three checks are answered before the lead is cleared.",
    "涉黑、涉恶线索清零前应当完成一案三查。",
)
CLARIFY_FIRST = Rule(
    "R-CLARIFY-FIRST",
    Source.default(
        "an unfounded lead that names persons is clarified before it is cleared; cf. 公职人员政务处分法 第五十三条"
    ),
    "The lead was found unsubstantiated and names persons: clarify it before clearing.",
    "线索查否且涉及具体人员的，清零前应当澄清。",
)
CLEAR_INDEPENDENT = Rule(
    "R-CLEAR-INDEPENDENT",
    Source.default(
        "towards supervision, procuratorate and court a coordination office only reminds; cf. 监察法 第四条"
    ),
    "A coordination office does not clear a lead that supervision, procuratorate or court holds.",
    "协调机构不得对监察机关、检察机关和审判机关承办的线索作清零办结。",
)


def _own(scene: Scene[Any]) -> bool:
    """Return whether the holder brought the lead in itself: it owes nobody an answer."""
    return scene.lead.way_to(scene.lead.holder) is None


def _own_reported(scene: Scene[Any]) -> bool:
    """Return whether the holder of its own lead has concluded with a report, as a kind that does not sign off does."""
    signs = scene.given.nodes[scene.lead.holder].kind in CONCLUDES
    return _own(scene) and not signs and scene.lead.chapter(Verification).conclusion is not None


_OWN_CONCLUDED = OnlyIf((LeadState.CONCLUDED,), ("a lead that came by no transfer", "非经移送而来的线索"), _own)
_OWN_REPORTED = OnlyIf(
    (LeadState.VERIFYING,),
    ("such a lead with a report of civil affairs", "此类线索由民政部门办理且已有核查报告的"),
    _own_reported,
)


class Clear(Content):
    """清零: why nothing is left to do."""

    note: Text


@act(
    "lead.clear",
    "/v1/leads/{lead_id}/clearances",
    Clear,
    title=("Clear a lead", "清零"),
    who=("the holder, or a coordination office that the lead is listed to", "承办单位，或者列有该线索的协调机构"),
    rules=(CLEAR_INDEPENDENT, NOTHING_OPEN, THREE_CHECKS, CLARIFY_FIRST),
    allowed=in_states(LeadState.CONFIRMED, only_if=(_OWN_CONCLUDED, _OWN_REPORTED)),
    starts=("D18",),
    ends=ON_THE_LEAD,
    becomes=(LeadState.CLEARED,),
    follows=(
        (
            "The transfers are closed. An unfounded lead is sealed: it leaves searches, and only origin and "
            "holder find it in lists. The holder may read a clearance by the coordination office. D18 runs on "
            "the holder."
        ),
        (
            "各移送关闭。查否的线索予以封存，不再出现在检索结果中，仅登记单位和承办单位可以在列表中看到。协调机构"
            "办理清零的，承办单位可以查阅该文书。承办单位开始计算 D18。"
        ),
    ),
    example={"note": "各环节已办结，反馈已确认。"},
)
def clear(scene: Scene[Clear]) -> Decision:
    """Close a lead whose answer is confirmed, once nothing stands open. An unfounded one is sealed from now on.

    A lead that the holder brought in itself owes nobody an answer: it is cleared from its conclusion.
    """
    scene.require_role(_may_clear(scene), "holder or the coordination office of the area", "承办单位或者当地协调机构")
    scene.require_no_recipients()
    scene.require_prev()
    scene.require_state()
    lead = scene.lead
    if scene.act.sender != lead.holder and scene.given.nodes[lead.holder].kind in INDEPENDENT:
        raise CLEAR_INDEPENDENT.violated()
    require_nothing_open(scene, scene.lead)
    if lead.category in GANGS and lead.chapter(Checks).missing:
        missing = ", ".join(lead.chapter(Checks).missing)
        raise THREE_CHECKS.violated(f"Missing: {missing}.", f"缺少：{missing}。")
    unfounded = _unfounded(lead)
    if unfounded and lead.persons and not lead.chapter(Clarifications).issued:
        raise CLARIFY_FIRST.violated()
    cleared = lead.but(
        state=LeadState.CLEARED, sealed=unfounded, transfers=tuple(_closed(leg) for leg in lead.transfers)
    )
    return Decision(
        leads=(cleared,),
        starts=(scene.start("D18", lead.holder, lead.lead_id),),
        stops=ended_deadlines(scene.case, lead),
        # The holder binds the volume, and this act belongs into it.
        also_read=frozenset((lead.holder,)),
    )


def _may_clear(scene: Scene[Clear]) -> bool:
    lead, sender = scene.lead, scene.sender
    if sender.node_id == lead.holder or sender.kind is not Kind.COORDINATION:
        return sender.node_id == lead.holder
    holder = scene.given.nodes[lead.holder]
    return sender.node_id in lead.listed_to or oversees(sender, holder, lead.place_code, scene.given.nodes)


def _unfounded(lead: Lead) -> bool:
    """Return whether the lead was found unsubstantiated: by its report, or for want of one by what was fed back."""
    return (lead.chapter(Verification).conclusion or (lead.outcome or "").strip()) in UNFOUNDED


def _closed(leg: Transfer) -> Transfer:
    return leg.but(state=TransferState.CLOSED) if leg.state in STANDING else leg
