"""Duplicates over HTTP: the earlier holder is told, once, after the commit; the sender of the later lead never."""

from typing import Any

from app.client import Agency
from tests.agencies import World
from tests.waiting import until


def person(**members: Any) -> list[dict[str, Any]]:
    return [{"token": "p1", "role": "reported", **members}]


def compared(exchange: World) -> None:
    """Wait until every lead was compared."""
    until("nothing waits to be compared", lambda: not exchange.rows("SELECT 1 FROM match_queue"))


def matches(agency: Agency, lead_id: str) -> list[dict[str, Any]]:
    """Read every `notice.match` on a lead that the agency was sent, verified."""
    heard_of, after = [], 0
    while items := agency.inbox(after):
        after = items[-1]["seq"]
        heard_of += [one for one in items if (one["act"], one["lead_id"]) == ("notice.match", lead_id)]
    return [dict(agency.get_act(item["act_id"]).document) for item in heard_of]


def heard(agency: Agency, lead_id: str) -> list[dict[str, Any]]:
    """Wait for the first notice of a match: its place in the inbox comes a moment after its commit."""
    return until(f"notice.match on {lead_id} in the inbox of {agency.node_id}", lambda: matches(agency, lead_id))


def test_the_earlier_holder_is_told_once_and_the_later_sender_never(exchange: World) -> None:
    earlier = exchange.register(persons=person(phone="139 0000 0001"))
    regulator = exchange.agency("regulator")
    later = exchange.register("regulator", persons=person(phone="+86-13900000001"))
    town = exchange.agency("township")
    (notice,) = heard(town, earlier)
    assert notice["content"] == {"lead_no": regulator.lead(later)["lead_no"]}
    assert notice["recipients"] == [town.node_id]
    assert "notice.match" in [item["act"] for item in town.timeline(earlier)]
    # The same again, as if the loop had died before it could note that it was said.
    exchange.rows("INSERT INTO match_queue SELECT DISTINCT lead_id, registered_at FROM blind_index")
    compared(exchange)
    third = exchange.register("regulator", persons=person(phone="13900000001"))
    heard(regulator, later)
    assert len(matches(town, earlier)) == 2
    assert [one["content"]["lead_no"] for one in matches(regulator, later)] == [regulator.lead(third)["lead_no"]]
    assert matches(regulator, third) == []


def test_a_lead_of_a_supervision_organ_is_compared_and_never_told_of(exchange: World) -> None:
    theirs = exchange.register("supervision", persons=person(plate="京A·77712"))
    ours = exchange.register(persons=person(plate="京A77712"))
    again = exchange.register("supervision", persons=person(plate="京a 77712"))
    compared(exchange)
    town, supervision = exchange.agency("township"), exchange.agency("supervision")
    assert matches(town, ours) == matches(supervision, theirs) == matches(supervision, again) == []
    assert not exchange.rows("SELECT 1 FROM act WHERE act = 'notice.match' AND lead_id = :lead", lead=theirs)


def test_the_index_holds_digests_and_no_number(exchange: World) -> None:
    lead_id = exchange.register(persons=[*person(phone="13900000003"), {"token": "p2", "role": "witness"}])
    ((digest, kind),) = exchange.rows("SELECT digest, kind FROM blind_index WHERE lead_id = :lead", lead=lead_id)
    assert (len(digest), kind) == (32, "phone")
