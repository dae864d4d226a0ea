"""transfer.offer, transfer.forward, transfer.withdraw 移送、转送、撤回: handing a lead on.

Responsibility stays with the holder until the receipt is signed.
"""

from typing import Any, Literal

from app.casework.acts.catalogue import act
from app.casework.allowed import OnlyIf, in_states, of_transfer
from app.casework.case import Lead, LeadState, Transfer, TransferState
from app.casework.deadlines import Deadline
from app.casework.decision import Claim, Decision
from app.casework.diverting import HANDING_ON, PASSING_ON, taken_back
from app.casework.kinds import Kind
from app.casework.records.prosecution import ASKING, DECIDING, FILING, LADDER
from app.casework.routing import list_lead, natural_route, require_route
from app.casework.rules import (
    COMPETENT_KIND,
    CRIME_CASE,
    ROUTE_LEVEL,
    SELF_INTEREST,
    SUPERIOR_ASSIGNS,
    Rule,
)
from app.casework.scene import Scene
from app.casework.values import Content, Id, Instant, Label, NodeId, Sha256, Text
from app.errors import InvalidDocument

OFFERS = frozenset(Kind) - {Kind.INSPECTION}
FORWARDS = frozenset(
    {
        Kind.POLICE,
        Kind.SUPERVISION,
        Kind.PROCURATORATE,
        Kind.CIVIL_AFFAIRS,
        Kind.REGULATOR,
        Kind.COORDINATION,
    }
)
ROUTING: tuple[Rule, ...] = (SELF_INTEREST, ROUTE_LEVEL, SUPERIOR_ASSIGNS, COMPETENT_KIND)
# Kinds without a screening act of their own pass a registered lead on as it is.
SCREENLESS = frozenset({Kind.PROCURATORATE, Kind.COURT, Kind.JUSTICE, Kind.CIVIL_AFFAIRS})
# What a receiver has to do with what it signed for: take it up or pass it on, object, and file a case.
TAKING_UP = ("D05", "D07", "D07-petition", FILING)
_WITHOUT_SCREENING = OnlyIf(
    (LeadState.REGISTERED,),
    ("by procuratorate, court, justice or civil affairs", "检察、审判、司法行政、民政机关移送的"),
    lambda scene: scene.sender.kind in SCREENLESS,
)


class Enclosure(Content):
    """One statutory enclosure: an attachment of this act, or why there is none."""

    sha256: Sha256 | None = None
    not_applicable: Label | None = None


class Enclosures(Content):
    """The five enclosures of Order 310 article 6: 移送书, 调查报告, 涉案物品清单, 检验报告或者鉴定结论, 其他材料."""

    transfer_letter: Enclosure
    investigation_report: Enclosure
    item_list: Enclosure
    appraisal: Enclosure
    other: Enclosure


class Offer(Content):
    """线索移送函: to whom, by which route, why that agency is competent, and what is known as against alleged."""

    transfer_id: Id
    to: NodeId
    route: Literal["peer", "report_up", "assign_down", "assign_supervised", "crime_case"]
    basis: Text
    competence_reason: Text
    known_facts: Text
    disclosure: Literal["full", "summary"]
    feedback_by: Instant | None = None
    enclosures: Enclosures | None = None


class Forward(Content):
    """转送通知: the receiver passes the lead on to the competent agency and tells the original sender."""

    transfer_id: Id
    new_transfer_id: Id
    to: NodeId
    basis: Text
    competence_reason: Text
    disclosure: Literal["full", "summary"]


class Withdraw(Content):
    """撤回移送."""

    transfer_id: Id
    reason: Text


