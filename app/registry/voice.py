"""The exchange as a signer of its own words: what it says is serialised once and kept as bytes."""

import os
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.registry.exchange_keys import KeyRing
from app.signing import b64url, strict_json
from app.signing.jws import sign_detached
from app.signing.keys import SigningKey


@dataclass(frozen=True, slots=True)
class Said:
    """The bytes of a document and the exchange's detached JWS over them."""

    body: bytes
    jws: str


@dataclass(frozen=True, slots=True)
class Voice:
    """Signs with the exchange's key of the moment."""

    exchange_id: str
    ring: KeyRing
    zone: ZoneInfo

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
                "issued_at": self.local(now),
                "classification": "none",
                "prev": None,
                "nonce": b64url.encode(os.urandom(16)),
                "content": content,
            }
        )
        return Said(body, self.sign(body, "lead-notice+jws", aud=to, jti=jti, now=now))

    def sign(self, body: bytes, typ: str, *, aud: str, jti: str, now: datetime, key: SigningKey | None = None) -> str:
        """Return the detached JWS by the exchange's signing key, or by another of its keys."""
        signer, iat = key or self.ring.keys.signing, int(now.timestamp())
        return sign_detached(body, signer, typ=typ, iss=self.exchange_id, aud=aud, iat=iat, jti=jti)

    def local(self, moment: datetime) -> str:
        """Return an instant as RFC 3339 in the exchange's time zone, to the millisecond."""
        return moment.astimezone(self.zone).isoformat(timespec="milliseconds")
