"""What one agency could say: the table of such words, and what they are made of."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple
from uuid import uuid4

from app.casework.acts import CATALOGUE
from app.casework.case import Transfer, TransferState
from app.casework.kinds import Kind
from app.casework.routing import oversees
from tests.casework.stage import CAST, Stage


class Said(NamedTuple):
    """One attempt: the sender, the content, the recipients."""

    who: str
    content: dict[str, Any]
    to: tuple[str, ...] = ()


Proposals = Callable[[Stage], Iterable[Said]]
SENSIBLE: dict[str, Proposals] = {}


def sensible(name: str) -> Callable[[Proposals], Proposals]:
    def enter(found: Proposals) -> Proposals:
        SENSIBLE[name] = found
        return found

    return enter


def proposals(name: str, stage: Stage) -> list[Said]:
    """Return what could be said now; for an act that nobody has a reason for, its example in the holder's mouth."""
    found = list(SENSIBLE[name](stage)) if name in SENSIBLE else []
    lead = stage.lead
    return found or [
        Said(who, example(name), to)
        for who in (lead.holder, *sorted(lead.parties - {lead.holder}))
        for to in ((), (lead.holder,))
        if name not in SENSIBLE or (who == lead.holder and not to)
    ]


def example(name: str, **other: Any) -> dict[str, Any]:
    """Return the act's example with agencies of the cast, and new ids where it brings one."""
    claimed = {member: str(uuid4()) for member in CATALOGUE[name].claims}
    known: dict[str, Any] = recast(CATALOGUE[name].example)
    return known | claimed | other


def recast(value: Any) -> Any:
    """Return a value of an example with the agencies of the cast in the place of those that the examples name."""
    if isinstance(value, str):
        return value.replace("office-990121", "office-county").replace("-990121", "-one")
    if isinstance(value, list):
        return [recast(one) for one in value]
    return {member: recast(one) for member, one in value.items()} if isinstance(value, dict) else value


def by_holder(*names: str) -> None:
    """Enter acts that the holder does with the words of the example, and that stay inside."""
    for name in names:
        SENSIBLE[name] = lambda stage, name=name: [Said(stage.lead.holder, example(name))]  # type: ignore[misc]


def parties(stage: Stage, *kinds: Kind) -> list[str]:
    return [node for node in sorted(stage.lead.parties) if not kinds or CAST[node].kind in kinds]


def legs(stage: Stage, *states: TransferState) -> list[Transfer]:
    return [leg for leg in stage.lead.transfers if leg.state in states]


def overseers(stage: Stage) -> list[str]:
    holder, place = CAST[stage.lead.holder], stage.lead.place_code
    return [node for node in parties(stage) if oversees(CAST[node], holder, place, CAST)]
