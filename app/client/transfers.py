"""The acts that move a lead from one agency to another, addressed as the contract asks."""

from collections.abc import Mapping
from typing import Any, Required, TypedDict, Unpack

from app.client.acts import Envelope
from app.client.exchange import Receipt
from app.client.ids import uuid7
from app.client.legs import Leg
from app.client.signer import Signer


class OfferLetter(TypedDict, total=False):
    """线索移送函: why that agency is competent, and what is known as against alleged. Disclosure: `full`."""

    route: Required[str]
    basis: Required[str]
    competence_reason: Required[str]
    known_facts: Required[str]
    disclosure: str
    feedback_by: str
    enclosures: dict[str, dict[str, str]]


class Transfers(Signer):
    """Offer, sign for, accept, return, forward, withdraw. A transfer is named by its id alone."""

    def leg(self, transfer_id: str) -> Leg:
        """Return what this agency knows of a transfer, asking the exchange when it must."""
        if transfer_id not in self.seen.legs:
            found = self.get(f"/v1/transfers/{transfer_id}")
            self.seen.legs[transfer_id] = Leg(transfer_id, found["lead_id"], found["sender"], found["recipient"])
        return self.seen.legs[transfer_id]

    def offer(
        self,
        lead_id: str,
        to: str,
        *,
        letter: OfferLetter,
        transfer_id: str | None = None,
        **envelope: Unpack[Envelope],
    ) -> Receipt:
        """Offer a lead to another agency 移送; responsibility stays here until it signs the receipt."""
        content = {"transfer_id": transfer_id or uuid7(), "to": to, "disclosure": "full", **letter}
        return self.act("transfer.offer", lead_id, content, recipients=[to], **envelope)

    def sign_receipt(
        self,
        transfer_id: str,
        *,
        attachments_received: int,
        discrepancy: str | None = None,
        **envelope: Unpack[Envelope],
    ) -> Receipt:
        """Sign for what arrived 签收; from here on this agency holds the lead."""
        content = {
            "received_at": self.clock().isoformat(timespec="seconds"),
            "attachments_received": attachments_received,
            "discrepancy": discrepancy,
        }
        return self._on_leg("transfer.receipt", transfer_id, content, **envelope)

    def accept(self, transfer_id: str, *, note: str | None = None, **envelope: Unpack[Envelope]) -> Receipt:
        return self._on_leg("transfer.accept", transfer_id, {"note": note}, **envelope)

    def return_(
        self,
        transfer_id: str,
        *,
        reason_code: str,
        basis: str,
        suggested_node: str | None = None,
        **envelope: Unpack[Envelope],
    ) -> Receipt:
        """Give a lead back 退回. Missing material is no reason: ask for a supplement."""
        content = {"reason_code": reason_code, "basis": basis, "suggested_node": suggested_node}
        return self._on_leg("transfer.return", transfer_id, content, **envelope)

    def forward(
        self,
        transfer_id: str,
        to: str,
        *,
        basis: str,
        competence_reason: str,
        disclosure: str = "full",
        new_transfer_id: str | None = None,
        **envelope: Unpack[Envelope],
    ) -> Receipt:
        """Send a lead on to the competent agency 转送; the agency it came from is told."""
        leg = self.leg(transfer_id)
        content = {
            "transfer_id": transfer_id,
            "new_transfer_id": new_transfer_id or uuid7(),
            "to": to,
            "basis": basis,
            "competence_reason": competence_reason,
            "disclosure": disclosure,
        }
        return self.act("transfer.forward", leg.lead_id, content, recipients=[to, leg.sender], **envelope)

    def withdraw(self, transfer_id: str, *, reason: str, **envelope: Unpack[Envelope]) -> Receipt:
        """Take back an offer that nobody has signed for yet."""
        return self._on_leg("transfer.withdraw", transfer_id, {"reason": reason}, **envelope)

    def _on_leg(self, act: str, transfer_id: str, content: Mapping[str, Any], **envelope: Unpack[Envelope]) -> Receipt:
        leg = self.leg(transfer_id)
        content = {"transfer_id": transfer_id, **content}
        return self.act(act, leg.lead_id, content, recipients=[leg.other(self.node_id)], **envelope)
