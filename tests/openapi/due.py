"""Where each act is due: a lead, made over HTTP, on which the example of the act is the next step."""

from collections.abc import Callable

from app.client import uuid7
from tests.agencies import World
from tests.openapi.due_talk import TALKS
from tests.openapi.step import Due
from tests.views.steps import hear, offered, received, screened


def registering(world: World) -> Due:
    return Due(world.agency("township"), uuid7())


def screening(world: World) -> Due:
    return Due(world.agency("township"), world.register())


def offering(world: World) -> Due:
    police = world.agency("police").node_id
    return Due(world.agency("township"), screened(world), [police], {"transfer_id": uuid7(), "to": police})


def withdrawing(world: World) -> Due:
    lead_id, transfer_id = offered(world)
    town, police = world.agency("township"), world.agency("police")
    return Due(town, lead_id, [police.node_id], {"transfer_id": transfer_id})


def receipting(world: World) -> Due:
    lead_id, transfer_id = offered(world)
    return _answering(world, lead_id, {"transfer_id": transfer_id})


def judging(world: World) -> Due:
    lead_id, transfer_id = received(world)
    return _answering(world, lead_id, {"transfer_id": transfer_id})


def forwarding(world: World) -> Due:
    lead_id, transfer_id = received(world)
    town, regulator = world.agency("township").node_id, world.agency("regulator").node_id
    ids = {"transfer_id": transfer_id, "new_transfer_id": uuid7(), "to": regulator}
    return Due(world.agency("police"), lead_id, [regulator, town], ids)


def supplementing(world: World) -> Due:
    lead_id, transfer_id = received(world)
    town, police = world.agency("township"), world.agency("police")
    police.request_supplement(transfer_id, [{"item": "日期", "why": "核对道路监控"}])
    hear(town, lead_id)
    return Due(town, lead_id, [police.node_id], {"transfer_id": transfer_id})


def reporting(world: World) -> Due:
    lead_id, transfer_id = received(world)
    world.agency("police").accept(transfer_id)
    return _answering(world, lead_id, {"transfer_id": transfer_id, "feedback_id": uuid7()})


def responding(world: World) -> Due:
    lead_id, transfer_id = received(world)
    town, police, feedback_id = world.agency("township"), world.agency("police"), uuid7()
    police.accept(transfer_id)
    police.send_feedback(
        transfer_id,
        "conclusion",
        "部分属实，已责令整改。",
        outcome="部分属实",
        handling="行政处理",
        feedback_id=feedback_id,
    )
    hear(town, lead_id)
    return Due(town, lead_id, [police.node_id], {"feedback_id": feedback_id})


def _answering(world: World, lead_id: str, ids: dict[str, str]) -> Due:
    return Due(world.agency("police"), lead_id, [world.agency("township").node_id], ids)


WHERE: dict[str, Callable[[World], Due]] = {
    "lead.register": registering,
    "lead.screen": screening,
    "transfer.offer": offering,
    "transfer.withdraw": withdrawing,
    "transfer.receipt": receipting,
    "transfer.accept": judging,
    "transfer.return": judging,
    "transfer.forward": forwarding,
    "supplement.request": judging,
    "supplement.answer": supplementing,
    "feedback.send": reporting,
    "feedback.respond": responding,
    **TALKS,
}
