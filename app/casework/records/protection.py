"""保护申请: who asked on a lead that somebody be protected, who was asked, and what is not answered yet."""

from collections.abc import Iterable
from typing import ClassVar

from app.casework.case import Case, Chapter, Frozen, Lead
from app.casework.open_matters import OpenMatter, stands_open


class Protection(Frozen):
    """One request: who made it, by which act, and who was asked. The threat itself stands in the act alone."""

    protection_id: str
    act_id: str
    requester: str
    asked: str
    answered: bool = False


class Protections(Chapter):
    """保护申请: all requests on a lead, in order."""

    key: ClassVar[str] = "protections"
    requests: tuple[Protection, ...] = ()


def is_unanswered(lead: Lead, act_id: str) -> bool:
    """Return whether a request waits for its answer: whoever holds the lead next may give it."""
    return any(request.act_id == act_id and not request.answered for request in lead.chapter(Protections).requests)


@stands_open
def unanswered_requests(_: Case, lead: Lead) -> Iterable[OpenMatter]:
    """List the requests for protection that nobody has answered."""
    for request in lead.chapter(Protections).requests:
        if not request.answered:
            yield OpenMatter(
                "protection",
                request.protection_id,
                "A protection request is not answered.",
                "保护申请尚未答复。",
                request.act_id,
            )
