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
    """Something on a lead that waits for somebody: what it is, its id, and how to say so in both languages.

    It is known to those who were told of its id, and to those who may read the act `act_id` that began it. `left` are
    those of them who have no part in it any more.
    """

    kind: str
    subject: str
    text: str
    text_zh: str
    act_id: str | None = None
    left: tuple[str, ...] = ()


StandsOpen = Callable[[Case, Lead], Iterable[OpenMatter]]
STANDS_OPEN: list[StandsOpen] = []


def stands_open(found: StandsOpen) -> StandsOpen:
    """Enter a family's own list of open matters."""
    STANDS_OPEN.append(found)
    return found


def open_matters(scene: Scene[Any], lead: Lead) -> list[OpenMatter]:
    """Return what stands open on a lead, by all families of acts, and waits for the sender or the holder.

    A matter between others, of which neither of the two may know, is theirs to finish: it stands in nobody's way.
    """
    two = {scene.act.sender, lead.holder}
    matters = [matter for found in STANDS_OPEN for matter in found(scene.case, lead)]
    return [matter for matter in matters if any(_knows(scene, lead, node, matter) for node in two - set(matter.left))]


def require_nothing_open(scene: Scene[Any], lead: Lead) -> None:
    """Raise `RuleViolated` (R-STANDS-OPEN), with one row in `errors` for each open matter, unless there is none."""
    matters = open_matters(scene, lead)
    if matters:
        raise RuleViolated(
            NOTHING_OPEN.text,
            NOTHING_OPEN.text_zh,
            rule=NOTHING_OPEN.rule,
            source=NOTHING_OPEN.source,
            errors=tuple(_row(scene, lead, matter) for matter in matters),
        )


def _knows(scene: Scene[Any], lead: Lead, node: str, matter: OpenMatter) -> bool:
    if matter.subject == lead.lead_id or node in lead.known_to.get(matter.subject, ()):
        return True
    return any(ref.act_id == matter.act_id and node in ref.readers for ref in scene.case.acts)


def _row(scene: Scene[Any], lead: Lead, matter: OpenMatter) -> dict[str, Any]:
    """Return what a refusal says of a matter: to whoever may not know of it that there is one of its kind, no more."""
    said = {"code": matter.kind, "detail": matter.text, "detail_zh": matter.text_zh}
    return {**said, "subject": matter.subject} if _knows(scene, lead, scene.act.sender, matter) else said
