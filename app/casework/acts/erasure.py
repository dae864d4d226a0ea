"""lead.erase 销毁: the content of a lead is destroyed after its retention; that it was there stays proven."""

from app.casework.acts.catalogue import act, never
from app.casework.allowed import in_states
from app.casework.case import Case, Lead, LeadState
from app.casework.decision import Decision
from app.casework.limits import LIMITS
from app.casework.names import Approver, require_legible
from app.casework.open_matters import NOTHING_OPEN, require_nothing_open
from app.casework.records.erasure import ERASE, all_erased, erased_for, goes_with
from app.casework.records.volume import RETENTION, kept_until
from app.casework.rules import Rule
from app.casework.scene import Scene
from app.casework.values import Content, Label, Text
from app.errors import Source, WrongState

NOTHING_KEPT = Rule(
    "R-NOTHING-KEPT",
    Source.default("an erasure encloses none of what it erases"),
    "What is enclosed with an erasure stays; no file of the lead itself may be.",
    "随销毁文书附送的文件予以保留，不得是该线索自身的文件。",
)


class Erase(Content):
    """销毁: by which rule of the archive schedule (in the agency's words), who approved it, and why."""

    rule: Label
    approver: Approver
    reason: Text


@act(
    ERASE,
    "/v1/leads/{lead_id}/erasures",
    Erase,
    title=("Erase the content of a lead", "销毁"),
    who=("the holder, after retention", "线索承办单位，保管期满后"),
    rules=(NOTHING_OPEN, RETENTION, NOTHING_KEPT),
    passed_on=never,
    allowed=in_states(LeadState.ARCHIVED, LeadState.MERGED),
    ends=tuple(LIMITS),
    follows=(
        (
            "The content can never be read again; this act stays readable to the parties, and every act keeps "
            "its place in the log. Of a lead that was split, each holder erases its own part, and the data key "
            "goes with the last."
        ),
        (
            "内容自此永久不可读取；本文书相关单位仍可查阅，各文书在日志中的位置保持不变。拆分的线索由各承办单位分"
            "别销毁，数据密钥随最后一部分销毁。"
        ),
    ),
    example={
        "rule": "本单位档案保管期限表：查否线索 2 年",
        "approver": {
            "name": "周某某",
            "title": "局长",
            "level": "county",
            "approved_at": "2028-07-03T10:00:00+08:00",
        },
        "reason": "保管期限已满，经鉴定无继续保存价值。",
    },
)
def erase(scene: Scene[Erase]) -> Decision:
    """Destroy the content of an archived or merged lead; every act on it keeps its place in the log.

    What was split off goes part by part, each by its own holder; the data key of the whole goes with the last.
    """
    scene.require_holder()
    scene.require_no_recipients()
    wanted = scene.content
    require_legible(wanted.rule, wanted.reason)
    scene.require_prev()
    scene.require_state()
    case, lead = scene.case, scene.lead
    if goes_with(case, lead) is not None:
        raise WrongState("The lead goes with the one that it was merged into.", "该线索已并案，随并入的线索一并销毁。")
    # Also on what it was split from: whoever waits there for an answer would wait for ever.
    for one in case.lineage(lead.lead_id):
        require_nothing_open(scene, case.leads[one])
    _require_retention_over(scene, lead)
    # One register may list several parts: what another erasure encloses is no file of the lead.
    read = (ref for ref in case.acts if scene.act.sender in ref.readers and ref.act != ERASE)
    if {digest for ref in read for digest in ref.contents} & set(scene.act.document.files):
        raise NOTHING_KEPT.violated()
    erased = lead.but(erased_by=scene.act.act_id)
    others = tuple(one for one in case.leads.values() if one is not lead)
    after = case.but(leads={**case.leads, lead.lead_id: erased})
    return Decision(
        # The others too: what a part's end makes of the lead that it was split from is shown in every list.
        leads=(erased, *others),
        stops=_ended(after),
        also_read=frozenset(node for node in lead.parties if lead.has_part(node)),
    )


def _ended(after: Case) -> frozenset[str]:
    """Return the ids of the deadlines of agencies that can do nothing about the lead any more, as each knows it."""
    whole = all_erased(after)
    return frozenset(
        deadline.deadline_id
        for lead_id in after.leads
        for deadline in after.open_deadlines(lead_id)
        if whole or erased_for(after, deadline.node, lead_id) is not None
    )


def _require_retention_over(scene: Scene[Erase], lead: Lead) -> None:
    """Raise `RuleViolated` (R-RETENTION) while the volume is kept, or the lead that this one was merged into is."""
    if lead.state is LeadState.MERGED:
        if not scene.given.merged_erased:
            raise RETENTION.violated("The lead that it was merged into is not erased.", "并入的线索尚未销毁。")
        return
    until = kept_until(lead, scene.given.zone)
    if until is None:
        raise RETENTION.violated(
            "Its volume states no number of years: it is kept for good.", "卷宗保管期限未载明年数，应当长期保存。"
        )
    if scene.now.astimezone(scene.given.zone).date() < until:
        raise RETENTION.violated(f"It is kept until {until}.", f"保管至 {until}。")
