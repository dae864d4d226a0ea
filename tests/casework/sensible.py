"""What agencies would sensibly do next on a lead: for each act, who could send it, saying what, to whom.

An act that is not listed is tried with its example by every party, to nobody and to the holder. Nothing here knows
whether an act will be taken: that is for the rules to say.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import uuid4

from app.casework.acts import CATALOGUE
from app.casework.acts.checks import CHECKS
from app.casework.acts.letters import WRITES
from app.casework.acts.protection import Protections
from app.casework.case import LeadState, Transfer, TransferState
from app.casework.consulting import Consultation, Consultations
from app.casework.correspondence import Correspondence, Letter
from app.casework.filing import Prosecution
from app.casework.kinds import Kind
from app.casework.oversight import Oversight
from app.casework.parts import incoming_leg
from app.casework.routing import natural_route, oversees
from app.casework.verifying import Verification
from tests.casework.stage import CAST, Stage

SEATS = ("周某某", "吴某某", "郑某某", "冯某某")
NOT_APPLICABLE = {"not_applicable": "不涉及"}
ENCLOSURES = dict.fromkeys(
    ("transfer_letter", "investigation_report", "item_list", "appraisal", "other"), NOT_APPLICABLE
)
# What brings a lead on its way, by its state: the first leads to its end, the others elsewhere.
COURSE: dict[LeadState, tuple[str, ...]] = {
    LeadState.REGISTERED: ("lead.screen",),
    LeadState.SCREENED: ("transfer.offer", "transfer.offer", "verification.assign", "lead.split", "lead.merge"),
    LeadState.IN_TRANSFER: ("transfer.receipt", "transfer.receipt", "transfer.receipt", "transfer.withdraw"),
    LeadState.RECEIVED: (
        *("transfer.accept",) * 4,
        "transfer.return",
        *("transfer.forward",) * 2,
        *("supplement.request",) * 2,
        "lead.split",
    ),
    LeadState.SUPPLEMENT_WANTED: ("supplement.answer",),
    LeadState.RETURNED: ("transfer.offer", "verification.assign"),
    LeadState.ACCEPTED: (*("verification.assign",) * 3, "feedback.send", "transfer.offer"),
    LeadState.VERIFYING: (*("verification.report",) * 3, "verification.measure", "verification.extend"),
    LeadState.SIGNING: ("signoff.sign",),
    LeadState.CONCLUDED: ("feedback.send", "feedback.send", "lead.recheck", "lead.clear"),
    LeadState.REPLIED: ("feedback.respond",),
    LeadState.CONFIRMED: ("lead.clear",),
    LeadState.CONTESTED: ("lead.recheck", "feedback.send"),
    LeadState.RECHECK: ("lead.recheck",),
    LeadState.CLEARED: ("lead.archive", "lead.archive", "lead.reopen"),
    LeadState.ARCHIVED: ("lead.reopen", "correction.note"),
}
# What must be done before nothing stands open any more, in this order.
SETTLING = (
    "feedback.respond",
    "supplementary.complete",
    "consultation.answer",
    "consultation.minutes",
    "consultation.sign",
    "consultation.action",
    "consultation.close",
    "supervision.reply",
    "letter.reply",
    "protection.answer",
    "lead.recheck",
    "check.answer",
    "clarification.issue",
)
# What goes on beside the course of a lead.
BESIDE = (
    "consultation.convene",
    "consultation.convene",
    "consultation.opinion",
    "supplementary.return",
    "supplementary.return",
    "supervision.letter",
    "supervision.letter",
    "letter.send",
    "protection.request",
    "lead.recheck",
    "case.link",
    "identity.open",
)


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


by_holder("verification.assign", "verification.extend", "clarification.issue", "lead.reopen")


def parties(stage: Stage, *kinds: Kind) -> list[str]:
    return [node for node in sorted(stage.lead.parties) if not kinds or CAST[node].kind in kinds]


# Its way from agency to agency.


@sensible("lead.screen")
def screen(stage: Stage) -> Iterator[Said]:
    for category in ("general", "evil_force", "organized_crime", "official_misconduct"):
        yield Said(stage.lead.holder, example("lead.screen", category=category, competent_node=None))
    yield Said(stage.lead.holder, example("lead.screen", competent_node="police-one", concerns_nodes=["justice-one"]))


@sensible("lead.split")
def split(stage: Stage) -> Iterator[Said]:
    lead, carried = stage.lead, incoming_leg(stage.lead) is not None
    whole = {"title": "部分", "persons": list(lead.persons), "events": list(lead.events), "category": "evil_force"}
    for category, with_leg in (("general", carried), ("official_misconduct", False)):
        first, second = (
            {**whole, "lead_id": str(uuid4()), **({"transfer_id": str(uuid4())} if leg else {})}
            for leg in (carried, with_leg)
        )
        yield Said(lead.holder, {"parts": [first, {**second, "category": category}]})


@sensible("lead.merge")
def merge(stage: Stage) -> Iterator[Said]:
    for into in stage.known_leads:
        yield Said(stage.lead.holder, {"into": into, "reason": "同一事件"})


@sensible("transfer.offer")
def offer(stage: Stage) -> Iterator[Said]:
    holder = CAST[stage.lead.holder]
    for to in (*("police-one",) * 4, *sorted(CAST)):
        if to == holder.node_id:
            continue
        routes = [natural_route(holder, CAST[to])]
        if holder.kind is Kind.COORDINATION or CAST[to].parent == holder.node_id:
            routes.append("assign_supervised")
        if CAST[to].kind is Kind.POLICE:
            routes.append("crime_case")
        for route in routes:
            body = example("transfer.offer", to=to, route=route)
            yield Said(holder.node_id, body | ({"enclosures": ENCLOSURES} if route == "crime_case" else {}), (to,))


def legs(stage: Stage, *states: TransferState) -> list[Transfer]:
    return [leg for leg in stage.lead.transfers if leg.state in states]


@sensible("transfer.receipt")
def sign_receipt(stage: Stage) -> Iterator[Said]:
    for leg in legs(stage, TransferState.OFFERED):
        yield Said(leg.recipient, example("transfer.receipt", transfer_id=leg.transfer_id), (leg.sender,))


@sensible("transfer.withdraw")
def withdraw(stage: Stage) -> Iterator[Said]:
    for leg in legs(stage, TransferState.OFFERED):
        yield Said(leg.sender, example("transfer.withdraw", transfer_id=leg.transfer_id), (leg.recipient,))


@sensible("transfer.accept")
def accept(stage: Stage) -> Iterator[Said]:
    for leg in legs(stage, TransferState.RECEIPTED):
        yield Said(leg.recipient, example("transfer.accept", transfer_id=leg.transfer_id), (leg.sender,))


@sensible("transfer.return")
def give_back(stage: Stage) -> Iterator[Said]:
    for leg in legs(stage, TransferState.RECEIPTED):
        yield Said(leg.recipient, example("transfer.return", transfer_id=leg.transfer_id), (leg.sender,))


@sensible("transfer.forward")
def forward(stage: Stage) -> Iterator[Said]:
    for leg in legs(stage, TransferState.RECEIPTED):
        for to in (*("police-one", "regulator-one") * 3, *sorted(CAST.keys() - {leg.recipient})):
            body = example("transfer.forward", transfer_id=leg.transfer_id, to=to)
            yield Said(leg.recipient, body, tuple(dict.fromkeys((to, leg.sender))))


@sensible("supplement.request")
def ask_for_supplement(stage: Stage) -> Iterator[Said]:
    for leg in legs(stage, TransferState.RECEIPTED):
        yield Said(leg.recipient, example("supplement.request", transfer_id=leg.transfer_id), (leg.sender,))


@sensible("supplement.answer")
def answer_supplement(stage: Stage) -> Iterator[Said]:
    for leg in legs(stage, TransferState.SUPPLEMENT_WANTED):
        yield Said(leg.sender, example("supplement.answer", transfer_id=leg.transfer_id), (leg.recipient,))


# Its verification, and the answer to it.


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


def overseers(stage: Stage) -> list[str]:
    holder, place = CAST[stage.lead.holder], stage.lead.place_code
    return [node for node in parties(stage) if oversees(CAST[node], holder, place, CAST)]


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


# Counsel.


@sensible("consultation.convene")
def convene(stage: Stage) -> Iterator[Said]:
    known = [one.consultation_id for one in stage.lead.chapter(Consultations).held]
    for who in parties(stage, Kind.POLICE, Kind.SUPERVISION, Kind.PROCURATORATE, Kind.COORDINATION):
        for kind, asked in (
            ("early_intervention", ("procuratorate-one",)),
            ("joint_meeting", ("court-one", "regulator-one")),
            ("major_case", ("procuratorate-one", "town-one")),
        ):
            with_ = {"with": known[-1]} if known and kind == "major_case" else {}
            body = example("consultation.convene", kind=kind, participants=list(asked), **with_)
            yield Said(who, body, asked)


def sitting(stage: Stage) -> list[Consultation]:
    return [one for one in stage.lead.chapter(Consultations).held if one.closed_at is None]


def in_counsel(stage: Stage, name: str, held: Consultation, who: str, **other: Any) -> Said:
    """Return an act in a consultation, to the convener and all participants that did not decline, but the sender."""
    left_out = {who, *stage.lead.concerned}
    to = tuple(one for one in (held.convener, *held.answering("accept", None)) if one not in left_out)
    return Said(who, example(name, consultation_id=held.consultation_id, **other), to)


@sensible("consultation.answer")
def answer(stage: Stage) -> Iterator[Said]:
    for held in sitting(stage):
        for who in held.answering(None):
            for said in ("accept", "accept", "decline"):
                yield in_counsel(stage, "consultation.answer", held, who, answer=said, reason="职责")


@sensible("consultation.opinion")
def give_opinion(stage: Stage) -> Iterator[Said]:
    for held in sitting(stage):
        for who in (held.convener, *held.answering("accept")):
            yield in_counsel(stage, "consultation.opinion", held, who, item_id=held.items[0])


@sensible("consultation.minutes")
def write_minutes(stage: Stage) -> Iterator[Said]:
    planned = CATALOGUE["consultation.minutes"].example["actions"][0]
    for held in sitting(stage):
        if held.minutes is None or not held.minutes.signatures:
            version = held.minutes.version + 1 if held.minutes else 1
            actions = [planned | {"owner": owner} for owner in held.answering("accept")[:1]]
            body = {"version": version, "dissents": [], "actions": actions}
            yield in_counsel(stage, "consultation.minutes", held, held.convener, **body)


@sensible("consultation.sign")
def sign_minutes(stage: Stage) -> Iterator[Said]:
    for held in sitting(stage):
        if held.minutes is not None:
            signed = {one.node for one in held.minutes.signatures}
            for who in held.answering("accept"):
                if who not in signed:
                    over = {"minutes_jws_sha256": held.minutes.jws_sha256}
                    yield in_counsel(stage, "consultation.sign", held, who, **over)


@sensible("consultation.action")
def report_action(stage: Stage) -> Iterator[Said]:
    for held in sitting(stage):
        for action in held.minutes.actions if held.minutes else ():
            if action.result is None:
                yield in_counsel(stage, "consultation.action", held, action.owner, action_id=action.action_id)


@sensible("consultation.close")
def close(stage: Stage) -> Iterator[Said]:
    for held in sitting(stage):
        yield in_counsel(stage, "consultation.close", held, held.convener)


# Letters, protection and what is said beside.


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


# Its end.


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
            yield Said(holder, example("lead.archive", items=[item | {"sha256": ref.jws_sha256}]))
            return