@act(
    "transfer.offer",
    "/v1/leads/{lead_id}/transfers",
    Offer,
    title=("Offer the lead to another agency", "线索移送"),
    who=("the holder", "线索承办单位"),
    kinds=OFFERS,
    rules=(*ROUTING, CRIME_CASE),
    claims=("transfer_id",),
    recipients=("`to`", "`to` 所列单位"),
    allowed=in_states(
        LeadState.SCREENED,
        LeadState.RETURNED,
        LeadState.ACCEPTED,
        LeadState.VERIFYING,
        LeadState.CONCLUDED,
        only_if=(_WITHOUT_SCREENING,),
    ),
    starts=("D04",),
    ends=(*HANDING_ON, FILING, ASKING, DECIDING),
    becomes=(LeadState.IN_TRANSFER,),
    notices=("notice.listed",),
    follows=(
        (
            "Responsibility stays with the holder until the receipt. The receiver reads this act only; at its "
            "receipt the earlier acts open to it if `disclosure` is `full`. With `assign_supervised` the lead is "
            "supervised from now on: its answer is rechecked before it is cleared."
        ),
        (
            "签收之前仍由原承办单位负责。接收单位此时只能查阅本文书；disclosure 为 full 的，签收时此前的文书向其"
            "开放。以 assign_supervised 方式交办的，该线索自此列为督办线索，清零前须经复查。"
        ),
    ),
    example={
        "transfer_id": "019ccd10-0000-7000-8000-000000000003",
        "to": "police-990121",
        "route": "report_up",
        "basis": "反有组织犯罪法第二十五条",
        "competence_reason": "所反映行为发生在该局管辖区域内",
        "known_facts": "已核对：料场位于甲镇河湾，地磅无检定标识。其余为群众反映，未经查证。",
        "disclosure": "full",
        "feedback_by": "2026-04-30T17:00:00+08:00",
    },
)
def offer(scene: Scene[Offer]) -> Decision:
    """Offer the lead to another agency; responsibility stays with the holder until the receipt is signed."""
    scene.require_holder()
    to = scene.other_node(scene.content.to)
    scene.require_recipients(to.node_id)
    scene.require_state()
    scene.require_not_concerned(to.node_id)
    require_route(scene.content.route, scene.sender, to, scene.given.nodes)
    _require_enclosures(scene)
    lead, leg = scene.lead, scene.content
    handed = lead.but(
        state=LeadState.IN_TRANSFER, supervised=lead.supervised or leg.route == "assign_supervised"
    ).with_transfer(_leg(scene, leg.transfer_id, leg.to, leg.route, leg.disclosure, lead.state))
    handed, notices = list_lead(handed, scene.given)
    return Decision(
        leads=(handed,),
        claims=(Claim(leg.transfer_id, "transfer", lead.lead_id),),
        starts=(scene.start("D04", leg.to, leg.transfer_id),),
        stops=scene.running(lead.lead_id, *HANDING_ON) | _left_behind(scene),
        notices=notices,
    )


@act(
    "transfer.forward",
    "/v1/transfers/{transfer_id}/forwards",
    Forward,
    title=("Forward to the competent agency", "线索转送"),
    who=("the receiver of the transfer", "接收移送的单位"),
    kinds=FORWARDS,
    rules=ROUTING,
    claims=("new_transfer_id",),
    recipients=("`to` and the sender of the transfer", "`to` 所列单位和原移送单位"),
    allowed=in_states(LeadState.RECEIVED, LeadState.RETURNED, transfer=(TransferState.RECEIPTED,)),
    starts=("D04",),
    ends=(*TAKING_UP, *PASSING_ON),
    becomes=(LeadState.IN_TRANSFER,),
    follows=(
        (
            "The transfer becomes `forwarded`, and a new one carries it on: `came_by` names the old one. The "
            "forwarder stays responsible until the new receiver signs. If that one returns it, or the forward is "
            "withdrawn, the old transfer is `receipted` again."
        ),
        (
            "原移送转为 forwarded，由新的移送承接（came_by 为原移送编号）。新接收单位签收之前，转送单位仍对线索负"
            "责。新移送被退回或者被撤回的，原移送恢复为 receipted。"
        ),
    ),
    example={
        "transfer_id": "019ccd10-0000-7000-8000-000000000003",
        "new_transfer_id": "019ccd10-0000-7000-8000-000000000004",
        "to": "regulator-990121",
        "basis": "行政处罚法第二十七条",
        "competence_reason": "所反映为计量违法，属市场监管部门职责",
        "disclosure": "full",
    },
)
def forward(scene: Scene[Forward]) -> Decision:
    """Pass a received lead on. The original sender is told by the same document."""
    wanted = scene.content
    leg = scene.transfer(wanted.transfer_id)
    scene.require_role(scene.act.sender == leg.recipient, "receiver of the transfer", "接收移送的单位")
    to = scene.other_node(wanted.to)
    scene.require_recipients(*dict.fromkeys((to.node_id, leg.sender)))
    scene.require_leg(leg)
    scene.require_state()
    scene.require_not_concerned(to.node_id)
    route = natural_route(scene.sender, to)
    require_route(route, scene.sender, to, scene.given.nodes)
    lead = scene.lead
    onward = _leg(
        scene, wanted.new_transfer_id, wanted.to, route, wanted.disclosure, lead.state, came_by=leg.transfer_id
    )
    lead = (
        lead.but(state=LeadState.IN_TRANSFER)
        .with_transfer(leg.but(state=TransferState.FORWARDED))
        .with_transfer(onward)
    )
    return Decision(
        leads=(lead,),
        claims=(Claim(wanted.new_transfer_id, "transfer", lead.lead_id),),
        starts=(scene.start("D04", wanted.to, wanted.new_transfer_id),),
        stops=scene.running(leg.transfer_id) | scene.running(lead.lead_id, *HANDING_ON),
    )


