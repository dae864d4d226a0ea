"""check.answer 一案三查: the crime, who shielded it, who failed to supervise. To have found none is a lawful answer."""

from typing import Literal

from pydantic import model_validator

from app.casework.acts.catalogue import act
from app.casework.allowed import WORK_GOES_ON
from app.casework.decision import Decision
from app.casework.records.checks import Check, Checked, Checks
from app.casework.rules import SELF_INTEREST
from app.casework.scene import Scene
from app.casework.values import Content, NodeId, Text, misfit


class CheckAnswer(Content):
    """The answer to one check: to whom what was found was transferred, or that none was found."""

    check: Check
    answer: Literal["transferred", "none_found"]
    transferred_to: NodeId | None = None
    text: Text

    @model_validator(mode="after")
    def _says_to_whom(self) -> "CheckAnswer":
        if (self.answer == "transferred") != (self.transferred_to is not None):
            raise misfit(
                "transferred_to_misplaced",
                "`transferred_to` stands if and only if `answer` is `transferred`",
                "当且仅当 answer 为 transferred 时填写 transferred_to",
            )
        return self


@act(
    "check.answer",
    "/v1/leads/{lead_id}/checks",
    CheckAnswer,
    title=("Answer one of the three checks", "一案三查"),
    who=("the holder", "线索承办单位"),
    rules=(SELF_INTEREST,),
    allowed=WORK_GOES_ON,
    follows=(
        (
            "The answer is on record; a later one takes its place. Organised crime and evil forces are cleared "
            "only with all three answers."
        ),
        "答复记录在案，后一次答复取代前一次。涉黑、涉恶线索三项均答复后方可清零。",
    ),
    example={"check": "official_protection", "answer": "none_found", "text": "经核查，未发现公职人员充当保护伞。"},
)
def answer_check(scene: Scene[CheckAnswer]) -> Decision:
    """Answer one check. Neither answer is better than the other; a later answer takes the place of an earlier one."""
    scene.require_holder()
    said = scene.content
    to = scene.node(said.transferred_to).node_id if said.transferred_to is not None else None
    scene.require_no_recipients()
    scene.require_prev()
    scene.require_state()
    if to is not None:
        scene.require_not_concerned(to)
    answered = Checked(check=said.check, answer=said.answer, act_id=scene.act.act_id, transferred_to=to)
    chapter = scene.lead.chapter(Checks)
    others = tuple(one for one in chapter.answers if one.check != said.check)
    return Decision(leads=(scene.lead.with_chapter(chapter.but(answers=(*others, answered))),))
