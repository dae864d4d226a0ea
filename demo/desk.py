"""A desk: one agency of the demonstration, acting through the client library and reading its inbox."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx

from app.client import Agency, Enrolment, Refused, StoredAct, Unproven
from demo.cast import Role
from demo.clock import Hand

PATIENCE = 30.0


@dataclass
class Tally:
    """What was checked, all desks together."""

    receipts: int = 0
    refusals: int = 0
    acts_read: int = 0
    addressed: dict[str, int] = field(default_factory=dict)  # acts that each node must find in its inbox

    def recorded(self, addressed: Iterable[str]) -> None:
        self.receipts += 1
        for node in addressed:
            self.addressed[node] = self.addressed.get(node, 0) + 1


class Desk(Agency):
    """An agency by the clock of the story, whose inbox is read in order, each act verified."""

    def __init__(self, enrolment: Enrolment, role: Role, hand: Hand, tally: Tally) -> None:
        # Not through a proxy of the environment: the exchange of the demonstration is on this machine.
        http = httpx.Client(base_url=enrolment["url"], timeout=60.0, trust_env=False)
        signatory, handler = role.signatory, role.handler
        super().__init__(
            **enrolment,
            defaults={
                "signatory": {"name": signatory[0], "title": signatory[1]},
                "handler": {"name": handler[0], "phone": handler[1]},
            },
            http=http,
            clock=hand,
        )
        self.role, self.tally = role, tally
        self.inbox_read: list[StoredAct] = []

    def told(self, lead_id: str, **members: str) -> dict[str, Any]:
        """Return what the exchange's own notice of a deadline said, once it has come; or raise Unproven."""
        ends, looked = time.monotonic() + PATIENCE, 0
        while time.monotonic() < ends:
            for stored in self.inbox_read[looked:]:
                content = dict(stored.content)
                if stored.act == "notice.deadline" and stored.lead_id == lead_id and members.items() <= content.items():
                    return content
            looked = len(self.inbox_read)
            self.pull(wait=5)
        raise Unproven(f"{self.node_id} was not told of {members} within {PATIENCE:.0f} s")

    def when_logged(self, path: str) -> bytes:
        """Return what stands at a path that answers 503 until it is in the log."""
        ends = time.monotonic() + PATIENCE
        while True:
            try:
                return self.get_raw(path).content
            except Refused as refusal:
                if refusal.status != 503 or time.monotonic() > ends:
                    raise
            time.sleep(0.02)

    def pull(self, *, wait: int = 0) -> list[StoredAct]:
        """Read and verify what is new in the inbox; raise Unproven when a number is missing."""
        fresh = [self.get_act(item["act_id"]) for item in self.inbox(len(self.inbox_read), wait=wait)]
        self.tally.acts_read += len(fresh)
        self.inbox_read += fresh
        return fresh

    def catch_up(self) -> int:
        """Read until every act addressed here has come; return how many items, notices too."""
        ends = time.monotonic() + PATIENCE
        wanted = self.tally.addressed.get(self.node_id, 0)
        while self.pull(wait=int(self.acts_heard() < wanted)) or self.acts_heard() < wanted:
            if time.monotonic() > ends:
                raise Unproven(f"{self.node_id} got {self.acts_heard()} of {wanted} acts addressed to it")
        return len(self.inbox_read)

    def acts_heard(self) -> int:
        return sum(stored.receipt is not None for stored in self.inbox_read)
