"""A split lead of which one part is erased: what the agencies upstream can still try, and who comes to know more."""

from pathlib import Path
from typing import Any

from app.client import Agency, Refused, uuid7
from tests.agencies import World
from tests.docket.test_splitting import EVENTS, LETTER, PERSONS, part
from tests.erasure.steps import DIGEST, PAPER, close, command, erase, seen, status, years_later
from tests.registry_app import Hand


def split(exchange: World, *, leg: bool = False) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """A lead of the township with a paper, split by the police: the whole, the part that is seen, the other one.

    That is hidden unless it carries a leg on.
    """
    town, police, lead_id, transfer_id = exchange.agency("township"), exchange.agency("police"), uuid7(), uuid7()
    town.register_lead(
        lead_id=lead_id,
        source={"type": "public_report", "channel": "visit", "received_at": "2026-03-02T08:40:00+08:00"},
        place_code="990121101",
        allegation="群众反映",
        persons=PERSONS,
        events=EVENTS,
        attachments=[town.upload(PAPER, name="来信.txt", media_type="text/plain")],
    )
    town.screen(lead_id, category="general", opinion="有具体事件", basis="依职责")
    town.offer(lead_id, police.node_id, transfer_id=transfer_id, letter={**LETTER, "route": "report_up"})
    exchange.hear(police, "transfer.offer", lead_id)
    police.sign_receipt(transfer_id, attachments_received=0)
    known, unknown = part(1, category="disorder"), part(2, category="official_misconduct", leg=leg)
    police.act("lead.split", lead_id, {"parts": [unknown, known]})
    police.accept(known["transfer_id"])
    close(exchange, known["lead_id"], known["transfer_id"], "10年")
    return lead_id, known, unknown


def hand_over(exchange: World, lead_id: str, to: str) -> str:
    """Let the police offer a part, and the other agency take it up."""
    police, other, transfer_id = exchange.agency("police"), exchange.agency(to), uuid7()
    police.offer(lead_id, other.node_id, transfer_id=transfer_id, letter={**LETTER})
    exchange.hear(other, "transfer.offer", lead_id)
    other.sign_receipt(transfer_id, attachments_received=0)
    other.accept(transfer_id)
    return transfer_id


def tried(agency: Agency) -> list[int]:
    """What an agency finds of the paper that it once uploaded: by reading it, and by deleting it."""
    found = [status(agency, f"/v1/attachments/{DIGEST}")]
    try:
        agency.with_token("DELETE", f"/v1/attachments/{DIGEST}")
        found.append(204)
    except Refused as refused:
        found.append(refused.status)
    return found


def test_what_upstream_uploaded_is_gone_with_the_part_that_it_knows(
    exchange: World, hand: Hand, data_dir: Path
) -> None:
    _, known, unknown = split(exchange)
    transfer_id = hand_over(exchange, unknown["lead_id"], "supervision")
    close(exchange, unknown["lead_id"], transfer_id, "30年", holder="supervision")
    years_later(exchange, hand, 10)
    town, police = exchange.agency("township"), exchange.agency("police")
    assert tried(town) == [200, 409]
    erase(exchange, known["lead_id"])
    assert tried(town) == [404, 404]
    assert police.download(DIGEST) == PAPER
    assert command(exchange, data_dir, "audit", "--attachments", "--jobs", "1") == (0, "")
    years_later(exchange, hand, 20)
    erase(exchange, unknown["lead_id"], "supervision")
    assert (tried(town), tried(police)) == ([404, 404], [404, 404])
    assert command(exchange, data_dir, "audit", "--attachments", "--jobs", "1") == (0, "")


def test_who_comes_to_know_the_other_part_reads_the_whole_again(exchange: World, hand: Hand, data_dir: Path) -> None:
    whole, known, unknown = split(exchange)
    years_later(exchange, hand, 10)
    town, office = exchange.agency("township"), exchange.agency("office")
    erased = erase(exchange, known["lead_id"])
    assert office.lead(whole)["erased_by"] == town.lead(whole)["erased_by"] == erased.act_id
    assert whole not in [one["lead_id"] for one in office.leads(category="general")]
    before = seen(town, whole, known["lead_id"])
    # The offer to supervision lists the part to the coordination office.
    hand_over(exchange, unknown["lead_id"], "supervision")
    assert office.lead(unknown["lead_id"])["erased_by"] is None
    assert (office.lead(whole)["erased_by"], office.lead(known["lead_id"])["erased_by"]) == (None, erased.act_id)
    assert whole in [one["lead_id"] for one in office.leads(category="general")]
    assert all(act["body"] for act in seen(office, whole)[whole]["acts"].values())
    assert seen(town, whole, known["lead_id"]) == before
    for words in (("audit", "--jobs", "1"), ("rebuild", "--check")):
        assert command(exchange, data_dir, *words)[0] == 0, words


def test_one_register_is_enclosed_with_the_erasure_of_each_part(exchange: World, hand: Hand, data_dir: Path) -> None:
    _, known, other = split(exchange, leg=True)
    police = exchange.agency("police")
    police.accept(other["transfer_id"])
    close(exchange, other["lead_id"], other["transfer_id"], "10年")
    years_later(exchange, hand, 10)
    register = police.upload(b"destruction register", name="a.txt", media_type="text/plain")
    for one in (known, other):
        erase(exchange, one["lead_id"], attachments=[register])
    assert exchange.agency("township").download(register["sha256"]) == b"destruction register"
    assert command(exchange, data_dir, "audit", "--attachments", "--jobs", "1") == (0, "")
