"""A next step on a lead: what of an act's document only the lead can tell."""

from dataclasses import dataclass, field
from typing import Any

from app.client import Agency, uuid7


@dataclass(frozen=True)
class Due:
    """Who signs, on which lead, addressed to whom; `ids` are the members of the content that name something."""

    agency: Agency
    lead_id: str
    recipients: list[str] = field(default_factory=list)
    ids: dict[str, Any] = field(default_factory=dict)

    def members(self, act: str) -> dict[str, Any]:
        """Return the members of the document that only the lead can tell."""
        opens = act == "lead.register"
        return {
            "act": act,
            "lead_id": uuid7() if opens else self.lead_id,
            "sender": self.agency.node_id,
            "recipients": self.recipients,
            "prev": None if opens else self.agency.newest_seen(self.lead_id),
        }
