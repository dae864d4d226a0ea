"""What one client saw: the newest act on each lead, and the transfers and feedback that answers refer to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Leg:
    """One transfer: its lead, the agency that sent it and the one that was asked to take it."""

    transfer_id: str
    lead_id: str
    sender: str
    recipient: str

    def other(self, node_id: str) -> str:
        """Return the other side of the leg."""
        return self.recipient if node_id == self.sender else self.sender


@dataclass
class Seen:
    """A memory, not a truth: what is not in it is looked up at the exchange."""

    newest: dict[str, str] = field(default_factory=dict)  # lead id: SHA-256 of the act's JWS, for `prev`
    legs: dict[str, Leg] = field(default_factory=dict)
    feedback: dict[str, tuple[str, str]] = field(default_factory=dict)  # feedback id: lead id, sender

    def note(self, act: str, lead_id: str, sender: str, content: Mapping[str, Any], jws_sha256: str) -> None:
        """Remember an act that this client recorded or read."""
        self.newest[lead_id] = jws_sha256
        for part in content.get("parts", ()) if act == "lead.split" else ():
            self.newest.setdefault(part["lead_id"], jws_sha256)
        opened = {"transfer.offer": "transfer_id", "transfer.forward": "new_transfer_id"}.get(act)
        if opened is not None:
            leg = Leg(str(content[opened]), lead_id, sender, str(content["to"]))
            self.legs[leg.transfer_id] = leg
        if act == "feedback.send":
            self.feedback[str(content["feedback_id"])] = (lead_id, sender)
