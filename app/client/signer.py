"""The write half of an agency: enrolment, and signed acts answered by receipts."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Unpack

import httpx

from app.client.acts import Envelope, build_body, path_of
from app.client.connection import SIGNATURE, NodeKeys, accept, now_utc, problem_of, send_until_answered
from app.client.errors import Refused, Unproven
from app.client.exchange import Exchange, Receipt
from app.client.ids import uuid7
from app.client.legs import Seen
from app.client.reads import Reader, StoredAct
from app.signing import strict_json, typ
from app.signing.jws import read_header, sign_detached
from app.signing.keys import PrivateKey

ACT, ENROLMENT = typ.ACT, typ.ENROLMENT


@dataclass(frozen=True)
class SignedAct:
    """An act ready to post. Keep it until its receipt is there: posting it again is safe for ever."""

    path: str
    body: bytes
    jws: str


class Signer(Reader):
    """Signs with the agency's `act` key; `seen` remembers what later acts refer to.

    `jwks` is the exchange's key set kept from enrolment. `defaults` are the envelope members, such as
    `signatory` and `handler`, of every act that does not name its own.
    """

    def __init__(
        self,
        url: str,
        node_id: str,
        exchange_id: str,
        keys: NodeKeys,
        *,
        jwks: Mapping[str, Any] | None = None,
        defaults: Envelope | None = None,
        http: httpx.Client | None = None,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        exchange = Exchange(exchange_id) if jwks is None else Exchange.from_jwks(exchange_id, jwks)
        super().__init__(url, node_id, exchange, keys, http=http, clock=clock)
        self.defaults = defaults or Envelope()
        self.seen = Seen()
        self.pinned: dict[str, set[str]] = {}  # by node: thumbprints of its `act` keys, see `pin`

    def enrol(self, code: str) -> dict[str, Any]:
        """Register this agency's keys with the registrar's code; pin the exchange's keys from the answer.

        For an agency that had keys before, the answer has `state` `pending` and `effective_from`: nothing is valid yet.
        Raises Refused (`enrolment-refused` for a wrong, used or expired code). The answer is trusted as far
        as the TLS connection is: compare the exchange's thumbprints by another way where that matters.
        """
        keys: list[dict[str, Any]] = [
            {
                "purpose": purpose,
                "jwk": dict(key.public_jwk),
                "proof": self._sign(code.encode(), key, ENROLMENT),
            }
            for purpose, key in (("act", self.keys.act), ("auth", self.keys.auth))
        ]
        if self.keys.seal is not None:
            keys.append({"purpose": "seal", "jwk": dict(self.keys.seal.public_jwk)})
        body = strict_json.dumps({"code": code, "node_id": self.node_id, "keys": keys})
        answer = accept(self._post("/v1/enrolments", body, self._sign(body, self.keys.act, ENROLMENT)))
        enrolled: dict[str, Any] = answer.json()
        self.exchange = Exchange.from_jwks(self.exchange.exchange_id, enrolled["jwks"])
        return enrolled

    def _sign(self, body: bytes, key: PrivateKey, typ: str, jti: str | None = None) -> str:
        iat = int(self.clock().timestamp())
        aud = self.exchange.exchange_id
        return sign_detached(body, key, typ=typ, iss=self.node_id, aud=aud, iat=iat, jti=jti or uuid7())

    def _post(self, path: str, body: bytes, jws: str) -> httpx.Response:
        headers = {SIGNATURE: jws, "Content-Type": "application/json"}
        return send_until_answered(self.http, "POST", path, content=body, headers=headers)

    def act(
        self,
        act: str,
        lead_id: str,
        content: Mapping[str, Any],
        *,
        recipients: Iterable[str] = (),
        prev: str | None = None,
        **envelope: Unpack[Envelope],
    ) -> Receipt:
        """Build, sign and post an act; return its verified receipt.

        `prev` defaults to the newest act on the lead that this client saw (its own, or one it read); when it
        saw none it reads the timeline. The other members default to `defaults`. Raises Refused,
        Unanswered (send the same SignedAct again), Unproven (the answer is not what the exchange must prove).
        """
        if prev is None and act != "lead.register":
            prev = self.newest_seen(lead_id)
        merged: Envelope = {**self.defaults, **envelope}
        body = build_body(
            act,
            lead_id,
            self.node_id,
            content,
            recipients=recipients,
            prev=prev,
            issued_at=self.clock(),
            **merged,
        )
        receipt = self.post(self.sign(path_of(act, lead_id, content), body))
        self.seen.note(act, lead_id, self.node_id, content, receipt.act_jws_sha256)
        return receipt

    def sign(self, path: str, body: bytes, *, act_id: str | None = None) -> SignedAct:
        """Sign exactly these bytes for `path`, under a fresh act id unless one is given."""
        return SignedAct(path, body, self._sign(body, self.keys.act, ACT, act_id))

    def post(self, signed: SignedAct) -> Receipt:
        """Post a signed act, however often it takes; return its verified receipt or raise as `act` does."""
        answer = self._post(signed.path, signed.body, signed.jws)
        token = answer.headers.get(SIGNATURE)
        self.meet(token)
        if not answer.is_success:
            raise self._refused(answer, token, signed)
        receipt = self.exchange.verify_receipt(
            answer.content,
            token,
            act_jws=signed.jws,
            act_body=signed.body,
            replayed=answer.status_code == 200,
        )
        self.seen.newest[receipt.lead_id] = receipt.act_jws_sha256
        return receipt

    def _refused(self, answer: httpx.Response, token: str | None, signed: SignedAct) -> Refused:
        problem: Mapping[str, Any] = problem_of(answer)
        if token is not None:
            problem = self.exchange.verify_refusal(answer.content, token, act_jws=signed.jws)
        elif "act_jws_sha256" in problem:
            raise Unproven(f"act {read_header(signed.jws).jti} was refused without the exchange's signature")
        slug = str(problem.get("type", "")).rsplit("/", 1)[-1] or f"http-{answer.status_code}"
        return Refused(slug, answer.status_code, problem, signed=token is not None)

    def newest_seen(self, lead_id: str) -> str:
        """Return the SHA-256 to name as `prev`; reads the timeline when no act on the lead was seen yet.

        On a part of a split lead on which nothing was seen it is an act on the lead that was registered.
        """
        if lead_id not in self.seen.newest:
            entries = self.timeline(lead_id) or self.timeline(str(self.lead(lead_id)["root_id"]))
            if not entries:
                raise Unproven(f"{self.node_id} has seen no act on lead {lead_id}; pass prev")
            self.seen.newest[lead_id] = self.get_act(str(entries[-1]["act_id"])).jws_sha256
        return self.seen.newest[lead_id]

    def get_act(self, act_id: str) -> StoredAct:
        """As `Reader.get_act`; what is read counts as seen."""
        stored = super().get_act(act_id)
        self.seen.note(stored.act, stored.lead_id, stored.sender, stored.content, stored.jws_sha256)
        return stored
