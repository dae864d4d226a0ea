"""case.link 案件关联, supplementary.* 退回补充侦查: what becomes of a lead before procuratorate and court.

References only: the case itself lies with the organ that handles it.
"""

from typing import Annotated

from pydantic import Field

from app.casework.acts.catalogue import act
from app.casework.allowed import NOT_ARCHIVED, in_states
from app.casework.case import Case, Lead, LeadState
from app.casework.decision import Decision
from app.casework.kinds import Kind
from app.casework.open_matters import OpenMatter, stands_open
from app.casework.records.prosecution import FILING, LADDER, CaseRef, Prosecution, Round, ladder_over
from app.casework.rules import Rule
from app.casework.scene import Scene
from app.casework.values import Content, Count, Instant, Label, Text
from app.errors import Source, WrongState

LINKS = frozenset({Kind.POLICE, Kind.PROCURATORATE, Kind.COURT})
# A file goes to the procuratorate after the lead was taken up, and before it is cleared.
UNDER_WAY = (
    LeadState.ACCEPTED,
    LeadState.VERIFYING,
    LeadState.SIGNING,
    LeadState.CONCLUDED,
    LeadState.REPLIED,
    LeadState.CONFIRMED,
    LeadState.CONTESTED,
    LeadState.RECHECK,
)
MOST_ROUNDS = 2
SUPPLEMENTARY_TWICE = Rule(
    "R-SUPPLEMENTARY-TWICE",
    Source.law("刑事诉讼法 第一百七十五条；人民检察院刑事诉讼规则 第三百四十六条"),
    "A case is returned for supplementary investigation at most twice.",
    "退回补充侦查以二次为限。",
)


class Link(Content):
    """案件编号、阶段: a reference. The same case may be linked again when it reaches another stage."""

    case_no: Label
    stage: Label
    filed_at: Instant


class Item(Content):
    """One item of the outline 补充侦查提纲: what, why, in which direction, which evidence, and what it is to prove."""

    item: Text
    reason: Text
    direction: Text
    evidence: Text
    purpose: Text


class Return(Content):
    """补充侦查提纲 of one round (人民检察院刑事诉讼规则 第二百五十七条、第三百四十二条)."""

    round: Annotated[Count, Field(ge=1)]
    items: Annotated[tuple[Item, ...], Field(min_length=1, max_length=200)]


class Result(Content):
    """What one item of the outline came to."""

    item: Text
    result: Text


class Complete(Content):
    """补充侦查报告 of one round."""

    round: Annotated[Count, Field(ge=1)]
    items: Annotated[tuple[Result, ...], Field(min_length=1, max_length=200)]


@act(
    "case.link",
    "/v1/leads/{lead_id}/cases",
    Link,
    title=("Link a case", "案件关联"),
    who=("police, procuratorate or court, as a party", "参与办理的公安、检察、审判机关"),
    kinds=LINKS,
    ends=(FILING, *LADDER),
    follows=(
        (
            "The case number is on record. Where police link a case they have filed it: D09 ends, and D22 with "
            "it. Coercive measures may be recorded by the agency that linked its own filed case."
        ),
        (
            "案件编号记录在案。公安机关关联案件即表明已经立案，D09 及 D22 终止。关联本单位所立案件后，方可记录强"
            "制性措施。"
        ),
    ),
    example={"case_no": "测公立〔2026〕31号", "stage": "立案", "filed_at": "2026-03-17T09:00:00+08:00"},
)
def link(scene: Scene[Link]) -> Decision:
    """Say which case came of the lead. Where police say so they have filed: D09 ends, and the ladder D22 with it."""
    scene.require_no_recipients()
    scene.require_prev()
    case = CaseRef(**scene.content.model_dump(), organ=scene.act.sender)
    chapter = scene.lead.chapter(Prosecution)
    lead = scene.lead.with_chapter(chapter.but(cases=(*chapter.cases, case)))
    return Decision(leads=(lead,), stops=ladder_over(scene))


