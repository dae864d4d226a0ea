"""审批人: who approved a step, in which office, at which level, and when; and how names of persons are compared."""

from unicodedata import ucd_3_2_0 as unicode_3_2

from app.casework.folding import folded, is_known
from app.casework.kinds import Level
from app.casework.values import Content, Instant, Label
from app.errors import InvalidDocument


class Approver(Content):
    """The person who answers for a step that needs approval; `level` is that of the approver's own agency."""

    name: Label
    title: Label
    level: Level
    approved_at: Instant


class Named(Content):
    """A person by name and office."""

    name: Label
    title: Label


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


def require_legible(*written: str) -> None:
    """Refuse a name or purpose of blanks and invisible signs: it names nobody."""
    if not all(any(map(_is_written, comparable_name(name))) for name in written):
        raise InvalidDocument(
            "A name or purpose has no letter or digit: nobody can read it.",
            "姓名或者用途中没有可以辨认的文字。",
        )
