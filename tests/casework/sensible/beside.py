"""Letters, protection and what is said beside the course of a lead."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from app.casework.acts.letters import WRITES
from app.casework.records.letters import Correspondence, Letter
from app.casework.records.protection import Protections
from app.casework.records.supervision import Oversight
from tests.casework.sensible.words import Said, example, overseers, parties, sensible
from tests.casework.stage import Stage


@sensible("supervision.letter")
def urge(stage: Stage) -> Iterator[Said]:
    for who in overseers(stage):
        for step in ("letter", "notice", "interview"):
            yield Said(who, example("supervision.letter", to=stage.lead.holder, step=step), (stage.lead.holder,))


@sensible("supervision.reply")
def reply_to_supervision(stage: Stage) -> Iterator[Said]:
    return replies("supervision.reply", stage.lead.chapter(Oversight).letters)


@sensible("letter.send")
def write_letter(stage: Stage) -> Iterator[Said]:
    for who in parties(stage, *WRITES):
        for to in sorted({"regulator-one", "town-one", "procuratorate-one"} - {who}):
            yield Said(who, example("letter.send", to=to), (to,))


@sensible("letter.reply")
def reply_to_letter(stage: Stage) -> Iterator[Said]:
    return replies("letter.reply", stage.lead.chapter(Correspondence).letters)


def replies(name: str, letters: Iterable[Letter]) -> Iterator[Said]:
    for letter in letters:
        if not letter.answered:
            yield Said(letter.to, example(name, letter_id=letter.letter_id), (letter.sender,))


@sensible("protection.request")
def ask_protection(stage: Stage) -> Iterator[Said]:
    holder = stage.lead.holder
    for who in parties(stage):
        yield Said(who, example("protection.request"), () if who == holder else (holder,))


@sensible("protection.answer")
def answer_protection(stage: Stage) -> Iterator[Said]:
    for one in stage.lead.chapter(Protections).requests:
        if not one.answered:
            unheard = {one.asked, *stage.lead.concerned}
            to = tuple(node for node in (one.requester,) if node not in unheard)
            yield Said(one.asked, example("protection.answer", protection_id=one.protection_id), to)


@sensible("interference.record")
def record_interference(stage: Stage) -> Iterator[Said]:
    for who in parties(stage):
        yield Said(who, example("interference.record"))


@sensible("correction.note")
def correct(stage: Stage) -> Iterator[Said]:
    for ref in stage.case.acts:
        if ref.lead_id == stage.lead_id and ref.sender in stage.lead.parties:
            yield Said(ref.sender, example("correction.note", of_act=ref.act_id))


@sensible("identity.open")
def open_identity(stage: Stage) -> Iterator[Said]:
    until = (stage.now + timedelta(days=10)).isoformat()
    for ref in stage.case.acts:
        if ref.lead_id == stage.lead_id:
            for who in ref.sealed_for:
                yield Said(who, example("identity.open", of_act=ref.act_id, expires_at=until))
