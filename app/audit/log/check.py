"""A stretch of the log, checked: its entries and their acts, the tree over them, what was signed of it, the inboxes."""

from dataclasses import dataclass, field
from typing import Any

import asyncpg

from app.audit.contradiction import Contradiction
from app.audit.decryptor import Decryptor
from app.audit.log.acts import Examiner
from app.audit.log.enclosures import require_enclosed
from app.audit.log.entries import kind_of
from app.audit.log.inboxes import Delivery, require_inbox
from app.audit.log.key_notices import read_key_notices
from app.audit.log.stretch import Stretch
from app.audit.log.tree import StretchTree
from app.stored import BODY_KEY, StoredRow
from app.transparency.tree import leaf_hash
from app.vault import Vault

_ROWS = f"""
    SELECT l.log_index, l.log_index AS place, l.entry, l.leaf_hash, l.act_id AS logged_act, l.logged_at, a.root_id,
           a.root_seq, a.lead_id, a.act_id, a.sender, a.kid, a.act, a.jws, a.body, a.body_sha256, a.receipt,
           a.receipt_jws, a.receipt_jws_sm2, a.received_at, c.root_id AS case_id, {BODY_KEY} AS data_key
    FROM log_entry l LEFT JOIN act a ON a.act_id = l.act_id LEFT JOIN "case" c ON c.root_id = a.root_id
    WHERE l.log_index >= $1 AND l.log_index < $2 ORDER BY l.log_index
"""  # noqa: S608 (ours)
_TOLD = "SELECT node_id, act_id FROM inbox WHERE log_index >= $1 AND log_index < $2"
_OF_ACTS = ("act", "notice")


@dataclass(slots=True)
class StretchResult:
    """What was found to be true of a stretch; `inboxes` are each node's first and last number in it.

    `late` are how many acts were logged later than promised, and `first_late` the first of them.
    """

    end: int
    root: bytes
    enclosed: int = 0
    late: int = 0
    first_late: str | None = None
    inboxes: dict[str, tuple[int, int]] = field(default_factory=dict)


async def check_stretch(
    connection: "asyncpg.Connection[Any]", vault: Vault, examiner: Examiner, stretch: Stretch
) -> StretchResult:
    """Check one stretch; raise `Contradiction` for its first wrong row, in the order of the log."""
    rows = await connection.fetch(_ROWS, stretch.start, stretch.end)
    notices = await read_key_notices(connection, examiner.exchange, stretch.start, stretch.end)
    tree = await StretchTree.read(connection, examiner, stretch)
    deliveries: list[Delivery] = []
    documents: list[tuple[StoredRow, Any]] = []
    decryptor, told = Decryptor(vault), None
    done = StretchResult(stretch.end, b"")
    for index, row in enumerate(rows, stretch.start):
        if row["log_index"] != index:
            raise Contradiction("log_entry", index, "it is missing")
        if leaf_hash(row["entry"]) != row["leaf_hash"]:
            raise Contradiction("log_entry", index, "its leaf hash is not that of its entry")
        tree.grow(index, row["leaf_hash"])
        if row["logged_act"] is None:
            _require_other(examiner, row)
            continue
        act = notices.get(index, row)
        if act["act_id"] is None:
            raise Contradiction("act", row["logged_act"], f"it is gone; log entry {index} proves that it was there")
        signatures = index >= stretch.signed_to
        if act is row and decryptor.is_erased(row):
            told = await told_of(connection, stretch) if told is None else told
            examined = examiner.erased(row, told.get(row["act_id"], ()), signatures=signatures)
        else:
            body = act["body"] if act is not row else decryptor.body(row)
            examined = examiner.act(act, body, signatures=signatures)
        document = examined.document
        deliveries.extend(Delivery(node, act) for node in document["recipients"])
        if document.get("attachments") or document.get("sealed"):
            documents.append((act, document))
        if examined.late:
            done.late += 1
            done.first_late = done.first_late or str(act["act_id"])
    if stretch.start + len(rows) != stretch.end:
        raise Contradiction("log_entry", stretch.start + len(rows), "it is missing")
    done.root = tree.end()
    done.inboxes = await require_inbox(connection, deliveries)
    done.enclosed = await require_enclosed(connection, decryptor, documents)
    return done


async def told_of(connection: "asyncpg.Connection[Any]", stretch: Stretch) -> dict[Any, list[str]]:
    """Return in whose inboxes the acts of a stretch are: of an erased body nothing else says whom it addressed."""
    told: dict[Any, list[str]] = {}
    for row in await connection.fetch(_TOLD, stretch.start, stretch.end):
        told.setdefault(row["act_id"], []).append(row["node_id"])
    return told


def _require_other(examiner: Examiner, row: StoredRow) -> None:
    """Demand of an entry without an act that it is one that needs none, or that of a key event on record."""
    index = row["log_index"]
    kind = kind_of(row["entry"], "log_entry", index)
    if kind in _OF_ACTS:
        raise Contradiction("log_entry", index, "it is that of an act, and names none")
    if kind == "key" and index not in examiner.keys.book.logged:
        raise Contradiction("key_event", f"at log index {index}", "it is gone; the log proves that it was there")
