"""An agency's system, as one object: what it reports, asks and answers about a lead."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, Required, TypedDict, Unpack, cast

from app.client.acts import Envelope
from app.client.exchange import Receipt
from app.client.identities import Identities
from app.client.ids import uuid7

ENVELOPE = frozenset(Envelope.__annotations__)


class Source(TypedDict):
    """Where a lead came from: docs/protocol.md section 1.3."""

    type: str
    channel: str
    received_at: str
    external_no: NotRequired[str]


class Person(TypedDict, total=False):
    """A person named in a lead; `role` is what is said of them, never a finding."""

    token: Required[str]
    role: Required[str]
    name: str
    id_no: str
    phone: str
    plate: str
    credit_code: str
    position: str


class Event(TypedDict):
    """One event that a lead tells of."""

    token: str
    summary: str


class NewLead(Envelope, total=False):
    """A lead to register, envelope members included; the lists may be left out here and are then empty."""

    source: Required[Source]
    place_code: Required[str]
    allegation: Required[str]
    occurred: dict[str, str]
    sectors: list[str]
    persons: list[Person]
    events: list[Event]
    concerns_nodes: list[str]
    category: str


class Agency(Identities):
    """An agency, enrolled or about to be: `Agency(url, node_id, exchange_id, keys).enrol(code)`.

    Every method that acts returns the verified receipt, or raises Refused, Unanswered or Unproven.
    Not for use by several threads at once.
    """

    def register_lead(self, *, lead_id: str | None = None, **members: Unpack[NewLead]) -> Receipt:
        """Register a lead 线索登记; the receipt names its `lead_id` and `lead_no`."""
        given: dict[str, Any] = {"sectors": [], "persons": [], "events": [], "concerns_nodes": [], **members}
        envelope = cast(Envelope, {name: given.pop(name) for name in ENVELOPE & given.keys()})
        return self.act("lead.register", lead_id or uuid7(), given, **envelope)

    def screen(
        self,
        lead_id: str,
        *,
        category: str,
        opinion: str,
        basis: str,
        competent_node: str | None = None,
        concerns_nodes: Sequence[str] | None = None,
        **envelope: Unpack[Envelope],
    ) -> Receipt:
        """Screen a lead 甄别: say which category it is thought to be, and who is competent."""
        content = {"category": category, "opinion": opinion, "competent_node": competent_node, "basis": basis}
        concerned = None if concerns_nodes is None else list(concerns_nodes)
        return self.act("lead.screen", lead_id, {**content, "concerns_nodes": concerned}, **envelope)

    def request_supplement(
        self, transfer_id: str, items: Sequence[Mapping[str, str]], **envelope: Unpack[Envelope]
    ) -> Receipt:
        """Ask for what is missing 补正; each item has `item` and `why`."""
        return self._on_leg("supplement.request", transfer_id, {"items": list(items)}, **envelope)

    def answer_supplement(
        self, transfer_id: str, items: Sequence[Mapping[str, str]], **envelope: Unpack[Envelope]
    ) -> Receipt:
        """Answer a request for a supplement; each item has `item` and `answer`."""
        return self._on_leg("supplement.answer", transfer_id, {"items": list(items)}, **envelope)

    def send_feedback(
        self,
        transfer_id: str,
        kind: str,
        text: str,
        *,
        outcome: str | None = None,
        handling: str | None = None,
        case_ref: str | None = None,
        feedback_id: str | None = None,
        **envelope: Unpack[Envelope],
    ) -> Receipt:
        """Tell the other side of a transfer 反馈; both sides may."""
        content = {"feedback_id": feedback_id or uuid7(), "kind": kind, "text": text}
        optional = {"outcome": outcome, "handling": handling, "case_ref": case_ref}
        return self._on_leg("feedback.send", transfer_id, {**content, **optional}, **envelope)

    def respond(
        self,
        feedback_id: str,
        response: str,
        *,
        reason: str | None = None,
        text: str | None = None,
        **envelope: Unpack[Envelope],
    ) -> Receipt:
        """Confirm, contest (with `reason`) or answer a feedback."""
        if feedback_id not in self.seen.feedback:
            found = self.get(f"/v1/feedback/{feedback_id}")
            self.seen.feedback[feedback_id] = (found["lead_id"], found["sender"])
        lead_id, sender = self.seen.feedback[feedback_id]
        content = {"feedback_id": feedback_id, "response": response, "reason": reason, "text": text}
        return self.act("feedback.respond", lead_id, content, recipients=[sender], **envelope)
