"""The agencies of the story, the clock that the test moves, and the words in which a step is told."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.admin.people import add_person
from app.audit.cases import compare as rebuild
from app.casework.limits import Limits
from app.client import Agency, NodeKeys, Receipt, Refused, StoredAct
from app.config import Settings
from app.db import create_engine
from app.signing.keys import generate_private
from app.signing.sealing import generate_sealing
from app.vault import open_vault
from tests.agencies import PASSWORD, World
from tests.registry_app import Hand
from tests.server import EXCHANGE_ID
from tests.waiting import until

T1, P1, S1, J1 = "township-990121101", "police-990121", "supervision-990121", "procuratorate-990121"
R1, C1, O1, H1 = "regulator-990121", "office-990121", "organization-990121", "court-990121"
CAST = {
    T1: ("township", "甲镇", "990121101", "township"),
    P1: ("police", "测试县公安局", "990121", "county"),
    S1: ("supervision", "测试县纪委监委", "990121", "county"),
    J1: ("procuratorate", "测试县人民检察院", "990121", "county"),
    R1: ("regulator", "测试县市场监管局", "990121", "county"),
    C1: ("coordination", "测试县扫黑办", "990121", "county"),
    O1: ("organization", "测试县委组织部", "990121", "county"),
    H1: ("court", "测试县人民法院", "990121", "county"),
}
REPORTER = {"name": "马某某", "phone": "0990-5550199"}  # sealed, and in no document


class Story:
    """One exchange, all agencies enrolled, and the ids that the steps give to leads, legs and matters.

    `told` counts the steps; `broken` names the one at which the story broke off, if it did.
    """

    def __init__(self, world: World, hand: Hand, data_dir: Path) -> None:
        self.world = world
        self.data_dir = data_dir
        self.hand = hand
        self.ids: dict[str, str] = {}
        self.told = 0
        self.broken: str | None = None
        self.agencies = {node: self._enrolled(node) for node in CAST}
        # The agencies of the county know each other's keys from elsewhere.
        for agency in self.agencies.values():
            for node, other in self.agencies.items():
                agency.pin(node, other.keys.act.kid)

    def _enrolled(self, node_id: str) -> Agency:
        kind, name, division, level = CAST[node_id]
        admin = self.world.admin
        admin.create_node(node_id, kind=kind, name=name, division_code=division, level=level)
        keys = NodeKeys(generate_private("Ed25519"), generate_private("ES256"), generate_sealing())
        agency = Agency(self.world.url, node_id, EXCHANGE_ID, keys, clock=self.hand)
        self.world.stack.callback(agency.close)
        agency.defaults = {
            "signatory": {"name": "何某某", "title": "负责人"},
            "handler": {"name": "许某某", "phone": "0990-5550101"},
        }
        agency.enrol(admin.enrolment_code(node_id)["code"])
        return agency

    def administrator(self, role: str) -> httpx.Client:
        """Return the line of an operator or auditor who has logged in."""

        async def add() -> None:
            engine = create_engine(self.world.database_url, pool_size=1)
            try:
                await add_person(engine, role, [role], PASSWORD, self.hand.now)
            finally:
                await engine.dispose()

        asyncio.run(add())
        http = httpx.Client(base_url=self.world.url, timeout=20)
        self.world.stack.callback(http.close)
        answer = http.post("/v1/admin/token", data={"username": role, "password": PASSWORD})
        http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return http

    def at(self, when: str) -> None:
        """Move everybody's clock to a time of 2026 in Shanghai, `03-02 09:00`; it never goes back."""
        then = datetime.fromisoformat(f"2026-{when}:00+08:00")
        assert then >= self.hand.now, f"{when} is over"
        self.hand.now = then

    def says(
        self, node: str, act: str, lead: str, content: Mapping[str, Any], *, to: Sequence[str] = (), **envelope: Any
    ) -> Receipt:
        """Let an agency sign an act on a lead of the story and return its verified receipt."""
        return self.agencies[node].act(act, self.ids[lead], content, recipients=to, **envelope)

    def refused(
        self, node: str, act: str, lead: str, content: Mapping[str, Any], *, to: Sequence[str] = (), **envelope: Any
    ) -> str:
        """The same, refused by a signed answer: return status, slug and, if there is one, the rule."""
        with pytest.raises(Refused) as refusal:
            self.says(node, act, lead, content, to=to, **envelope)
        no = refusal.value
        assert no.signed
        return " ".join(str(part) for part in (no.status, no.slug, no.problem.get("rule")) if part is not None)

    def sees(self, node: str, lead: str) -> dict[str, Any]:
        """Return the entry of a lead as an agency sees it."""
        return self.agencies[node].lead(self.ids[lead])

    def acts_seen(self, node: str, lead: str) -> list[str]:
        """Return the names of what an agency may read on a lead, the words of the clock left out."""
        acts = [item["act"] for item in self.agencies[node].timeline(self.ids[lead])]
        return [act for act in acts if act != "notice.deadline"]

    def act_read(self, node: str, lead: str, act: str) -> StoredAct:
        """Return the newest act of this name on a lead as an agency reads it, verified."""
        agency = self.agencies[node]
        ids = [item["act_id"] for item in agency.timeline(self.ids[lead]) if item["act"] == act]
        return agency.get_act(ids[-1])

    def found(self, node: str, **filters: str) -> list[str]:
        """Return the ids of the leads that an agency's list gives."""
        return [one["lead_id"] for one in self.agencies[node].leads(**filters)]

    def upload_refused(self, node: str, data: bytes) -> str:
        """Return status and slug of a refused upload."""
        with pytest.raises(Refused) as refusal:
            self.agencies[node].upload(data, name="附件.txt", media_type="text/plain")
        return f"{refusal.value.status} {refusal.value.slug}"

    def logged(self, kind: str) -> int:
        """Return how many entries of a kind the log has, or is about to have."""
        # One statement: an entry moves from the one to the other in a commit of its own.
        entries = self.world.rows("SELECT entry FROM unsequenced UNION ALL SELECT entry FROM log_entry")
        return sum(f'"t":"{kind}"'.encode() in bytes(row.entry) for row in entries)

    def hidden(self, node: str, *paths: str) -> bool:
        """Return whether each of these reads is answered as if there were nothing."""
        return all(self._status(node, path) == "404 not-found" for path in paths)

    def lead_hidden(self, *leads: str, of: str) -> bool:
        """Return whether an agency may not know of any of these leads, by whatever way it asks."""
        known = {one["lead_id"] for one in self.agencies[of].leads()}
        paths = [f"/v1/leads/{self.ids[lead]}{more}" for lead in leads for more in ("", "/timeline")]
        return self.hidden(of, *paths) and not known & {self.ids[lead] for lead in leads}

    def _status(self, node: str, path: str) -> str:
        try:
            self.agencies[node].get(path)
        except Refused as no:
            return f"{no.status} {no.slug}"
        return "200"

    def overdue_ever(self) -> set[tuple[str, str, str]]:
        """Return node, rule and day of every deadline that an agency has missed, done since or not."""
        return {
            (node, one["rule"], one["due"][5:10])
            for node, agency in self.agencies.items()
            for one in agency.deadlines()
            if one["breached"]
        }

    def frozen(self, node: str, starts: str) -> dict[str, Any]:
        """Wait until the monthly report of an agency that starts on a day is frozen; return it."""

        def found() -> dict[str, Any] | None:
            reports = self.agencies[node].get("/v1/statistics/reports?kind=monthly")["items"]
            return next((one for one in reports if one["starts"] == starts), None)

        return until(f"a report of {starts} for {node}", found)

    def rebuilt(self) -> tuple[int, int]:
        """Fold every case anew from its acts and compare; return how many cases and acts there are."""
        settings = Settings(data_dir=self.data_dir)

        async def check() -> rebuild.RebuildCount:
            engine = create_engine(self.world.database_url, pool_size=1)
            try:
                return await rebuild.check(engine, open_vault(settings), settings, Limits(), lambda _: None)
            finally:
                await engine.dispose()

        count = asyncio.run(check())
        return count.cases, count.acts

    def hears(self, node: str, lead: str, **members: str) -> dict[str, Any]:
        """Wait until the background loop has said this to an agency; return what it said, verified."""
        agency = self.agencies[node]
        read: set[str] = set()

        def said() -> dict[str, Any] | None:
            for item in agency.timeline(self.ids[lead]):
                if item["act"] == "notice.deadline" and item["act_id"] not in read:
                    read.add(item["act_id"])
                    content = dict(agency.get_act(item["act_id"]).content)
                    if members.items() <= content.items():
                        return content
            return None

        return until(f"{node} is told {members} of {lead}", said)


def due(receipt: Receipt, rule: str) -> str:
    """Return when the one limit of a rule ends that an act started: `03-03 10:00`, local time."""
    (found,) = [one for one in receipt.deadlines if one["rule"] == rule]
    return datetime.fromisoformat(found["due"]).strftime("%m-%d %H:%M")
