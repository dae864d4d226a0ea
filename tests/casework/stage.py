"""A case without a database: acts go straight to the rules, as the docket would take them there.

Every decision is held against the table of acts.
"""

import hashlib
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from app.casework.acts import CATALOGUE, decide
from app.casework.case import ActRef, Case, Lead, on_record
from app.casework.decision import Decision, evolve
from app.casework.document import Act
from app.casework.kinds import Kind, Level, Node
from app.casework.records.practice import Practices
from app.casework.scene import Given
from app.errors import RuleViolated
from tests.casework.declared import hold_refusal_to_table, hold_to_table

ZONE = ZoneInfo("Asia/Shanghai")
COUNTY, TOWN = "990121", "990121101"


def node(node_id: str, kind: Kind, level: Level = Level.COUNTY, code: str = COUNTY, parent: str | None = None) -> Node:
    return Node(node_id, kind, level, code, parent)


CAST = {
    one.node_id: one
    for one in (
        node("town-one", Kind.TOWNSHIP, Level.TOWNSHIP, TOWN),
        node("police-one", Kind.POLICE, parent="police-city"),
        node("police-city", Kind.POLICE, Level.CITY, "990100"),
        node("regulator-one", Kind.REGULATOR),
        node("civil-one", Kind.CIVIL_AFFAIRS),
        node("supervision-one", Kind.SUPERVISION),
        node("procuratorate-one", Kind.PROCURATORATE),
        node("court-one", Kind.COURT),
        node("justice-one", Kind.JUSTICE),
        node("inspection-one", Kind.INSPECTION),
        node("organization-one", Kind.ORGANIZATION),
        node("petition-one", Kind.PETITION),
        node("office-county", Kind.COORDINATION),
        node("office-city", Kind.COORDINATION, Level.CITY, "990100"),
    )
}


