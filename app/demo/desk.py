"""A desk: one agency of the demonstration, acting through the client library and reading its inbox."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Unpack

import httpx

from app.client import Agency, Enrolment, Envelope, Receipt, Refused, StoredAct, Unproven
from app.demo.cast import Role
from app.demo.show import Show

PATIENCE = 30.0
TELLING = ("kind", "response", "reason_code", "category")  # the member of a content that says most


@dataclass
class Tally:
    """What was checked, all desks together."""

    receipts: int = 0
    refusals: int = 0
    acts_read: int = 0
    addressed: dict[str, int] = field(default_factory=dict)  # acts that each node must find in its inbox


class Desk(Agency):
    """An agency whose every act is shown, and whose inbox is read in order, each act verified."""

    def __init__(self, enrolment: Enrolment, role: Role, show: Show, tally: Tally) -> None:
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
        )
        self.role, self.show, self.tally = role, show, tally
        self.inbox_read: list[StoredAct] = []
        self.unheard: list[StoredAct] = []  # read, but nothing in the story waited for it yet

    def act(
        self,
        act: str,
        lead_id: str,
        content: Mapping[str, Any],
        *,
        recipients: Iterable[str] = (),
        prev: str | None = None,
        **envelope: Unpack[Envelope],
    ) -> Receipt:
        """As `Agency.act`, and shown: the receipt, or the refusal, which is raised again."""
        addressed = list(recipients)
        try:
            receipt = super().act(act, lead_id, content, recipients=addressed, prev=prev, **envelope)
        except Refused as refusal:
            self.show.refused(act, self.node_id, addressed, refusal)
            raise
        self.tally.receipts += 1
        for node in addressed:
            self.tally.addressed[node] = self.tally.addressed.get(node, 0) + 1
        said = (envelope.get("document_no"), *(content.get(name) for name in TELLING))
        detail = next((str(each) for each in said if each), "")
        self.show.recorded(act, self.node_id, addressed, detail, receipt)
        return receipt

    def hear(self, act: str, lead_id: str) -> StoredAct:
        """Read the inbox until this act on this lead is there; raise Unproven when it never comes."""
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            for stored in self.unheard:
                if (stored.act, stored.lead_id) == (act, lead_id):
                    self.unheard.remove(stored)
                    return stored
            self.pull(wait=5)
        raise Unproven(f"{act} did not reach the inbox of {self.node_id} within {PATIENCE:.0f} s")

    def pull(self, *, wait: int = 0) -> list[StoredAct]:
        """Read and verify what is new in the inbox; raise Unproven when a number is missing."""
        fresh = [self.get_act(item["act_id"]) for item in self.inbox(len(self.inbox_read), wait=wait)]
        self.tally.acts_read += len(fresh)
        self.inbox_read += fresh
        self.unheard += fresh
        return fresh

    def catch_up(self) -> int:
        """Read until every act addressed here has come; return how many items, notices too."""
        ends = time.monotonic() + PATIENCE
        wanted = self.tally.addressed.get(self.node_id, 0)
        self.pull()
        while self.acts_heard() < wanted:
            if time.monotonic() > ends:
                raise Unproven(f"{self.node_id} got {self.acts_heard()} of {wanted} acts addressed to it")
            self.pull(wait=2)
        return len(self.inbox_read)

    def acts_heard(self) -> int:
        return sum(stored.receipt is not None for stored in self.inbox_read)
