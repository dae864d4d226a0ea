"""lead.archive 归档, lead.reopen 重启: the volume of a cleared lead, and new facts that bring a lead back."""

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from app.casework.acts.catalogue import act
from app.casework.allowed import in_states
from app.casework.case import Feedback, LeadState, Transfer, TransferState
from app.casework.decision import Decision
from app.casework.open_matters import NOTHING_OPEN, require_nothing_open
from app.casework.records.notes import Clarifications
from app.casework.records.outcomes import with_fall
from app.casework.records.recheck import Rechecks
from app.casework.records.retention import Retention
from app.casework.records.verification import Verification
from app.casework.records.volume import Volume
from app.casework.rules import Rule
from app.casework.scene import Scene
from app.casework.values import Content, Count, Label, Sha256, Text, misfit
from app.errors import Source

VOLUME_KNOWN = Rule(
    "R-VOLUME-KNOWN",
    Source.default("one case, one volume: what is bound can be checked against the record"),
    "Each item of a volume bears the SHA-256 of an act, an act's signature or an enclosed file on this lead.",
    "卷内各件的 sha256 应当是该线索文书、文书签名或者附件的摘要。",
)


class Item(Content):
    """One item of the volume. `document_no` is empty or null for what bears none."""

    no: Count | Label
    title: Label
    document_no: Annotated[str, StringConstraints(max_length=200)] | None
    pages: Annotated[Count, Field(ge=0)]
    sha256: Sha256


class Archive(Content):
    """归档目录: the volume, what is in it, and how long it is kept."""

    volume_no: Label
    items: Annotated[tuple[Item, ...], Field(min_length=1, max_length=5000)]
    retention: Retention

    @model_validator(mode="after")
    def _numbers_differ(self) -> "Archive":
        if len({str(item.no) for item in self.items}) != len(self.items):
            raise misfit("no_repeated", "Each `no` stands once", "每个 no 只能出现一次")
        return self


class Reopen(Content):
    """重启: the new facts."""

    new_facts: Text


@act(
    "lead.archive",
    "/v1/leads/{lead_id}/archives",
    Archive,
    title=("Archive a lead", "归档"),
    who=("the holder", "线索承办单位"),
    rules=(NOTHING_OPEN, VOLUME_KNOWN),
    allowed=in_states(LeadState.CLEARED),
    ends=("D18",),
    becomes=(LeadState.ARCHIVED,),
    follows=(
        (
            "The lead takes corrections only, and what is still to be answered, until new facts reopen it. The "
            "retention that the volume states runs from this day."
        ),
        "此后除更正和尚待答复的事项外不再办理，有新事实的可以重启。卷宗所载保管期限自本日起计算。",
    ),
    example={
        "volume_no": "2026-XS-0001",
        "items": [
            {
                "no": 1,
                "title": "线索登记表",
                "document_no": "甲政移〔2026〕1号",
                "pages": 3,
                "sha256": "0" * 64,
            }
        ],
        "retention": "长期",
    },
)
def archive(scene: Scene[Archive]) -> Decision:
    """Bind the volume of a cleared lead. After that the lead takes corrections only, until new facts reopen it."""
    scene.require_holder()
    scene.require_no_recipients()
    scene.require_prev()
    scene.require_state()
    # Nobody could answer a protection request any more.
    require_nothing_open(scene, scene.lead)
    known = _on_record(scene)
    unknown = [item for item in scene.content.items if item.sha256 not in known]
    if unknown:
        names = ", ".join(str(item.no) for item in unknown[:20])
        raise VOLUME_KNOWN.violated(f"Unknown: item {names}.", f"无法核对：第 {names} 件。")
    volume = Volume(bound_at=scene.now, retention=scene.content.retention)
    lead = scene.lead.but(state=LeadState.ARCHIVED).with_chapter(volume)
    return Decision(leads=(lead,), stops=scene.running(lead.lead_id, "D18"))


@act(
    "lead.reopen",
    "/v1/leads/{lead_id}/reopenings",
    Reopen,
    title=("Reopen a lead", "重启线索"),
    who=("the holder", "线索承办单位"),
    allowed=in_states(LeadState.CLEARED, LeadState.ARCHIVED),
    ends=("D18",),
    becomes=(LeadState.ACCEPTED,),
    follows=(
        (
            "The record stays; verification, conclusions, rechecks, clarifications and the volume no longer "
            "count. Closed transfers are `accepted` again, and the lead is no longer sealed."
        ),
        "原有记录保留；此前的核查、结论、复查、澄清和卷宗不再有效。已关闭的移送恢复为 accepted，封存解除。",
    ),
    example={"new_facts": "又有两名司机反映被堵截，并提供了录像。"},
)
def reopen(scene: Scene[Reopen]) -> Decision:
    """Take a cleared or archived lead up again on new facts. The record stays; what was concluded no longer stands."""
    scene.require_holder()
    scene.require_no_recipients()
    scene.require_prev()
    scene.require_state()
    lead = scene.lead.but(
        state=LeadState.ACCEPTED,
        sealed=False,
        outcome=None,
        transfers=tuple(_opened(leg) for leg in scene.lead.transfers),
        feedback=tuple(_superseded(one) for one in scene.lead.feedback),
    )
    for ended in (Verification(), Rechecks(), Clarifications(), Volume()):
        lead = lead.with_chapter(ended) if ended.key in lead.chapters else lead
    lead = with_fall(lead)
    return Decision(leads=(lead,), stops=scene.running(lead.lead_id, "D18"))


def _on_record(scene: Scene[Archive]) -> frozenset[str]:
    """Return the digests that the holder can check: of acts on the lead or where it came from, and of their files."""
    lineage = scene.case.lineage(scene.act.lead_id)
    seen = (ref for ref in scene.case.acts if ref.lead_id in lineage and scene.act.sender in ref.readers)
    files = (one.sha256 for one in scene.act.document.attachments)
    return frozenset((*(digest for ref in seen for digest in (ref.jws_sha256, *ref.contents)), *files))


def _opened(leg: Transfer) -> Transfer:
    return leg.but(state=TransferState.ACCEPTED) if leg.state is TransferState.CLOSED else leg


def _superseded(message: Feedback) -> Feedback:
    return message.but(response="reopened") if message.kind == "conclusion" else message
