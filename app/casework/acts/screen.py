"""lead.screen 甄别: the holder gives the lead a category and says which agency is competent. An opinion, no finding."""

from typing import Annotated

from pydantic import Field

from app.casework.acts.catalogue import act
from app.casework.acts.register import Category
from app.casework.allowed import in_states
from app.casework.case import LeadState
from app.casework.decision import Decision
from app.casework.diverting import PASSING_ON, found_elsewhere
from app.casework.kinds import Kind
from app.casework.routing import list_lead
from app.casework.rules import SELF_INTEREST
from app.casework.scene import Scene
from app.casework.values import Content, NodeId, Text

SCREENS = frozenset({Kind.POLICE, Kind.SUPERVISION, Kind.PETITION, Kind.REGULATOR, Kind.TOWNSHIP, Kind.COORDINATION})


class Screen(Content):
    """甄别意见: a category, the reason for it, and the article that makes an agency competent."""

    category: Category
    opinion: Text
    competent_node: NodeId | None = None
    concerns_nodes: Annotated[tuple[NodeId, ...], Field(max_length=100)] = ()
    basis: Text


EXAMPLE = {
    "category": "disorder",
    "opinion": "反映内容具体，有时间、地点和事件，疑似行业乱象，建议移送公安机关核查。",
    "competent_node": "police-990121",
    "concerns_nodes": [],
    "basis": "反有组织犯罪法第二十五条",
}


@act(
    "lead.screen",
    "/v1/leads/{lead_id}/screenings",
    Screen,
    title=("Screen a lead", "线索甄别"),
    who=("the holder", "线索承办单位"),
    kinds=SCREENS,
    rules=(SELF_INTEREST,),
    allowed=in_states(
        LeadState.REGISTERED,
        LeadState.SCREENED,
        LeadState.RETURNED,
        LeadState.RECEIVED,
        LeadState.ACCEPTED,
    ),
    starts=PASSING_ON,
    ends=PASSING_ON,
    becomes=(LeadState.SCREENED,),
    notices=("notice.listed",),
    follows=(
        (
            "The newest category counts; earlier opinions stay on record. The coordination office of the area is "
            "told once that there is such a lead: number, category, holder and state, no content; not of a lead "
            "that supervision registered. A node in `concerns_nodes` may read nothing of the lead from then on. "
            "Who names another agency as competent has a limit to hand the lead on (D02, D03 or D08); a later "
            "finding ends it."
        ),
        (
            "类别以最近一次甄别为准，此前的意见仍留存在案。属地协调机构获知一次有该线索（仅编号、类别、承办单位和"
            "状态，不含内容）；纪检监察机关登记的线索除外。列入 concerns_nodes 的单位自此不得查阅该线索的任何内容。"
            "认定其他单位有管辖权的，移送期限（D02、D03 或者 D08）开始计算；此后另有认定的，该期限终止。"
        ),
    ),
    example=EXAMPLE,
)
def screen(scene: Scene[Screen]) -> Decision:
    """Screen the lead. Later screenings may change the category; the earlier opinion stays on record.

    Whoever finds that another agency is competent has a limit to hand the lead on; a later finding may end it.
    """
    scene.require_holder()
    scene.require_no_recipients()
    scene.require_prev()
    scene.require_state()
    lead = scene.lead
    concerned = tuple(dict.fromkeys((*lead.concerned, *scene.content.concerns_nodes)))
    if scene.act.sender in concerned:
        raise SELF_INTEREST.violated()
    lead = lead.but(
        category=scene.content.category,
        concerned=concerned,
        state=LeadState.SCREENED if lead.state is LeadState.REGISTERED else lead.state,
    )
    lead, notices = list_lead(lead, scene.given)
    barred = frozenset(scene.content.concerns_nodes) & scene.lead.parties
    starts, ended = found_elsewhere(scene, lead, scene.content.competent_node)
    return Decision(leads=(lead,), starts=starts, stops=ended, notices=notices, barred=barred)
