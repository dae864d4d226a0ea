"""An agency that lost its keys and enrols anew: who is told over HTTP, and what its acts prove before and after."""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from app.client import Administrator, Agency, NodeKeys
from app.signing.keys import generate_private
from tests.agencies import PASSWORD, Raw, World, add_registrar, world
from tests.evidence.bundles import by_command, by_shell, download
from tests.server import EXCHANGE_ID


@dataclass
class Hand:
    """The service's clock, moved by the test."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.now


def registrar(running: World, name: str) -> Administrator:
    made = Administrator(running.url).login(name, PASSWORD)
    running.stack.callback(made.http.close)
    return made


def key_news(agency: Agency, count: int) -> list[Any]:
    """The contents of the first notices of keys in an inbox, each read and verified."""
    found: list[Any] = []
    after = 0
    while len(found) < count:
        items = agency.inbox(after, wait=30)
        assert items, f"{agency.node_id} was told {len(found)} of {count}"
        for item in items:
            after = item["seq"]
            if item["act"] == "notice.key":
                assert item["lead_id"] is None
                found.append(agency.get_act(item["act_id"]).content)
                proof = agency.http.get(f"/v1/acts/{item['act_id']}/proof", headers=bearer(agency))
                assert proof.text.startswith("c2sp.org/tlog-proof@v1\n")
    return found


def bearer(agency: Agency) -> dict[str, str]:
    return {"Authorization": f"Bearer {agency.token()}"}


def confirm(admin: Administrator, enrolment_id: str) -> httpx.Response:
    return admin.http.post(f"/v1/admin/enrolments/{enrolment_id}/confirmation")


def problem(agency: Agency, clock: Hand) -> str:
    """Why an act by this agency's key is refused."""
    raw = Raw(agency)
    body = json.dumps(raw.document()).encode()
    return str(raw.post(body, token=raw.sign(body, iat=int(clock.now.timestamp()))).json()["type"])


def test_partners_hear_of_a_replacement_and_the_old_keys_prove_what_came_before(
    database_url: str, tmp_path: Path
) -> None:
    clock = Hand()
    with world(database_url, tmp_path / "exchange", clock=clock) as running:
        asyncio.run(add_registrar(database_url, "second"))
        town, police, court = (running.agency(name) for name in ("township", "police", "supervision"))
        lead_id, transfer_id = running.offered()
        police.sign_receipt(transfer_id, attachments_received=0)
        new = Agency(
            running.url,
            town.node_id,
            EXCHANGE_ID,
            NodeKeys(generate_private("Ed25519"), generate_private("Ed25519")),
            clock=clock,
        )
        running.stack.callback(new.close)
        new.defaults = town.defaults
        pending = new.enrol(registrar(running, "registrar").enrolment_code(town.node_id)["code"])
        assert pending["state"] == "pending"
        told = {"node": town.node_id, "kid": new.keys.act.kid, "purpose": "act", "event": "enrolment_pending"}
        assert key_news(police, 1) == key_news(town, 1) == [told]
        assert problem(new, clock) == "/problems/bad-signature"
        assert confirm(registrar(running, "registrar"), pending["enrolment_id"]).status_code == 403
        assert confirm(registrar(running, "second"), pending["enrolment_id"]).status_code == 201
        clock.now += timedelta(hours=72)
        # Two new keys; three old ones, that to seal with among them.
        events = [one["event"] for one in key_news(police, 7)]
        assert events == ["enrolment_pending", *["register"] * 2, *["revoke"] * 3, "enrolment_effective"]
        assert not [item for item in court.inbox() if item["act"] == "notice.key"]
        assert problem(town, clock) == "/problems/revoked-key"
        new.send_feedback(transfer_id, "information", "新密钥")
        running.enrolled["township"] = new
        found = download(running, "township", lead_id, tmp_path)
    both = found.policy().read_text()
    assert f"node {town.node_id} {town.keys.act.kid}\n" in both
    assert f"node {town.node_id} {new.keys.act.kid}\n" in both
    for outcome in (by_command(found.zip, "--policy", found.policy()), by_shell(found.folder, found.policy())):
        assert outcome.status == 0, outcome.output
    # Whoever pinned the old key only learns of the replacement here, whatever the registrars agreed on.
    only_old = tmp_path / "only-old"
    only_old.write_text(both.replace(f"node {town.node_id} {new.keys.act.kid}\n", ""))
    for outcome in (by_command(found.zip, "--policy", only_old), by_shell(found.folder, only_old)):
        assert outcome.status == 1, outcome.output
        assert new.keys.act.kid in outcome.output