@act(
    "transfer.withdraw",
    "/v1/transfers/{transfer_id}/withdrawals",
    Withdraw,
    title=("Withdraw an offer", "撤回移送"),
    who=("the sender of the transfer, before the receipt", "移送单位（签收之前）"),
    recipients=("the receiver of the transfer", "接收移送的单位"),
    allowed=of_transfer(TransferState.OFFERED),
    starts=(*TAKING_UP, *HANDING_ON, ASKING, DECIDING),
    ends=("D04",),
    becomes=(
        LeadState.REGISTERED,
        LeadState.SCREENED,
        LeadState.RETURNED,
        LeadState.RECEIVED,
        LeadState.ACCEPTED,
        LeadState.VERIFYING,
        LeadState.CONCLUDED,
    ),
    follows=(
        (
            "The lead stands as it stood before the offer, and what the offer had ended runs again, with no more "
            "time than there was. The receiver keeps what was addressed to it and learns nothing further."
        ),
        (
            "线索恢复移送前的状态，因移送而终止的期限恢复计算，且不因此延长。原接收单位保留已向其发送的文书，此后"
            "不再获知其他情况。"
        ),
    ),
    example={"transfer_id": "019ccd10-0000-7000-8000-000000000003", "reason": "移送对象填写有误"},
)
def withdraw(scene: Scene[Withdraw]) -> Decision:
    """Take an offer back before it was signed for; the lead stands as it stood before the offer."""
    leg = scene.transfer(scene.content.transfer_id)
    scene.require_role(scene.act.sender == leg.sender, "sender of the transfer", "移送单位")
    scene.require_recipients(leg.recipient)
    scene.require_leg(leg)
    lead = scene.lead.but(state=leg.resumes).with_transfer(leg.but(state=TransferState.WITHDRAWN))
    return Decision(
        leads=(reopened(lead, leg),),
        starts=(*divert_again(scene, leg), *taken_back(scene, leg)),
        stops=scene.running(leg.transfer_id),
    )


def reopened(lead: Lead, leg: Transfer) -> Lead:
    """Return the lead with the leg that `leg` carried on open again, so that it can be accepted or returned."""
    before = lead.transfer(leg.came_by) if leg.came_by else None
    return lead.with_transfer(before.but(state=TransferState.RECEIPTED)) if before else lead


def divert_again(scene: Scene[Any], leg: Transfer) -> tuple[Deadline, ...]:
    """Return the deadlines of whoever has the leg that `leg` carried on: it is again theirs to take up or pass on."""
    before = scene.lead.transfer(leg.came_by) if leg.came_by else None
    return to_take_up(scene, before) if before else ()


def to_take_up(scene: Scene[Any], leg: Transfer) -> tuple[Deadline, ...]:
    """Return the deadlines of a receiver that has a leg before it: to take it up or pass it on, to object, to file."""
    petition = scene.given.nodes[leg.sender].kind is Kind.PETITION
    rules = ("D05", "D07-petition" if petition else "D07", *((FILING,) if leg.route == "crime_case" else ()))
    return tuple(scene.start(rule, leg.recipient, leg.transfer_id) for rule in rules)


def _leg(
    scene: Scene[Offer] | Scene[Forward],
    transfer_id: str,
    to: str,
    route: str,
    disclosure: str,
    resumes: LeadState,
    came_by: str | None = None,
) -> Transfer:
    return Transfer(
        transfer_id=transfer_id,
        sender=scene.act.sender,
        recipient=to,
        state=TransferState.OFFERED,
        route=route,
        disclosure=disclosure,
        offered_at=scene.now,
        resumes=resumes,
        came_by=came_by,
    )


def _left_behind(scene: Scene[Any]) -> frozenset[str]:
    """Return the ids of the deadlines that end when the holder hands the lead on: on filing, and to ask again."""
    legs = [leg.transfer_id for leg in scene.lead.transfers if scene.act.sender in (leg.sender, leg.recipient)]
    return frozenset().union(*(scene.running(leg, FILING, *LADDER) for leg in legs))


def _require_enclosures(scene: Scene[Offer]) -> None:
    enclosures = scene.content.enclosures
    if scene.content.route != "crime_case":
        return
    if enclosures is None:
        raise CRIME_CASE.violated("The enclosures are not listed.", "未列明所附材料。")
    attached = {one.sha256 for one in scene.act.document.attachments}
    for name, one in enclosures:
        if (one.sha256 is None) == (one.not_applicable is None):
            raise InvalidDocument(
                f"enclosures.{name} needs either an attachment or a reason.",
                f"材料 {name} 应当附件或说明不适用的理由。",
            )
        if one.sha256 is not None and one.sha256 not in attached:
            raise InvalidDocument(
                f"enclosures.{name} names no attachment of this act.", f"材料 {name} 不在本文书附件之列。"
            )
