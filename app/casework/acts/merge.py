"""lead.merge 并案: a duplicate is linked to the lead that goes on. Nothing is deleted."""

from app.casework.acts.catalogue import act
from app.casework.allowed import in_states
from app.casework.case import ENDED, LeadState, Transfer, TransferState
from app.casework.decision import Decision
from app.casework.parts import ON_THE_LEAD, STANDING, ended_deadlines
from app.casework.scene import Scene
from app.casework.values import Content, Id, Text
from app.errors import InvalidDocument, NotFound, WrongState

# Any state in which the holder has the lead and has not concluded it.
MERGEABLE = (
    LeadState.REGISTERED,
    LeadState.SCREENED,
    LeadState.RECEIVED,
    LeadState.SUPPLEMENT_WANTED,
    LeadState.RETURNED,
    LeadState.ACCEPTED,
    LeadState.VERIFYING,
    LeadState.SIGNING,
)


class Merge(Content):
    """并案: into which lead, and why they are one and the same."""

    into: Id
    reason: Text


@act(
    "lead.merge",
    "/v1/leads/{lead_id}/merges",
    Merge,
    title=("Merge a duplicate into another lead", "并案"),
    who=("the holder, into a lead that it may know of", "线索承办单位，并入其可以知悉的线索"),
    other_leads=lambda content: (content.into,),
    allowed=in_states(*MERGEABLE),
    ends=ON_THE_LEAD,
    becomes=(LeadState.MERGED,),
    follows=(
        (
            "The lead lives on in the other one, and its transfers are closed. Nothing is deleted: whoever could "
            "read it still can. The other lead does not change."
        ),
        ("该线索并入另一线索继续办理，其移送随之关闭。不删除任何内容，原可查阅的单位仍可查阅；另一线索不因此变化。"),
    ),
    example={"into": "019ccd10-0000-7000-8000-000000000001", "reason": "与前一线索反映的是同一事件"},
)
def merge(scene: Scene[Merge]) -> Decision:
    """End the lead as a duplicate of another. Only the lead merged away changes; its deadlines stop."""
    into = scene.content.into
    if into != scene.lead.lead_id and into not in scene.given.known_leads:
        raise NotFound
    scene.require_holder()
    scene.require_no_recipients()
    if into == scene.lead.lead_id:
        raise InvalidDocument("A lead is not merged into itself.", "线索不能并入自身。")
    scene.require_prev()
    scene.require_state()
    # Two leads merged into each other would both be gone.
    if scene.given.known_leads[into] in ENDED:
        raise WrongState(
            "The other lead was itself split, merged or archived.", "另一线索已拆分、并案或者归档，不能并入。"
        )
    lead = scene.lead.but(
        state=LeadState.MERGED,
        merged_into=into,
        transfers=tuple(_closed(leg) for leg in scene.lead.transfers),
    )
    return Decision(leads=(lead,), stops=ended_deadlines(scene.case, scene.lead))


def _closed(leg: Transfer) -> Transfer:
    over = leg.state in (*STANDING, TransferState.SUPPLEMENT_WANTED)
    return leg.but(state=TransferState.CLOSED) if over else leg
