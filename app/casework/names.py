"""审批人: who approved a step, in which office, at which level, and when; and how names of persons are compared."""

from typing import Annotated
from unicodedata import ucd_3_2_0 as unicode_3_2

from pydantic import AfterValidator

from app.casework.folding import folded, is_known
from app.casework.kinds import Level
from app.casework.values import Content, Instant, Label, misfit
from app.errors import InvalidDocument


def comparable_name(name: str) -> str:
    """Return a name or title as it is compared: however it was spaced or typed, it is the same.

    Blanks, punctuation and what nobody sees are left out; width, compatibility forms and case are folded. A character
    that the tables do not know equals itself alone.
    """
    cased = "".join(character.casefold() if is_known(character) else character for character in folded(name))
    return "".join(character for character in folded(cased) if not _separates(character))


def _separates(character: str) -> bool:
    return unicode_3_2.category(character) in ("Cc", "Cf") or unicode_3_2.category(character)[0] in "ZP"


def _is_written(character: str) -> bool:
    return unicode_3_2.category(character)[0] in "LN" or not is_known(character)


def is_legible(written: str) -> bool:
    """Return whether a name or purpose has a letter or digit: blanks and invisible signs name nobody."""
    return any(map(_is_written, comparable_name(written)))


def _legible(name: str) -> str:
    if not is_legible(name):
        raise misfit(
            "name_illegible",
            "A name of a person has a letter or a digit: nobody can read this one",
            "姓名应当至少含有一个可以辨认的文字或者数字",
        )
    return name


PersonName = Annotated[Label, AfterValidator(_legible)]


def require_legible(*written: str) -> None:
    """Refuse a reason or purpose of blanks and invisible signs."""
    if not all(map(is_legible, written)):
        raise InvalidDocument(
            "A reason or purpose has no letter or digit: nobody can read it.",
            "理由或者用途中没有可以辨认的文字。",
        )


class Approver(Content):
    """The person who answers for a step that needs approval; `level` is that of the approver's own agency."""

    name: PersonName
    title: Label
    level: Level
    approved_at: Instant


class Named(Content):
    """A person by name and office."""

    name: PersonName
    title: Label
