"""Moves that occur again and again in the story, each told in one line."""

from typing import Any

from demo.moves import Says
from demo.texts import letter


def offers(sender: str, lead: str, to: str, leg: str, *, no: str | None = None, files: int = 0, **other: Any) -> Says:
    content = letter(f"@{leg}", to, **other)
    return Says(sender, "transfer.offer", lead, content, (to,), document_no=no, files=files)


def signs_for(receiver: str, lead: str, leg: str, sender: str, *, files: int = 0) -> Says:
    content = {"transfer_id": f"@{leg}", "received_at": "@now", "attachments_received": files}
    return Says(receiver, "transfer.receipt", lead, content, (sender,))


def accepts(receiver: str, lead: str, leg: str, sender: str) -> Says:
    return Says(receiver, "transfer.accept", lead, {"transfer_id": f"@{leg}"}, (sender,))


def concludes(node: str, lead: str, leg: str, to: str, said: str, text: str, outcome: str, **other: str) -> Says:
    """Feed a conclusion back along a leg, under the id that the story calls `said`."""
    content = {"feedback_id": f"@{said}", "transfer_id": f"@{leg}", "kind": "conclusion", "text": text}
    return Says(node, "feedback.send", lead, {**content, "outcome": outcome, **other}, (to,), name=said)


def confirms(node: str, lead: str, said: str, to: str) -> Says:
    return Says(node, "feedback.respond", lead, {"feedback_id": f"@{said}", "response": "confirm"}, (to,))


def archives(holder: str, lead: str, volume_no: str, report: str, **other: Any) -> Says:
    """Bind the volume around one act, named by the move that made it."""
    item = {"no": 1, "title": "核查材料", "document_no": "", "pages": 12, "sha256": report}
    content = {"volume_no": volume_no, "items": [item], "retention": "长期"}
    return Says(holder, "lead.archive", lead, content, **other)
