"""identity.open 拆封: a sealed recipient says who may see the reporter's identity, what for, and until when.

The exchange cannot open a sealed part; it serves it to its recipient only while an opening of that recipient runs. An
opening ends by the clock alone, when `expires_at` is past: nothing is owed then, no deadline runs, no notice is said.
"""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from app.casework.acts.catalogue import act
from app.casework.allowed import EVERY_STATE
from app.casework.decision import Claim, Decision
from app.casework.names import Named, PersonName, comparable_name, require_legible
from app.casework.records.identity import Opening, Openings
from app.casework.rules import Rule
from app.casework.scene import Scene
from app.casework.values import Content, Id, Instant, Label, Text, misfit
from app.errors import InvalidDocument, NotFound, Source

LONGEST = timedelta(days=30)
LONGEST_NAME = 200  # bytes of UTF-8: what X-Acting-Person can say

TWO_APPROVERS = Rule(
    "R-TWO-APPROVERS",
    Source.default("a sealed identity is opened by two persons together"),
    "Two different persons approve an opening.",
    "拆封应当由两名不同人员批准。",
)
OPENING_ENDS = Rule(
    "R-OPENING-ENDS",
    Source.default("an opening ends within 30 days; another one may follow"),
    "An opening ends in the future, and within 30 days.",
    "拆封授权的截止时间应当在此刻之后、三十日以内。",
)


def _sayable(name: str) -> str:
    if len(name.encode()) > LONGEST_NAME:
        raise misfit(
            "name_too_long",
            "A reader's name has at most 200 bytes: reads must be able to say it in X-Acting-Person",
            "查阅人姓名不得超过 200 字节：查阅时须能在 X-Acting-Person 中写明",
        )
    return name


class Reader(Content):
    """A person who may see the identity; `name` is what X-Acting-Person says at each fetch."""

    name: Annotated[PersonName, AfterValidator(_sayable)]
    title: Label


class IdentityOpening(Content):
    """拆封审批: which act's sealed part, who approved (two persons), who may read, what for, until when."""

    opening_id: Id
    of_act: Id
    approvers: Annotated[tuple[Named, ...], Field(min_length=2, max_length=2)]
    readers: Annotated[tuple[Reader, ...], Field(min_length=1, max_length=50)]
    purpose: Text
    expires_at: Instant


@act(
    "identity.open",
    "/v1/leads/{lead_id}/identity-openings",
    IdentityOpening,
    title=("Open a sealed identity", "拆封"),
    who=("a recipient that a part of the act was sealed for", "该文书密封件的接收单位"),
    rules=(TWO_APPROVERS, OPENING_ENDS),
    claims=("opening_id",),
    names=("of_act",),
    allowed=EVERY_STATE,
    follows=(
        (
            "The named readers may fetch the sealed part until `expires_at`, each fetch on record. The sender of "
            "the sealed act may read this one in the timeline; it reaches no inbox."
        ),
        (
            "所列人员在 expires_at 之前可以提取密封件，每次提取均有记录。密封件的发文单位可以在时间线中查阅本文书，"
            "但不发送至其收件箱。"
        ),
    ),
    example={
        "opening_id": "019ccd10-0000-7000-8000-000000000012",
        "of_act": "019ccd10-0000-7000-8000-000000000010",
        "approvers": [{"name": "周某某", "title": "局长"}, {"name": "郑某某", "title": "法制大队长"}],
        "readers": [{"name": "孙某某", "title": "民警"}, {"name": "钱某某", "title": "民警"}],
        "purpose": "举报人受到威胁，需采取保护措施",
        "expires_at": "2026-04-20T18:00:00+08:00",
    },
)
def open_identity(scene: Scene[IdentityOpening]) -> Decision:
    """Let named persons see what was sealed for the sender, in every state: who reports may need protection late.

    It stands on the lead of the sealed act itself, also after a split, so that its origin can be told of it without
    learning of a part that it may not know of. The origin reads it in the timeline.
    """
    wanted = scene.content
    found = next((ref for ref in scene.case.acts if ref.act_id == wanted.of_act), None)
    if found is None or scene.act.sender not in found.readers:
        raise NotFound
    scene.require_role(scene.act.sender in found.sealed_for, "recipient of the sealed part", "密封件的接收单位")
    scene.require_no_recipients()
    if found.lead_id != scene.act.lead_id:
        raise InvalidDocument("The act belongs to another lead.", "所列文书属于另一线索。")
    scene.require_prev()
    approvers, readers = [one.name for one in wanted.approvers], [one.name for one in wanted.readers]
    require_legible(wanted.purpose)
    if len({comparable_name(one) for one in approvers}) < len(approvers):
        raise TWO_APPROVERS.violated()
    if not scene.now < wanted.expires_at <= scene.now + LONGEST:
        raise OPENING_ENDS.violated()
    opening = Opening(
        opening_id=wanted.opening_id,
        act_id=scene.act.act_id,
        of_act=wanted.of_act,
        opener=scene.act.sender,
        origin=found.sender,
        readers=tuple(readers),
        purpose=wanted.purpose,
        opened_at=scene.now,
        expires_at=wanted.expires_at,
    )
    lead = scene.lead
    chapter = lead.chapter(Openings)
    return Decision(
        leads=(lead.with_chapter(chapter.but(openings=(*chapter.openings, opening))),),
        claims=(Claim(opening.opening_id, "opening", lead.lead_id),),
        also_read=frozenset({found.sender}) - {scene.act.sender, *lead.concerned},
    )
