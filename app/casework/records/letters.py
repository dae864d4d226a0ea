"""Letters about a lead, and who may be drawn into it by one: what the case keeps of them, and their open ends."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from app.casework.case import Case, Chapter, Frozen, Lead
from app.casework.kinds import Kind
from app.casework.open_matters import OpenMatter, stands_open
from app.casework.rules import Rule
from app.casework.scene import Scene
from app.errors import Source

SUPERVISION_MATTER = Rule(
    "R-SUPERVISION-MATTER",
    Source.default("a lead that a supervision organ holds: that organ alone draws others into it (监察法 第四条)"),
    "A supervision organ holds this lead: only a supervision organ convenes on it or draws another agency into it.",
    "该线索由纪检监察机关承办，只能由纪检监察机关召集会商或者引入其他单位。",
)


class Letter(Frozen):
    """One letter on a lead and whether it was answered."""

    letter_id: str
    sender: str
    to: str
    sent_at: datetime
    answered: bool = False

    def stands_open(self, lead: Lead) -> bool:
        """Return whether an answer is owed. It is not where one of the two agencies may no longer know of the lead."""
        return not self.answered and not {self.sender, self.to} & set(lead.concerned)


L = TypeVar("L", bound=Letter)


def find_letter(letters: Iterable[L], letter_id: str) -> L | None:
    """Return the letter with an id, or None."""
    return next((letter for letter in letters if letter.letter_id == letter_id), None)


def replaced(letters: Iterable[L], letter: L) -> tuple[L, ...]:
    """Return the letters with `letter` in the place of the one with its id."""
    return tuple(letter if kept.letter_id == letter.letter_id else kept for kept in letters)


class Correspondence(Chapter):
    """函: the letters sent about the lead, supervision letters apart."""

    key: ClassVar[str] = "letters"
    letters: tuple[Letter, ...] = ()


def require_reply_recipient(scene: Scene[Any], letter: Letter) -> None:
    """Demand that a reply goes to the writer of the letter, or to nobody if the lead turned out to concern it."""
    scene.require_recipients(*(node for node in (letter.sender,) if node not in scene.lead.concerned))


def held_by_supervision(scene: Scene[Any]) -> bool:
    return scene.given.nodes[scene.lead.holder].kind is Kind.SUPERVISION


@stands_open
def unanswered_letters(_: Case, lead: Lead) -> Iterable[OpenMatter]:
    """List the letters that wait for their answer."""
    for letter in lead.chapter(Correspondence).letters:
        if letter.stands_open(lead):
            yield OpenMatter("letter", letter.letter_id, "a letter is not answered", "函件尚未答复")
