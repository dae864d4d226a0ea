"""Where the acts of consultations, letters and supervision letters are due."""

from collections.abc import Callable
from typing import Any

from app.casework.acts import CATALOGUE
from app.client import Agency, uuid7
from tests.agencies import World
from tests.openapi.step import Due
from tests.views.steps import hear, received

PLACE = Callable[[World], Due]


def convening(world: World) -> Due:
    lead_id, _ = received(world)
    asked = world.agency("procuratorate").node_id
    return Due(world.agency("police"), lead_id, [asked], {"consultation_id": uuid7()})


def answering(world: World) -> Due:
    due = _done(world, convening(world), "consultation.convene")
    return _from(world, "procuratorate", due)


def opining(world: World) -> Due:
    return _done(world, answering(world), "consultation.answer")


def minuting(world: World) -> Due:
    return _from(world, "police", opining(world))


def signing(world: World) -> Due:
    due = _done(world, minuting(world), "consultation.minutes")
    over = due.agency.newest_seen(due.lead_id)
    return _from(world, "procuratorate", due, minutes_jws_sha256=over)


def acting(world: World) -> Due:
    due = _done(world, signing(world), "consultation.sign")
    ids = {"consultation_id": due.ids["consultation_id"]}
    return _from(world, "police", Due(due.agency, due.lead_id, ids=ids))


def closing(world: World) -> Due:
    return _done(world, acting(world), "consultation.action")


def writing(world: World) -> Due:
    lead_id, _ = received(world)
    to = world.agency("regulator").node_id
    return Due(world.agency("police"), lead_id, [to], {"letter_id": uuid7(), "to": to})


def replying(world: World) -> Due:
    due = _done(world, writing(world), "letter.send")
    return _from(world, "regulator", due)


def supervising(world: World) -> Due:
    office, to = world.agency("office"), world.agency("police").node_id
    lead_id, _ = received(world)
    hear(office, lead_id)
    return Due(office, lead_id, [to], {"letter_id": uuid7(), "to": to})


def defending(world: World) -> Due:
    due = _done(world, supervising(world), "supervision.letter")
    return _from(world, "police", due)


def _done(world: World, due: Due, act: str) -> Due:
    """Do the example of an act where it is due."""
    due.agency.act(act, due.lead_id, {**CATALOGUE[act].example, **due.ids}, recipients=due.recipients)
    for node_id in due.recipients:
        world.hear(_called(world, node_id), act, due.lead_id)
    return due


def _from(world: World, name: str, due: Due, **ids: Any) -> Due:
    """Let the other side have the next word, with the ids that its documents name."""
    named: dict[str, Any] = {one: due.ids[one] for one in ("consultation_id", "letter_id") if one in due.ids}
    return Due(world.agency(name), due.lead_id, [due.agency.node_id], {**named, **ids})


def _called(world: World, node_id: str) -> Agency:
    return world.agency(node_id.split("-", maxsplit=1)[0])


TALKS: dict[str, PLACE] = {
    "consultation.convene": convening,
    "consultation.answer": answering,
    "consultation.opinion": opining,
    "consultation.minutes": minuting,
    "consultation.sign": signing,
    "consultation.action": acting,
    "consultation.close": closing,
    "letter.send": writing,
    "letter.reply": replying,
    "supervision.letter": supervising,
    "supervision.reply": defending,
}
