"""lead.screen 甄别: the holder gives the lead a category and says which agency is competent. An opinion, no finding."""

from typing import Annotated

from pydantic import Field

from app.casework.acts.catalogue import act
from app.casework.acts.register import Category
from app.casework.case import LeadState
from app.casework.decision import Decision
from app.casework.diverting import found_elsewhere
from app.casework.kinds import Kind
from app.casework.listing import list_lead
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
    example=EXAMPLE,
)
def screen(scene: Scene[Screen]) -> Decision:
    """Screen the lead. Later screenings may change the category; the earlier opinion stays on record.

    Whoever finds that another agency is competent has a limit to hand the lead on; a later finding may end it.
    """
    scene.require_holder()
    scene.require_no_recipients()
    scene.require_prev()
    scene.require_state(
        LeadState.REGISTERED,
        LeadState.SCREENED,
        LeadState.RETURNED,
        LeadState.RECEIVED,
        LeadState.ACCEPTED,
    )
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
