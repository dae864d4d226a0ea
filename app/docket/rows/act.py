"""The table `act`: acts and notices, byte for byte."""

from dataclasses import dataclass
from datetime import datetime

from app.docket.rows.statement import insert
from app.docket.tables import ActTable


@dataclass(frozen=True, slots=True, kw_only=True)
class ActRow:
    """An act with its receipt, or a notice, which has none. `body` is encrypted under the root's data key."""

    root_id: str
    root_seq: int
    lead_id: str
    act_id: str
    sender: str
    kid: str
    act: str
    jws: str
    body: bytes
    body_sha256: bytes
    receipt: bytes | None = None
    receipt_jws: str | None = None
    receipt_jws_sm2: str | None = None
    received_at: datetime


NEW = insert(ActTable, ActRow)
