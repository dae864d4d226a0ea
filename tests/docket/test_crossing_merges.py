"""Two merges that cross, over HTTP: one lead stays, however close together they come."""

from concurrent.futures import ThreadPoolExecutor

from app.client import Refused, uuid7
from tests.agencies import World


def registered(world: World) -> str:
    lead_id = uuid7()
    world.agency("township").register_lead(
        lead_id=lead_id,
        source={"type": "public_report", "channel": "visit", "received_at": "2026-03-02T08:40:00+08:00"},
        place_code="990121101",
        allegation="群众反映",
        persons=[{"token": "p1", "role": "reported"}],
        events=[{"token": "e1", "summary": "堵截车辆"}],
    )
    return lead_id


def test_of_two_merges_into_each_other_one_is_refused(exchange: World) -> None:
    town = exchange.agency("township")
    for _ in range(5):
        pair = registered(exchange), registered(exchange)

        def merge(ids: tuple[str, str]) -> str:
            try:
                return town.act("lead.merge", ids[0], {"into": ids[1], "reason": "同一事件"}).lead_state
            except Refused as refused:
                return refused.slug

        with ThreadPoolExecutor(2) as threads:
            outcomes = sorted(threads.map(merge, (pair, pair[::-1])))
        assert outcomes == ["merged", "wrong-state"]
        assert sorted(town.lead(one)["state"] for one in pair) == ["merged", "registered"]
