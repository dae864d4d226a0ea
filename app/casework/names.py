"""审批人: who approved a step, in which office, at which level, and when; and how names of persons are compared."""

import unicodedata

from app.casework.kinds import Level
from app.casework.values import Content, Instant, Label
from app.errors import InvalidDocument

# The Hangul fillers: letters to Unicode, blank to the eye.
FILLERS = "\u115f\u1160"


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

    Letters and digits alone count: what nobody sees must not make two persons of one.
    """
    seen = unicodedata.normalize("NFKC", name).casefold()
    return "".join(one for one in seen if one.isalnum() and one not in FILLERS)


def require_legible(*written: str) -> None:
    """Refuse a name or purpose of blanks and invisible signs: it names nobody."""
    if not all(comparable_name(one) for one in written):
        raise InvalidDocument(
            "A name or purpose has no letter or digit: nobody can read it.",
            "姓名或者用途中没有可以辨认的文字。",
        )
