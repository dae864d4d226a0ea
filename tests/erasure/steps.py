"""Leads that came to their end, and what is read of them before and after their content is gone."""

import hashlib
from pathlib import Path
from typing import Any

from app.casework.acts import CATALOGUE
from app.client import Agency, Person, Receipt, Refused, uuid7
from tests.agencies import World
from tests.cli.command_line import leadbridge
from tests.identity.steps import IDENTITY
from tests.registry_app import Hand
from tests.server import EXCHANGE_ID
from tests.views.steps import LETTER
from tests.waiting import until

PAPER = "来信一件，未经核实。\n".encode() * 50
PERSON: Person = {"token": "p1", "role": "reported", "name": "王某某", "phone": "13900000001"}
DIGEST = hashlib.sha256(PAPER).hexdigest()
ALLEGATION = "群众反映砂石料场强揽运输"


def ended(world: World, retention: str = "10年", *, outcome: str = "部分属实") -> str:
    """Bring a lead of the township, with a paper and a sealed reporter, to the archive of the police."""
    town, police, lead_id, transfer_id = world.agency("township"), world.agency("police"), uuid7(), uuid7()
    parts = town.seal_identity(lead_id, IDENTITY, [police.node_id])
    paper = town.upload(PAPER, name="来信.txt", media_type="text/plain")
    town.register_lead(
        lead_id=lead_id,
        source={"type": "public_report", "channel": "visit", "received_at": "2026-03-02T08:40:00+08:00"},
        place_code="990121101",
        allegation=ALLEGATION,
        persons=[PERSON],
        events=[{"token": "e1", "summary": "堵截车辆"}],
        document_no="甲政移〔2026〕7号",
        attachments=[paper],
        sealed=parts.sealed,
        sealed_commitment=parts.commitment,
    )
    town.screen(lead_id, category="general", opinion="有具体事件", basis="依职责")
    town.offer(lead_id, police.node_id, transfer_id=transfer_id, letter={**LETTER, "route": "report_up"})
    world.hear(police, "transfer.offer", lead_id)
    police.sign_receipt(transfer_id, attachments_received=0)
    police.accept(transfer_id)
    close(world, lead_id, transfer_id, retention, outcome=outcome)
    return lead_id


def close(
    world: World, lead_id: str, transfer_id: str, retention: str, *, holder: str = "police", outcome: str = "部分属实"
) -> None:
    """Answer a lead that was taken up along its transfer, have that confirmed, clear it and bind its volume."""
    held = world.agency(holder)
    sender = next(one for one in world.enrolled.values() if one.node_id == _sender(held, transfer_id))
    feedback_id = uuid7()
    held.send_feedback(transfer_id, "conclusion", "经核查", outcome=outcome, feedback_id=feedback_id)
    world.hear(sender, "feedback.send", lead_id)
    sender.respond(feedback_id, "confirm")
    world.hear(held, "feedback.respond", lead_id)
    cleared = held.act("lead.clear", lead_id, {"note": "各环节已办结"})
    item = {"no": 1, "title": "办结单", "document_no": "", "pages": 1, "sha256": cleared.act_jws_sha256}
    held.act("lead.archive", lead_id, {"volume_no": "2026-0001", "items": [item], "retention": retention})


def _sender(held: Agency, transfer_id: str) -> str:
    return str(held.get(f"/v1/transfers/{transfer_id}")["sender"])


def years_later(world: World, hand: Hand, years: int) -> None:
    """Let years pass once nothing waits for the log: what waits would be late by years."""
    world.sequenced()
    hand.forward(days=366 * years)


def erase(world: World, lead_id: str, holder: str = "police", **envelope: Any) -> Receipt:
    return world.agency(holder).act("lead.erase", lead_id, CATALOGUE["lead.erase"].example, **envelope)


def status(agency: Agency, path: str) -> int:
    """Return the status of a read, after a fresh token where the old one is years old."""
    try:
        return agency.get_raw(path).status_code
    except Refused as refused:
        return refused.status


def seen(agency: Agency, *lead_ids: str) -> dict[str, Any]:
    """Return everything that an agency can read of leads: entries, timelines, acts, and what finds them."""
    found: dict[str, Any] = {}
    for lead_id in lead_ids:
        items = agency.timeline(lead_id)
        acts = {item["act_id"]: agency.get(f"/v1/acts/{item['act_id']}") for item in items}
        entry = agency.lead(lead_id)
        hits = [one["lead_id"] for one in agency.leads(q=entry["lead_no"])]
        found[lead_id] = {"entry": entry, "timeline": items, "acts": acts, "found": hits}
    return found


def command(world: World, data_dir: Path, *words: str) -> "tuple[int, str]":
    """Run a command of the service beside it; return its status and what it said of an error."""
    answer = leadbridge(
        *words,
        LEADBRIDGE_DATABASE_URL=world.database_url,
        LEADBRIDGE_DATA_DIR=str(data_dir),
        LEADBRIDGE_EXCHANGE_ID=EXCHANGE_ID,
    )
    return answer.returncode, answer.stderr


def noted(exchange: World) -> None:
    """Wait until every erasure is noted outside the database."""
    not_noted = 'SELECT 1 FROM "case" WHERE erased_at IS NOT NULL AND NOT erasure_kept'
    until("every erasure is noted", lambda: not exchange.rows(not_noted))
