"""The verification of a lead, the answer to it, and its end."""

from collections.abc import Iterator

from app.casework.acts import CATALOGUE
from app.casework.kinds import Kind
from app.casework.records.checks import CHECKS
from app.casework.records.prosecution import Prosecution
from app.casework.records.verification import Verification
from tests.casework.sensible.words import Said, by_holder, example, overseers, parties, sensible
from tests.casework.stage import Stage

SEATS = ("周某某", "吴某某", "郑某某", "冯某某")

by_holder("verification.assign", "verification.extend", "clarification.issue", "lead.reopen", "lead.erase")


@sensible("verification.measure")
def measure(stage: Stage) -> Iterator[Said]:
    approver = CATALOGUE["verification.measure"].example["approver"] | {"level": "city"}
    for kind in ("site_visit", "asset_query", "emergency_freeze", "seal"):
        body = example("verification.measure", measure=kind, approver=approver, at=stage.now.isoformat())
        yield Said(stage.lead.holder, body)


@sensible("verification.report")
def report(stage: Stage) -> Iterator[Said]:
    body = CATALOGUE["verification.report"].example
    found = {
        "persons": [body["persons"][0] | {"token": token} for token in stage.lead.persons],
        "events": [body["events"][0] | {"token": token} for token in stage.lead.events],
    }
    for conclusion in ("partly_substantiated", "unsubstantiated", "substantiated"):
        yield Said(stage.lead.holder, example("verification.report", **found, conclusion=conclusion))


@sensible("signoff.sign")
def sign_off(stage: Stage) -> Iterator[Said]:
    seat = len(stage.lead.chapter(Verification).signatures) + 1
    for decision in ("approve", "approve", "approve", "reject"):
        signer = {"name": SEATS[seat - 1], "title": "负责人"}
        yield Said(stage.lead.holder, example("signoff.sign", seat=seat, signer=signer, decision=decision))


@sensible("feedback.send")
def feed_back(stage: Stage) -> Iterator[Said]:
    came_by = stage.lead.way_to(stage.lead.holder)
    for leg in sorted(stage.lead.transfers, key=lambda leg: leg is not came_by):
        for outcome in ("部分属实", "查否"):
            body = example("feedback.send", transfer_id=leg.transfer_id, outcome=outcome)
            yield Said(leg.recipient, body, (leg.sender,))
        body = example("feedback.send", transfer_id=leg.transfer_id, kind="question")
        yield Said(leg.sender, body, (leg.recipient,))


@sensible("feedback.respond")
def respond(stage: Stage) -> Iterator[Said]:
    for message in stage.lead.feedback:
        leg = stage.lead.transfer(message.transfer_id)
        if leg is None or message.response is not None:
            continue
        for response in ("confirm", "confirm", "contest") if message.kind == "conclusion" else ("answer",):
            body = {"feedback_id": message.feedback_id, "response": response, "reason": "理由", "text": "答复"}
            yield Said(leg.other_side(message.sender), body, (message.sender,))


@sensible("lead.recheck")
def recheck(stage: Stage) -> Iterator[Said]:
    for who in overseers(stage):
        for decision in ("uphold", "uphold", "return"):
            yield Said(who, example("lead.recheck", decision=decision), (stage.lead.holder,))


@sensible("case.link")
def link(stage: Stage) -> Iterator[Said]:
    for who in parties(stage, Kind.POLICE, Kind.PROCURATORATE, Kind.COURT):
        yield Said(who, example("case.link"))


@sensible("supplementary.return")
def return_for_investigation(stage: Stage) -> Iterator[Said]:
    turn = len(stage.lead.chapter(Prosecution).rounds) + 1
    for who in parties(stage, Kind.PROCURATORATE):
        yield Said(who, example("supplementary.return", round=turn), (stage.lead.holder,))


@sensible("supplementary.complete")
def complete_investigation(stage: Stage) -> Iterator[Said]:
    chapter = stage.lead.chapter(Prosecution)
    if chapter.open_round is not None:
        body = example("supplementary.complete", round=len(chapter.rounds))
        yield Said(stage.lead.holder, body, (chapter.open_round.organ,))


@sensible("check.answer")
def answer_check(stage: Stage) -> Iterator[Said]:
    for check in CHECKS:
        yield Said(stage.lead.holder, example("check.answer", check=check))


@sensible("lead.clear")
def clear(stage: Stage) -> Iterator[Said]:
    for who in dict.fromkeys((stage.lead.holder, *stage.lead.listed_to)):
        yield Said(who, example("lead.clear"))


@sensible("lead.archive")
def archive(stage: Stage) -> Iterator[Said]:
    lineage, holder = stage.case.lineage(stage.lead_id), stage.lead.holder
    item = CATALOGUE["lead.archive"].example["items"][0]
    for ref in stage.case.acts:
        if ref.lead_id in lineage and holder in ref.readers:
            items = [item | {"sha256": ref.jws_sha256}]
            yield Said(holder, example("lead.archive", items=items, retention="10年"))
            return
