"""The exchange as a signer of its own words: receipts, notices, refusals. Each is serialised once and kept as bytes."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.casework.case import Lead
from app.casework.deadlines import Deadline
from app.casework.document import Act
from app.casework.limits import number
from app.casework.receipt import ArchiveResult, Receipt, Result, StartedDeadline
from app.casework.records.volume import kept_until
from app.registry.directory import SignedByNode
from app.registry.exchange_keys import KeyRing, log_origin
from app.signing import b64url, strict_json, typ
from app.signing.jws import sign_detached
from app.signing.keys import SigningKey
from app.times import local

LOG_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Said:
    """The bytes of a document and the exchange's detached JWS over them; of a receipt, where configured, one by SM2."""

    body: bytes
    jws: str
    jws_sm2: str | None = None


@dataclass(frozen=True, slots=True)
class Voice:
    """Signs with the exchange's keys of the moment."""

    exchange_id: str
    ring: KeyRing
    zone: ZoneInfo
    log_origin: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "log_origin", log_origin(self.exchange_id))

    def receipt(
        self, act: Act[Any], signed: SignedByNode, lead: Lead, deadlines: Iterable[Deadline], now: datetime
    ) -> Said:
        """Return the receipt of an act, which starts these deadlines (docs/protocol.md section 2.5)."""
        receipt = Receipt(
            exchange=self.exchange_id,
            act_id=act.act_id,
            act=act.name,
            act_jws_sha256=act.jws_sha256,
            body_sha256=signed.body_sha256.hex(),
            body_length=len(signed.jws.body),
            lead_id=act.lead_id,
            received_at=local(now, self.zone),
            key_event=signed.key.key_event,
            log_origin=self.log_origin,
            log_by=local(now + LOG_WITHIN, self.zone),
            result=result(act.name, lead.as_known_by(act.sender), deadlines, self.zone),
        )
        # As `strict_json.dumps` would write it: compact, in the order of the members, beyond ASCII as it is.
        body = receipt.model_dump_json().encode()
        jws = self.sign(body, typ.RECEIPT, aud=act.sender, jti=act.act_id, now=now)
        sm2_key = self.ring.keys.sm2
        if sm2_key is None:
            return Said(body, jws)
        return Said(body, jws, self.sign(body, typ.RECEIPT, aud=act.sender, jti=act.act_id, now=now, key=sm2_key))

    def notice(
        self, act: str, to: str, content: dict[str, Any], *, lead_id: str | None, jti: str, now: datetime
    ) -> Said:
        """Return a notice to one node, in the form of an act (docs/protocol.md section 4.8)."""
        body = strict_json.dumps(
            {
                "act": act,
                "lead_id": lead_id,
                "sender": self.exchange_id,
                "recipients": [to],
                "issued_at": local(now, self.zone),
                "classification": "none",
                "prev": None,
                "nonce": b64url.encode(os.urandom(16)),
                "content": content,
            }
        )
        return Said(body, self.sign(body, typ.NOTICE, aud=to, jti=jti, now=now))

    def sign(self, body: bytes, typ: str, *, aud: str, jti: str, now: datetime, key: SigningKey | None = None) -> str:
        """Return the detached JWS by the exchange's signing key, or by another of its keys."""
        signer, iat = key or self.ring.keys.signing, int(now.timestamp())
        return sign_detached(body, signer, typ=typ, iss=self.exchange_id, aud=aud, iat=iat, jti=jti)


def result(act: str, lead: Lead, deadlines: Iterable[Deadline], zone: ZoneInfo) -> Result:
    """Return what a receipt says of the case after an act of this name."""
    started = (
        StartedDeadline(rule=number(deadline.rule), due=local(deadline.due, zone), node=deadline.node)
        for deadline in deadlines
    )
    after = Result(lead_no=lead.lead_no, lead_state=str(lead.state), deadlines=tuple(started))
    if act != "lead.archive":
        return after
    until = kept_until(lead, zone)
    return ArchiveResult(**dict(after), retained_until=until and until.isoformat())
