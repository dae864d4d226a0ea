"""督办: the supervision letters on a lead, and which coordination offices therefore read reports and conclusions."""

from collections.abc import Iterable
from typing import ClassVar

from app.casework.case import ActRef, Case, Chapter, Lead
from app.casework.kinds import Kind, Nodes
from app.casework.open_matters import OpenMatter, stands_open
from app.casework.records.letters import Letter

# Towards these a coordination office only reminds, and what they write stays theirs (docs/protocol.md section 4.5).
INDEPENDENT = frozenset({Kind.SUPERVISION, Kind.PROCURATORATE, Kind.COURT})


class SupervisionLetter(Letter):
    """A letter of one step. A mere reminder owes no answer; `answered` means that what it asks for is done."""

    step: str
    owes_reply: bool = True


class Oversight(Chapter):
    """The supervision letters, and the coordination offices (`overseers`) that wrote one."""

    key: ClassVar[str] = "oversight"
    letters: tuple[SupervisionLetter, ...] = ()
    overseers: tuple[str, ...] = ()


def overseers(lead: Lead, nodes: Nodes) -> frozenset[str]:
    """Return the offices that read a report or a conclusion made now on this lead."""
    if nodes[lead.holder].kind in INDEPENDENT:
        return frozenset()
    return frozenset(lead.chapter(Oversight).overseers) - frozenset(lead.concerned)


def overseen(case: Case, lead: Lead, nodes: Nodes) -> Iterable[ActRef]:
    """Yield the reports and conclusions on record that a new overseer of the lead may read."""
    if nodes[lead.holder].kind in INDEPENDENT:
        return
    conclusions = {message.act_id for message in lead.feedback if message.kind == "conclusion"}
    for ref in case.acts:
        reported = ref.act == "verification.report" and ref.lead_id == lead.lead_id
        # The holder may have been another then: what an independent organ wrote stays closed.
        if (reported or ref.act_id in conclusions) and nodes[ref.sender].kind not in INDEPENDENT:
            yield ref


@stands_open
def unmet_supervision(_: Case, lead: Lead) -> Iterable[OpenMatter]:
    """List the supervision letters whose demand is not reported as done."""
    for letter in lead.chapter(Oversight).letters:
        if letter.owes_reply and letter.stands_open(lead):
            yield OpenMatter(
                "supervision_letter", letter.letter_id, "a supervision letter is not answered as done", "督办函尚未办结"
            )
