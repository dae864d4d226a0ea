"""What an agency holds against the exchange: its pinned keys, and the checks of what it signs."""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast

from app.client.errors import Unproven
from app.errors import Problem
from app.signing import b64url, strict_json, typ
from app.signing.jws import VerifiedJws, read_header, verify_detached
from app.signing.keys import PublicKey, load_public_jwk


def sha256_hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True)
class Receipt:
    """A receipt whose every digest and signature was checked; `body` is the exchange's exact bytes."""

    body: bytes
    jws: str
    document: Mapping[str, Any]
    replayed: bool = False

    @property
    def act_id(self) -> str:
        return cast(str, self.document["act_id"])

    @property
    def lead_id(self) -> str:
        return cast(str, self.document["lead_id"])

    @property
    def act_jws_sha256(self) -> str:
        """What a later act on this lead may name as `prev`."""
        return cast(str, self.document["act_jws_sha256"])

    @property
    def lead_no(self) -> str:
        return cast(str, self.document["result"]["lead_no"])

    @property
    def lead_state(self) -> str:
        return cast(str, self.document["result"]["lead_state"])

    @property
    def deadlines(self) -> list[dict[str, str]]:
        """The limits that this act started: `rule`, `due` and the `node` that must keep it."""
        return list(self.document["result"].get("deadlines", []))


@dataclass(frozen=True)
class Exchange:
    """An exchange as one agency knows it: its id and the keys pinned when the agency enrolled."""

    exchange_id: str
    keys: Mapping[str, PublicKey] = field(default_factory=dict)

    @classmethod
    def from_jwks(cls, exchange_id: str, jwks: Mapping[str, Any]) -> "Exchange":
        """Pin every key that this client can verify with; raise Unproven when there is none.

        A key of a kind that it does not know is left out: what such a key signs then does not verify.
        """
        loaded = []
        for jwk in jwks.get("keys", ()):
            with suppress(Problem):
                loaded.append(load_public_jwk(jwk))
        if not loaded:
            raise Unproven(f"{exchange_id} gave no key that can be used")
        return cls(exchange_id, {key.kid: key for key in loaded})

    def knows(self, token: str) -> bool:
        """Return whether `token` names a key that is pinned, or is no token at all."""
        try:
            return read_header(token).kid in self.keys
        except Problem:
            return True

    def following(self, jwks: Mapping[str, Any]) -> "Exchange":
        """Return the exchange with the keys that lead, one after the other, from a pinned one.

        Each is brought by a request that the key before it signed; anything else in `jwks` is not believed.
        """
        keys = dict(self.keys)
        for event in jwks.get("key_events", ()):
            with suppress(Problem, KeyError, TypeError, ValueError):
                body, says = b64url.decode(event["body"]), {"aud": self.exchange_id, "iss": self.exchange_id}
                former = keys[read_header(event["jws"]).kid]
                verify_detached(event["jws"], body, former, typ=typ.KEY, **says)
                (offered,) = strict_json.loads(body)["keys"]
                key = load_public_jwk(offered["jwk"])
                verify_detached(offered["proof"], former.kid.encode("ascii"), key, typ=typ.KEY, **says)
                if offered["purpose"] in ("signing", "sm2"):
                    keys[key.kid] = key
        return Exchange(self.exchange_id, keys)

    def verify(self, token: str | None, body: bytes, *, typ: str, aud: str | None = None) -> VerifiedJws:
        """Return `token` verified over `body` by a pinned key of this exchange; raise Unproven otherwise."""
        try:
            key = self.keys[read_header(token or "").kid]
            return verify_detached(token or "", body, key, typ=typ, aud=aud, iss=self.exchange_id)
        except (Problem, KeyError) as wrong:
            raise Unproven(f"no pinned key of {self.exchange_id} signed this {typ}") from wrong

    def verify_receipt(
        self, body: bytes, token: str | None, *, act_jws: str, act_body: bytes, replayed: bool = False
    ) -> Receipt:
        """Return the receipt of exactly this act, addressed to its sender; raise Unproven otherwise.

        A `replayed` receipt may name another signature of the same act: the first one, which is the one stored.
        """
        act = read_header(act_jws)
        signed = self.verify(token, body, typ=typ.RECEIPT, aud=act.iss)
        document = strict_json.loads(body)
        said = {
            "exchange": self.exchange_id,
            "act_id": act.jti,
            "act_jws_sha256": sha256_hex(act_jws.encode("ascii")),
            "body_sha256": sha256_hex(act_body),
            "body_length": len(act_body),
        }
        if replayed:
            del said["act_jws_sha256"]
        wrong = [name for name, value in said.items() if document.get(name) != value]
        if wrong or signed.header.jti != act.jti:
            raise Unproven(f"the receipt is of something else: {', '.join(wrong) or 'jti'}")
        return Receipt(body, signed.token, document, replayed)

    def verify_refusal(self, body: bytes, token: str, *, act_jws: str) -> Mapping[str, Any]:
        """Return the problem document by which the exchange provably refused this act; or raise Unproven."""
        act = read_header(act_jws)
        self.verify(token, body, typ=typ.REFUSAL, aud=act.iss)
        problem = cast(dict[str, Any], strict_json.loads(body))
        if problem.get("act_id") != act.jti or problem.get("act_jws_sha256") != sha256_hex(act_jws.encode()):
            raise Unproven("the signed refusal is of something else")
        return problem
