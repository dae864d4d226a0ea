"""What must be settled before a lead is cleared. Each family of acts says what of its own still stands open."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from app.casework.case import Case, Lead
from app.casework.rules import Rule
from app.casework.scene import Scene
from app.errors import RuleViolated, Source

NOTHING_OPEN = Rule(
    "R-STANDS-OPEN",
    Source.default("clearing: no open consultation, supplementary round, letter, recheck or protection request"),
    "Something on this lead still stands open; `errors` names each matter.",
    "该线索尚有未办结事项，详见 errors。",
)


@dataclass(frozen=True, slots=True)
class OpenMatter:
    """Something on a lead that waits for somebody: what it is, its id, and how to say so in both languages."""

    kind: str
    subject: str
    text: str
    text_zh: str


StandsOpen = Callable[[Case, Lead], Iterable[OpenMatter]]
STANDS_OPEN: list[StandsOpen] = []


def stands_open(found: StandsOpen) -> StandsOpen:
    """Enter a family's own list of open matters."""
    STANDS_OPEN.append(found)
    return found


def open_matters(scene: Scene[Any]) -> list[OpenMatter]:
    """Return everything that still stands open on the act's lead, by all families of acts."""
    return [matter for found in STANDS_OPEN for matter in found(scene.case, scene.lead)]


def require_nothing_open(scene: Scene[Any]) -> None:
    """Raise `RuleViolated` (R-STANDS-OPEN), with one row in `errors` for each open matter, unless there is none."""
    matters = open_matters(scene)
    if matters:
        raise RuleViolated(
            NOTHING_OPEN.text,
            NOTHING_OPEN.text_zh,
            rule=NOTHING_OPEN.rule,
            source=NOTHING_OPEN.source,
            errors=tuple(
                {"code": one.kind, "subject": one.subject, "detail": one.text, "detail_zh": one.text_zh}
                for one in matters
            ),
        )
