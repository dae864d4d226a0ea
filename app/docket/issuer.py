"""What the exchange itself signs: receipts, notices and refusals. Each is serialised once and kept as bytes."""

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from app.casework.case import Lead
from app.casework.deadlines import Deadline
from app.casework.decision import Notice
from app.casework.limits import number
from app.docket.submission import Submission
from app.registry.voice import Voice
from app.signing import strict_json
from app.signing.keys import SigningKey

NOTICES = UUID("0d8b1d8e-52c1-4f0a-9f0c-6a4f4f8a2b11")
LOG_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Issued:
    """Bytes and the exchange's detached JWS over them; receipts have a second one by SM2 where it is configured."""

    body: bytes
    jws: str
    jws_sm2: str | None = None


@dataclass(frozen=True, slots=True)
class Issuer:
    """The exchange as a signer of what concerns cases, with its keys of the moment."""

    voice: Voice
    log_origin: str

    @property
    def exchange_id(self) -> str:
        return self.voice.exchange_id

    @property
    def zone(self) -> ZoneInfo:
        return self.voice.zone

    @property
    def key(self) -> SigningKey:
        return self.voice.ring.keys.signing

    def receipt(self, taken: Submission, lead: Lead, deadlines: tuple[Deadline, ...], now: datetime) -> Issued:
        """Return the receipt of an act (docs/protocol.md section 2.5)."""
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
                "result": result(lead.as_known_by(act.sender), deadlines, self.zone),
            }
        )
        typ = "lead-receipt+jws"
        jws = self.sign(body, typ, aud=act.sender, jti=act.act_id, now=now)
        sm2_key = self.voice.ring.keys.sm2
        if sm2_key is None:
            return Issued(body, jws)
        return Issued(body, jws, self.sign(body, typ, aud=act.sender, jti=act.act_id, now=now, key=sm2_key))

    def notice(self, notice: Notice, because_of: str, now: datetime) -> tuple[str, Issued]:
        """Return id and document of a notice, as `notice_id` gives it: saying it twice is harmless."""
        jti = notice_id(notice.notice, notice.lead_id, notice.to, because_of)
        said = self.voice.notice(notice.notice, notice.to, notice.content, lead_id=notice.lead_id, jti=jti, now=now)
        return jti, Issued(said.body, said.jws)

    def sign(self, body: bytes, typ: str, *, aud: str, jti: str, now: datetime, key: SigningKey | None = None) -> str:
        """Return the detached JWS by the exchange's key, or by another of its keys."""
        return self.voice.sign(body, typ, aud=aud, jti=jti, now=now, key=key)

    def local(self, moment: datetime) -> str:
        """Return an instant as RFC 3339 in the exchange's time zone, to the millisecond."""
        return local(moment, self.zone)


def result(lead: Lead, deadlines: tuple[Deadline, ...], zone: ZoneInfo) -> dict[str, Any]:
    """Return what a receipt says of the case after the act."""
    return {
        "lead_no": lead.lead_no,
        "lead_state": str(lead.state),
        "deadlines": [
            {"rule": number(deadline.rule), "due": local(deadline.due, zone), "node": deadline.node}
            for deadline in deadlines
        ],
    }


def local(moment: datetime, zone: ZoneInfo) -> str:
    """Return an instant as RFC 3339 in a time zone, to the millisecond.

    At the very ends of the calendar, where the zone has no date for it, as it stands.
    """
    with contextlib.suppress(OverflowError):
        moment = moment.astimezone(zone)
    return moment.isoformat(timespec="milliseconds")


def notice_id(notice: str, lead_id: str, to: str, because_of: str) -> str:
    """Return the id of a notice; it follows from its cause: an act, an event of a deadline, or another lead."""
    return str(uuid5(NOTICES, f"{because_of}:{notice}:{lead_id}:{to}"))


def utc_now() -> datetime:
    """The clock of a running service."""
    return datetime.now(UTC)
