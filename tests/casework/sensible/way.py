"""From agency to agency: registering apart, until a lead is taken up or handed back."""

from collections.abc import Iterator
from uuid import uuid4

from app.casework.case import TransferState
from app.casework.kinds import Kind
from app.casework.parts import incoming_leg
from app.casework.routing import natural_route
from tests.casework.sensible.words import Said, example, legs, sensible
from tests.casework.stage import CAST, Stage

NOT_APPLICABLE = {"not_applicable": "不涉及"}
ENCLOSURES = dict.fromkeys(
    ("transfer_letter", "investigation_report", "item_list", "appraisal", "other"), NOT_APPLICABLE
)


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
