"""Every act, its endpoint, and the envelope that all of them share (docs/protocol.md sections 2.3 and 4.1)."""

import base64
import re
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypedDict, Unpack

from app.signing import strict_json

PATHS: Mapping[str, str] = {
    "lead.register": "/v1/leads",
    "lead.screen": "/v1/leads/{lead_id}/screenings",
    "lead.split": "/v1/leads/{lead_id}/splits",
    "lead.merge": "/v1/leads/{lead_id}/merges",
    "transfer.offer": "/v1/leads/{lead_id}/transfers",
    "transfer.receipt": "/v1/transfers/{transfer_id}/receipts",
    "transfer.accept": "/v1/transfers/{transfer_id}/acceptances",
    "transfer.return": "/v1/transfers/{transfer_id}/returns",
    "transfer.forward": "/v1/transfers/{transfer_id}/forwards",
    "transfer.withdraw": "/v1/transfers/{transfer_id}/withdrawals",
    "supplement.request": "/v1/transfers/{transfer_id}/supplement-requests",
    "supplement.answer": "/v1/transfers/{transfer_id}/supplements",
    "verification.assign": "/v1/leads/{lead_id}/verifications",
    "verification.extend": "/v1/leads/{lead_id}/verification-extensions",
    "verification.measure": "/v1/leads/{lead_id}/measures",
    "verification.report": "/v1/leads/{lead_id}/reports",
    "signoff.sign": "/v1/leads/{lead_id}/signoffs",
    "feedback.send": "/v1/transfers/{transfer_id}/feedback",
    "feedback.respond": "/v1/feedback/{feedback_id}/responses",
    "lead.recheck": "/v1/leads/{lead_id}/rechecks",
    "case.link": "/v1/leads/{lead_id}/cases",
    "supplementary.return": "/v1/leads/{lead_id}/supplementary-investigations",
    "supplementary.complete": "/v1/leads/{lead_id}/supplementary-investigations/completions",
    "supervision.letter": "/v1/leads/{lead_id}/supervision-letters",
    "supervision.reply": "/v1/supervision-letters/{letter_id}/replies",
    "letter.send": "/v1/leads/{lead_id}/letters",
    "letter.reply": "/v1/letters/{letter_id}/replies",
    "consultation.convene": "/v1/leads/{lead_id}/consultations",
    "consultation.answer": "/v1/consultations/{consultation_id}/answers",
    "consultation.opinion": "/v1/consultations/{consultation_id}/opinions",
    "consultation.minutes": "/v1/consultations/{consultation_id}/minutes",
    "consultation.sign": "/v1/consultations/{consultation_id}/signatures",
    "consultation.action": "/v1/consultations/{consultation_id}/action-results",
    "consultation.close": "/v1/consultations/{consultation_id}/closures",
    "check.answer": "/v1/leads/{lead_id}/checks",
    "protection.request": "/v1/leads/{lead_id}/protections",
    "protection.answer": "/v1/leads/{lead_id}/protections/answers",
    "interference.record": "/v1/leads/{lead_id}/interferences",
    "clarification.issue": "/v1/leads/{lead_id}/clarifications",
    "correction.note": "/v1/leads/{lead_id}/corrections",
    "identity.open": "/v1/leads/{lead_id}/identity-openings",
    "lead.erase": "/v1/leads/{lead_id}/erasures",
    "lead.clear": "/v1/leads/{lead_id}/clearances",
    "lead.archive": "/v1/leads/{lead_id}/archives",
    "lead.reopen": "/v1/leads/{lead_id}/reopenings",
}

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Signatory(TypedDict):
    name: str
    title: str


class Contact(TypedDict):
    """The officer who handles the matter, and an office telephone."""

    name: str
    phone: str


class Attachment(TypedDict, total=False):
    """A file named by an act: what `upload` returns. `pages` may be left out."""

    sha256: str
    size: int
    media_type: str
    name: str
    pages: int


class Sealed(TypedDict):
    recipient: str
    kid: str
    sha256: str


class Envelope(TypedDict, total=False):
    """The members of an act that its sender may choose; what is left out is not in the body at all."""

    document_no: str
    title: str
    urgency: str
    signatory: Signatory
    handler: Contact
    attachments: list[Attachment]
    sealed: list[Sealed]
    sealed_commitment: str


def path_of(act: str, lead_id: str, content: Mapping[str, Any]) -> str:
    """Return the endpoint of `act`, built from the ids in its body.

    Raises ValueError for an act that does not exist, a missing id, or one that is no lower-case UUID (the
    exchange would answer 404, and nothing else may get into a path).
    """
    if act not in PATHS:
        raise ValueError(f"{act!r} is no act; one of: {', '.join(PATHS)}")
    template = PATHS[act]
    for name in re.findall(r"\{(\w+)\}", template):
        value = lead_id if name == "lead_id" else content.get(name)
        if not isinstance(value, str) or not UUID.fullmatch(value):
            raise ValueError(f"{act} needs {name}, a lower-case UUID, not {value!r}")
        template = template.replace("{" + name + "}", value)
    return template


def build_body(
    act: str,
    lead_id: str,
    sender: str,
    content: Mapping[str, Any],
    *,
    recipients: Iterable[str],
    prev: str | None,
    issued_at: datetime,
    **envelope: Unpack[Envelope],
) -> bytes:
    """Return the bytes of an act, ready to sign, with a fresh 128-bit nonce; `issued_at` must be aware.

    Members of `content` that are None are left out: the contract knows absent members, not null ones.
    """
    if issued_at.tzinfo is None:
        raise ValueError("issued_at needs an offset")
    document: dict[str, Any] = {
        "act": act,
        "lead_id": lead_id,
        "sender": sender,
        "recipients": list(recipients),
        "issued_at": issued_at.isoformat(timespec="seconds"),
        **envelope,
        "classification": "none",
        "prev": prev,
        "nonce": base64.urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode(),
        "content": {name: value for name, value in content.items() if value is not None},
    }
    return strict_json.dumps(document)
