"""What the exchange itself signs: receipts, notices and refusals. Each is serialised once and kept as bytes."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from app.casework.case import Lead
from app.casework.clocks import Clock
from app.casework.decision import Notice
from app.docket.submission import Submission
from app.signing import b64url, strict_json
from app.signing.jws import sign_detached
from app.signing.keys import PrivateKey

NOTICES = UUID("0d8b1d8e-52c1-4f0a-9f0c-6a4f4f8a2b11")
LOG_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Issued:
    """Bytes and the exchange's detached JWS over them."""

    body: bytes
    jws: str


@dataclass(frozen=True, slots=True)
class Issuer:
    """The exchange as a signer."""

    exchange_id: str
    key: PrivateKey
    log_origin: str
    zone: ZoneInfo

    def receipt(self, taken: Submission, lead: Lead, started: tuple[Clock, ...], now: datetime) -> Issued:
        """Return the receipt of an act (PROTOCOL section 2)."""
        act = taken.act
        body = strict_json.dumps(
            {
                "receipt": "1",
                "exchange": self.exchange_id,
                "act_id": act.act_id,
                "act": act.name,
                "act_jws_sha256": act.jws_sha256,
                "body_sha256": taken.body_sha256.hex(),
                "body_length": len(taken.body),
                "lead_id": act.lead_id,
                "received_at": self.local(now),
                "key_event": taken.key_event,
                "log_origin": self.log_origin,
                "log_by": self.local(now + LOG_WITHIN),
                "result": {
                    "lead_no": lead.lead_no,
                    "lead_state": str(lead.state),
                    "deadlines": [
                        {"rule": clock.rule, "due": self.local(clock.due), "node": clock.node} for clock in started
                    ],
                },
            }
        )
        return Issued(body, self.sign(body, "lead-receipt+jws", aud=act.sender, jti=act.act_id, now=now))

    def notice(self, notice: Notice, because_of: str, now: datetime) -> tuple[str, Issued]:
        """Return id and document of a notice. The id follows from its cause: saying it twice is harmless."""
        notice_id = str(uuid5(NOTICES, f"{because_of}:{notice.notice}:{notice.lead_id}:{notice.to}"))
        body = strict_json.dumps(
            {
                "act": notice.notice,
                "lead_id": notice.lead_id,
                "sender": self.exchange_id,
                "recipients": [notice.to],
                "issued_at": self.local(now),
                "classification": "none",
                "prev": None,
                "nonce": b64url.encode(os.urandom(16)),
                "content": notice.content,
            }
        )
        return notice_id, Issued(body, self.sign(body, "lead-notice+jws", aud=notice.to, jti=notice_id, now=now))

    def sign(self, body: bytes, typ: str, *, aud: str, jti: str, now: datetime) -> str:
        return sign_detached(body, self.key, typ=typ, iss=self.exchange_id, aud=aud, iat=int(now.timestamp()), jti=jti)

    def local(self, moment: datetime) -> str:
        """Return an instant as RFC 3339 in the exchange's time zone, to the millisecond."""
        return moment.astimezone(self.zone).isoformat(timespec="milliseconds")


def utc_now() -> datetime:
    """The clock of a running service."""
    return datetime.now(UTC)
