"""verification.measure 核查措施: the steps of a verification that need a record; before filing, none that coerce."""

from typing import Any, Literal

from app.casework.acts.catalogue import act
from app.casework.allowed import OnlyIf, in_states
from app.casework.case import LeadState
from app.casework.decision import Decision
from app.casework.kinds import Kind, Level
from app.casework.names import Approver
from app.casework.records.prosecution import Prosecution
from app.casework.records.verification import VERIFIES
from app.casework.rules import Rule
from app.casework.scene import Scene
from app.casework.values import Content, Instant, Text
from app.errors import Source

COERCIVE = ("seal", "seize", "freeze", "technical", "detain")
# Measures are part of a verification; those of a filed case may go on after it.
ONCE_FILED = (
    LeadState.SIGNING,
    LeadState.CONCLUDED,
    LeadState.REPLIED,
    LeadState.CONFIRMED,
    LeadState.CONTESTED,
)

# The same rule for all, but the article binds the police alone: others are told that it is the exchange's default.
COERCIVE_BEFORE_FILING = Rule(
    "R-COERCIVE-BEFORE-FILING",
    Source.law("公安机关办理刑事案件程序规定 第一百七十四条"),
    "Before a case is filed nobody is detained, nothing sealed, seized or frozen, no technical investigation made.",
    "立案之前不得采取强制措施，不得查封、扣押、冻结财产，不得采取技术侦查措施。",
)
COERCIVE_UNFILED = Rule(
    "R-COERCIVE-BEFORE-FILING",
    Source.default("before a case is filed only non-coercive steps are recorded on a lead, whoever verifies"),
    "Before a case is filed only non-coercive measures may be recorded on a lead.",
    "立案之前，线索核查只能记录非强制性措施。",
)
APPROVER_LEVEL = Rule(
    "R-APPROVER-LEVEL",
    Source.law("反有组织犯罪法 第二十七条"),
    "Querying assets needs approval at county level or above, an emergency freeze at city level or above.",
    "查询财产应当经县级以上负责人批准，紧急止付、临时冻结、临时扣押应当经设区的市级以上负责人批准。",
)
FREEZE_ORGANIZED = Rule(
    "R-FREEZE-ORGANIZED-CRIME",
    Source.law("反有组织犯罪法 第二十七条"),
    "An emergency freeze is for leads of organised crime (黑社会性质组织) only.",
    "紧急止付、临时冻结、临时扣押仅适用于黑社会性质组织犯罪线索。",
)


def _case_filed(scene: Scene[Any]) -> bool:
    """Return whether the sender itself says that it has filed a case of the lead, or of one that it was split from.

    Another agency's case opens nothing: who coerces answers for the case in which it does.
    """
    lineage = scene.case.lineage(scene.lead.lead_id)
    linked = (case for one in lineage for case in scene.case.leads[one].chapter(Prosecution).cases)
    return any(case.organ == scene.act.sender and case.filed_at <= scene.now for case in linked)


_AFTER_FILING = OnlyIf(
    ONCE_FILED,
    ("once the sender has linked a case that it filed", "本单位已经关联所立案件的"),
    _case_filed,
)
APPROVED_AT_LEAST_BY = {"asset_query": Level.COUNTY, "emergency_freeze": Level.CITY}


class Measure(Content):
    """核查措施: what was done, on whose approval, on which legal basis, and when."""

    measure: Literal[
        "inquiry",
        "site_visit",
        "records",
        "appraisal",
        "asset_query",
        "emergency_freeze",
        "seal",
        "seize",
        "freeze",
        "technical",
        "detain",
    ]
    approver: Approver
    basis: Text
    at: Instant


@act(
    "verification.measure",
    "/v1/leads/{lead_id}/measures",
    Measure,
    title=("Record a measure", "核查措施"),
    who=("the holder, of a kind that verifies", "有核查职责的承办单位"),
    kinds=VERIFIES,
    rules=(COERCIVE_BEFORE_FILING, COERCIVE_UNFILED, APPROVER_LEVEL, FREEZE_ORGANIZED),
    allowed=in_states(LeadState.VERIFYING, only_if=(_AFTER_FILING,)),
    starts=("D26",),
    follows=(
        (
            "The step is on record. An emergency freeze ends by itself 48 hours after it was made; only the "
            "holder is told when it does."
        ),
        "措施记录在案。紧急止付、临时冻结、临时扣押自作出之时起四十八小时届满自动终止，仅通知承办单位。",
    ),
    example={
        "measure": "asset_query",
        "approver": {
            "name": "吴某某",
            "title": "局长",
            "level": "county",
            "approved_at": "2026-03-06T09:00:00+08:00",
        },
        "basis": "反有组织犯罪法第二十七条",
        "at": "2026-03-06T10:30:00+08:00",
    },
)
def record_measure(scene: Scene[Measure]) -> Decision:
    """Record a step of the verification. An emergency freeze ends by itself 48 hours after it was made (D26)."""
    scene.require_holder()
    scene.require_no_recipients()
    scene.require_prev()
    filed = _case_filed(scene)
    scene.require_state()
    wanted = scene.content
    if wanted.measure in COERCIVE and not filed:
        raise (COERCIVE_BEFORE_FILING if scene.sender.kind is Kind.POLICE else COERCIVE_UNFILED).violated()
    least = APPROVED_AT_LEAST_BY.get(wanted.measure)
    if least is not None and wanted.approver.level.rank < least.rank:
        raise APPROVER_LEVEL.violated()
    if wanted.measure != "emergency_freeze":
        return Decision(leads=(scene.lead,))
    if scene.lead.category != "organized_crime":
        raise FREEZE_ORGANIZED.violated()
    # The 48 hours are the freeze's, not the record's: a late record must not make it longer.
    ends = scene.start("D26", scene.act.sender, scene.act.act_id, after=min(wanted.at, scene.now))
    return Decision(leads=(scene.lead,), starts=(ends,))
