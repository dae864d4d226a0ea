"""The deadlines of a node."""

from tests.agencies import World
from tests.views.steps import ask, offered, received


def test_open_deadlines_are_listed_due_first_in_pages(world: World) -> None:
    police = world.agency("police")
    leads = [offered(world)[0] for _ in range(3)]
    taken_up, _ = received(world)
    seen, cursor = [], None
    while True:
        page = police.get("/v1/deadlines", limit=2, cursor=cursor)
        seen += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert [one["due"] for one in seen] == sorted(one["due"] for one in seen)
    assert [one["lead_id"] for one in seen if one["rule"] == "D04"] == leads
    assert [one["rule"] for one in seen if one["lead_id"] == taken_up] == ["D05", "D07"]
    assert (seen[0]["source"], seen[0]["source_text"]) == ("default", "24 h to sign for a transfer")
    assert (seen[0]["warned"], seen[0]["breached"]) == (None, None)


def test_a_deadline_is_named_in_the_language_that_the_caller_asks_for(world: World) -> None:
    offered(world)
    police = world.agency("police")
    titles = {
        language: ask(police, "/v1/deadlines", {"Accept-Language": language}).json()["items"][0]["title"]
        for language in ("zh-CN", "en")
    }
    assert titles == {"zh-CN": "签收", "en": "sign for it"}


def test_an_answered_deadline_is_listed_no_more(world: World) -> None:
    lead_id, transfer_id = received(world)
    police = world.agency("police")
    police.accept(transfer_id)
    assert lead_id not in {one["lead_id"] for one in police.deadlines()}