@act(
    "supplementary.return",
    "/v1/leads/{lead_id}/supplementary-investigations",
    Return,
    title=("Return for supplementary investigation", "退回补充侦查"),
    who=("the procuratorate", "人民检察院"),
    kinds=frozenset({Kind.PROCURATORATE}),
    rules=(SUPPLEMENTARY_TWICE,),
    recipients=("the holder", "线索承办单位"),
    allowed=in_states(*UNDER_WAY),
    starts=("D21",),
    follows=(
        (
            "A round is open until the holder answers every item. Only the two sides hear of its deadline. There "
            "are two rounds at most, one after the other."
        ),
        "本轮补充侦查自此开始，至承办单位逐项答复为止。期限仅双方知悉。以两轮为限，依次进行。",
    ),
    example={
        "round": 1,
        "items": [
            {
                "item": "堵截车辆的次数",
                "reason": "现有证言互相矛盾",
                "direction": "核对道路监控与过磅记录",
                "evidence": "监控录像、过磅单",
                "purpose": "证明强迫交易的次数与持续时间",
            }
        ],
    },
)
def return_(scene: Scene[Return]) -> Decision:
    """Ask the holder to investigate further: one month for each round, two rounds at most."""
    scene.require_role(scene.act.sender != scene.lead.holder, "procuratorate, not as holder", "非承办的检察机关")
    scene.require_recipients(scene.lead.holder)
    scene.require_state()
    chapter = scene.lead.chapter(Prosecution)
    if chapter.open_round is not None:
        raise WrongState("A round of supplementary investigation is open.", "上一轮补充侦查尚未完成。")
    if len(chapter.rounds) >= MOST_ROUNDS or scene.content.round > MOST_ROUNDS:
        raise SUPPLEMENTARY_TWICE.violated()
    if scene.content.round != len(chapter.rounds) + 1:
        raise _wrong_round(len(chapter.rounds) + 1)
    began = Round(act_id=scene.act.act_id, organ=scene.act.sender)
    lead = scene.lead.with_chapter(chapter.but(rounds=(*chapter.rounds, began)))
    # Only the two sides hear of its deadline: the round is known by the act that opened it.
    lead = lead.introduce(began.act_id, scene.act.sender, lead.holder)
    return Decision(leads=(lead,), starts=(scene.start("D21", lead.holder, began.act_id),))


@act(
    "supplementary.complete",
    "/v1/leads/{lead_id}/supplementary-investigations/completions",
    Complete,
    title=("Complete a supplementary investigation", "补充侦查完毕"),
    who=("the holder", "线索承办单位"),
    recipients=("the procuratorate of the round", "本轮退回补充侦查的检察机关"),
    allowed=NOT_ARCHIVED,
    ends=("D21",),
    follows=("The round is complete; another one may follow.", "本轮补充侦查完毕，可以另行开始下一轮。"),
    example={"round": 1, "items": [{"item": "堵截车辆的次数", "result": "经核对监控，共七次"}]},
)
def complete(scene: Scene[Complete]) -> Decision:
    """Answer every item of the outline to the procuratorate that returned the case."""
    scene.require_holder()
    chapter = scene.lead.chapter(Prosecution)
    waiting = chapter.open_round
    if waiting is None:
        scene.require_prev()
        raise WrongState("No round of supplementary investigation is open.", "目前没有未完成的补充侦查。")
    scene.require_recipients(waiting.organ)
    if scene.content.round != len(chapter.rounds):
        raise _wrong_round(len(chapter.rounds))
    done = waiting.but(completed_at=scene.now)
    lead = scene.lead.with_chapter(chapter.but(rounds=(*chapter.rounds[:-1], done)))
    return Decision(leads=(lead,), stops=scene.running(waiting.act_id, "D21"))


def _wrong_round(expected: int) -> WrongState:
    return WrongState(f"It is the turn of round {expected}.", f"当前应为第{expected}轮。")


@stands_open
def open_rounds(_: Case, lead: Lead) -> list[OpenMatter]:
    """A lead is not cleared while a round of supplementary investigation runs."""
    waiting = lead.chapter(Prosecution).open_round
    if waiting is None:
        return []
    return [
        OpenMatter(
            "supplementary",
            waiting.act_id,
            "A supplementary investigation is not complete.",
            "退回补充侦查尚未完成。",
        )
    ]
