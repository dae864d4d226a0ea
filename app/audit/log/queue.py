"""A stretch of the queue for the log, checked: what waits in it is signed, and will be told to whom it says."""

from dataclasses import dataclass
from typing import Any

import asyncpg

from app.audit.contradiction import Contradiction
from app.audit.decryptor import Decryptor
from app.audit.log.acts import Examiner
from app.audit.log.enclosures import require_enclosed
from app.audit.log.entries import require_kind
from app.audit.log.key_notices import read_waiting_key_notices
from app.stored import BODY_KEY, StoredRow
from app.vault import Vault

_ROWS = f"""
    SELECT u.ordinal, $3 + u.ordinal AS place, u.kind, u.entry, u.committed_at, u.addressed, u.act_id AS queued_act,
           u.act AS queued_name, u.lead_id AS queued_lead, u.sender AS queued_sender, l.log_index,
           NULL::timestamptz AS logged_at, a.root_id, a.lead_id, a.act_id, a.sender, a.kid, a.act, a.jws, a.body,
           a.body_sha256, a.receipt, a.receipt_jws, a.receipt_jws_sm2, a.received_at,
           c.root_id AS case_id, {BODY_KEY} AS data_key
    FROM unsequenced u LEFT JOIN act a ON a.act_id = u.act_id LEFT JOIN "case" c ON c.root_id = a.root_id
    LEFT JOIN log_entry l ON l.act_id = u.act_id
    WHERE u.ordinal >= $1 AND u.ordinal <= $2 ORDER BY u.ordinal
"""  # noqa: S608 (ours)
_TWICE = """
    SELECT act_id FROM unsequenced WHERE act_id IS NOT NULL GROUP BY act_id HAVING count(*) > 1
    ORDER BY act_id LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class WaitingStretch:
    """The stretch of the queue that one task checks: from one ordinal to another, both included."""

    first: int
    last: int


@dataclass(slots=True)
class WaitingResult:
    """What was found to be true of a stretch of the queue."""

    rows: int = 0
    enclosed: int = 0


async def check_waiting(
    connection: "asyncpg.Connection[Any]", vault: Vault, examiner: Examiner, stretch: WaitingStretch
) -> WaitingResult:
    """Check one stretch of the queue; raise `Contradiction` for its first wrong row, in the order in which it came."""
    size, decryptor, documents = examiner.keys.book.size, Decryptor(vault), []
    notices = await read_waiting_key_notices(connection, examiner.exchange, size, stretch.first, stretch.last)
    done = WaitingResult()
    for row in await connection.fetch(_ROWS, stretch.first, stretch.last, size):
        done.rows += 1
        if row["queued_act"] is None:
            require_kind(row["entry"], row["kind"], "unsequenced", row["ordinal"])
            continue
        if row["log_index"] is not None:
            raise Contradiction(
                "unsequenced", row["ordinal"], f"it waits for the log, and is in it at {row['log_index']}"
            )
        act = notices.get(row["place"], row)
        if act["act_id"] is None:
            raise Contradiction("act", row["queued_act"], "it is gone; it waits for the log")
        if act is row and decryptor.is_erased(row):
            document = examiner.erased(row, row["addressed"], signatures=True).document
        else:
            body = act["body"] if act is not row else decryptor.body(row)
            document = examiner.act(act, body, signatures=True).document
        _require_queued(row, act, document)
        if document.get("attachments") or document.get("sealed"):
            documents.append((act, document))
    done.enclosed = await require_enclosed(connection, decryptor, documents)
    return done


async def require_queued_once(connection: "asyncpg.Connection[Any]") -> None:
    """Raise `Contradiction` for an act that waits twice."""
    twice = await connection.fetchval(_TWICE)
    if twice is not None:
        raise Contradiction("unsequenced", twice, "the act waits for the log more than once")


def _require_queued(row: StoredRow, act: StoredRow, document: Any) -> None:
    """Demand that the sequencer will put into the inboxes what the act says."""
    meant = {
        "kind": "notice" if act["receipt"] is None else "act",
        "queued_name": act["act"],
        "queued_lead": act["lead_id"],
        "queued_sender": act["sender"],
        "committed_at": act["received_at"],
        "addressed": document["recipients"],
    }
    for name, value in meant.items():
        if row[name] != value:
            what = name.removeprefix("queued_")
            raise Contradiction("unsequenced", row["ordinal"], f"{what} is not that of act {act['act_id']}")