class Stage:
    """One root lead and everything that happened to it. `act` raises the refusal and then nothing has changed."""

    def __init__(self, now: datetime = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)) -> None:
        self.now = now
        self.lead_id = str(uuid4())
        self.case = Case(root_id=self.lead_id)
        self.decisions: list[Decision] = []
        self.taken: list[tuple[Act[Any], Given]] = []
        self.known_leads: dict[str, str] = {}
        self.merged_erased = False
        self.practices = Practices()
        self.counter = itertools.count(1)

    @property
    def lead(self) -> Lead:
        return self.case.leads[self.lead_id]

    def act(
        self,
        name: str,
        sender: str,
        content: dict[str, Any],
        to: tuple[str, ...] = (),
        prev: str | None = "",
        sealed_for: tuple[str, ...] = (),
    ) -> Decision:
        """Do an act; `prev` defaults to the newest thing on record that the sender has seen."""
        opens = CATALOGUE[name].opens_case
        lineage = self.case.lineage(self.lead_id) if self.case.leads else ()
        seen = [ref.jws_sha256 for ref in self.case.acts if sender in ref.readers and ref.lead_id in lineage]
        if prev == "":
            prev = None if opens else (seen[-1] if seen else "f" * 64)
        document = CATALOGUE[name].document.model_validate(
            {
                "act": name,
                "lead_id": self.lead_id,
                "sender": sender,
                "recipients": list(to),
                "issued_at": self.now.isoformat(),
                "classification": "none",
                "signatory": {"name": "赵某某", "title": "负责人"},
                "handler": {"name": "钱某某", "phone": "0000-0000001"},
                "prev": prev,
                "nonce": "A" * 22,
                "content": content,
            }
        )
        act_id = str(uuid4())
        act = Act(act_id, fingerprint(act_id), document)
        numbers = self.numbers(CATALOGUE[name].lead_numbers(document.content))
        given = Given(
            self.now,
            CAST,
            ZONE,
            lead_nos=numbers,
            known_leads=self.known_leads,
            merged_erased=self.merged_erased,
            practices=self.practices,
        )
        try:
            decision = decide(self.case, act, given)
        except RuleViolated as refused:
            hold_refusal_to_table(name, refused)
            raise
        hold_to_table(act, self.case, decision)
        case = evolve(self.case, decision, self.now)
        readers = tuple(dict.fromkeys((sender, *to, *sorted(decision.also_read))))
        ref = self._ref(act_id, name, sender, len(case.acts) + 1, readers)
        case = on_record(case, ref.but(sealed_for=sealed_for))
        for notice in decision.notices:
            notice_id = str(uuid4())
            ref = self._ref(notice_id, notice.notice, "exchange-test", len(case.acts) + 1, (notice.to,))
            case = on_record(case, ref.but(lead_id=notice.lead_id))
        self.case = case
        self.decisions.append(decision)
        self.taken.append((act, given))
        return decision

    def numbers(self, count: int) -> tuple[str, ...]:
        return tuple(f"XS-990121-TOWNSHIP-2026-{next(self.counter):06d}" for _ in range(count))

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    def _ref(self, act_id: str, act: str, sender: str, seq: int, readers: tuple[str, ...]) -> ActRef:
        return ActRef(
            act_id=act_id,
            act=act,
            lead_id=self.lead_id,
            sender=sender,
            jws_sha256=fingerprint(act_id),
            seq=seq,
            readers=readers,
        )

    # What the acts of the story look like, with the least that they need.

    def register(self, sender: str = "town-one", **content: Any) -> Decision:
        example = CATALOGUE["lead.register"].example
        return self.act("lead.register", sender, {**example, **content})

    def screen(self, sender: str = "town-one", category: str = "general", **content: Any) -> Decision:
        body = {"category": category, "opinion": "有具体事件", "basis": "反有组织犯罪法第二十五条", **content}
        return self.act("lead.screen", sender, body)

    def offer(self, sender: str, to: str, route: str = "peer", disclosure: str = "full", **content: Any) -> str:
        transfer_id = str(uuid4())
        letter = {"basis": "第二十五条", "competence_reason": "属地", "known_facts": "见附件"}
        body = {"transfer_id": transfer_id, "to": to, "route": route, "disclosure": disclosure, **letter, **content}
        self.act("transfer.offer", sender, body, (to,))
        return transfer_id

    def on_leg(self, name: str, transfer_id: str, sender: str, **content: Any) -> Decision:
        leg = self.lead.transfer(transfer_id)
        assert leg is not None
        return self.act(name, sender, {"transfer_id": transfer_id, **content}, (leg.other_side(sender),))

    def sign(self, transfer_id: str, sender: str) -> Decision:
        return self.on_leg(
            "transfer.receipt", transfer_id, sender, received_at=self.now.isoformat(), attachments_received=0
        )

    def give_back(self, transfer_id: str, sender: str) -> Decision:
        return self.on_leg("transfer.return", transfer_id, sender, reason_code="no_jurisdiction", basis="不属管辖")

    def forward(self, transfer_id: str, sender: str, to: str) -> str:
        leg = self.lead.transfer(transfer_id)
        assert leg is not None
        new = str(uuid4())
        body = {"transfer_id": transfer_id, "new_transfer_id": new, "to": to, "disclosure": "full"}
        body |= {"basis": "第二十七条", "competence_reason": "行业主管"}
        self.act("transfer.forward", sender, body, tuple(dict.fromkeys((to, leg.sender))))
        return new

    def feedback(self, transfer_id: str, sender: str, kind: str, **content: Any) -> str:
        feedback_id = str(uuid4())
        self.on_leg("feedback.send", transfer_id, sender, feedback_id=feedback_id, kind=kind, text="内容", **content)
        return feedback_id

    def respond(self, feedback_id: str, sender: str, response: str, **content: Any) -> Decision:
        message = self.lead.message(feedback_id)
        assert message is not None
        body = {"feedback_id": feedback_id, "response": response, **content}
        return self.act("feedback.respond", sender, body, (message.sender,))

    def with_police(self, category: str = "general") -> str:
        """Bring a lead to the police, signed for, and return the transfer's id."""
        self.register()
        self.screen(category=category)
        transfer_id = self.offer("town-one", "police-one", "report_up")
        self.sign(transfer_id, "police-one")
        return transfer_id


def fingerprint(act_id: str) -> str:
    return hashlib.sha256(UUID(act_id).bytes).hexdigest()
