"""Sealed identities: who reported is written for named agencies alone, and opened by named persons, once approved."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Unpack, cast
from urllib.parse import quote

from app.client.acts import Envelope, Sealed
from app.client.connection import accept
from app.client.errors import Unproven
from app.client.exchange import Receipt, sha256_hex
from app.client.ids import uuid7
from app.client.pinned import newest_seal_key, signer_of, verified_seal_key
from app.client.transfers import Transfers
from app.signing import strict_json, typ
from app.signing.keys import SealKey
from app.signing.sealing import Context, NotOpened, commitment, identity_of, salted, seal, unseal

JOSE = "application/jose"


@dataclass(frozen=True)
class SealedParts:
    """What was sealed and uploaded; `envelope` are the members by which an act names it."""

    sealed: list[Sealed]
    commitment: str

    @property
    def envelope(self) -> Envelope:
        return {"sealed": self.sealed, "sealed_commitment": self.commitment}


@dataclass(frozen=True)
class OpenedIdentity:
    """An identity as it was sealed, checked against the signed body. `plaintext` proves it to who has the body."""

    identity: dict[str, Any]
    plaintext: bytes


class Identities(Transfers):
    """Seal, open, seal anew. Nothing is sealed to a key that no pinned `act` key of its agency signed for."""

    def pin(self, node_id: str, *kids: str) -> None:
        """Trust these `act` keys of an agency, by thumbprints learned outside the exchange."""
        self.pinned.setdefault(node_id, set()).update(kids)

    def seal_key(self, node_id: str) -> SealKey:
        """Return the newest seal key of an agency; raise Unproven unless a pinned `act` key signed for it."""
        kids = self.pinned.get(node_id, set())
        if node_id == self.node_id:
            kids = {*kids, self.keys.act.kid}
        shown = self.key(node_id, newest_seal_key(self.node(node_id)))
        signer = self._registered(node_id, signer_of(shown))
        return verified_seal_key(shown, signer, node_id, kids, self.exchange.exchange_id)

    def seal_identity(self, lead_id: str, identity: Mapping[str, Any], recipients: Iterable[str]) -> SealedParts:
        """Seal an identity for these agencies and upload it, for an act on this lead.

        `agency.register_lead(lead_id=…, **agency.seal_identity(lead_id, identity, [police]).envelope, …)`. Raises
        Unproven, before anything is uploaded, if the seal key of one of them cannot be trusted.
        """
        return self._sealed(lead_id, salted(dict(identity)), recipients)

    def _sealed(self, lead_id: str, plaintext: bytes, recipients: Iterable[str]) -> SealedParts:
        keys = {node: self.seal_key(node) for node in dict.fromkeys(recipients)}
        parts: list[Sealed] = []
        for node, key in keys.items():
            part = seal(plaintext, key, Context(self.node_id, node, lead_id))
            named = self.upload(part, name="sealed.jwe", media_type=JOSE)
            parts.append(Sealed(recipient=node, kid=key.kid, sha256=named["sha256"]))
        return SealedParts(parts, commitment(plaintext))

    def grant_opening(
        self,
        lead_id: str,
        of_act: str,
        *,
        approvers: Sequence[Mapping[str, str]],
        readers: Sequence[Mapping[str, str]],
        purpose: str,
        expires_at: datetime,
        opening_id: str | None = None,
        **envelope: Unpack[Envelope],
    ) -> Receipt:
        """Let `readers` open the part of an act that was sealed for this agency 拆封; two persons approve."""
        content = {
            "opening_id": opening_id or uuid7(),
            "of_act": of_act,
            "approvers": list(approvers),
            "readers": list(readers),
            "purpose": purpose,
            "expires_at": expires_at.isoformat(timespec="seconds"),
        }
        return self.act("identity.open", lead_id, content, **envelope)

    def open_identity(self, of_act: str, *, person: str, purpose: str) -> OpenedIdentity:
        """Fetch and open what an act sealed for this agency; the fetch is logged and its origin sees it.

        Raises Refused (`not-found` while no opening runs, `forbidden-act` for a person who is no reader) and Unproven
        unless the part is, in key, sender, lead and commitment, what the signed body of the act says.
        """
        stored = self.get_act(of_act)
        mine = [part for part in stored.document.get("sealed") or () if part["recipient"] == self.node_id]
        if not mine or self.keys.seal is None or mine[0]["kid"] != self.keys.seal.kid:
            raise Unproven(f"nothing in {of_act} is sealed for the seal key of {self.node_id}")
        headers = {"X-Acting-Person": quote(person), "X-Purpose": quote(purpose)}
        part = self.with_token("GET", f"/v1/attachments/{mine[0]['sha256']}", headers=headers).content
        if sha256_hex(part) != mine[0]["sha256"]:
            raise Unproven("the exchange sent another sealed part than the act names")
        context = Context(stored.sender, self.node_id, stored.lead_id)
        try:
            plaintext = unseal(part, self.keys.seal, context, str(stored.document["sealed_commitment"]))
            return OpenedIdentity(identity_of(plaintext), plaintext)
        except NotOpened as wrong:
            raise Unproven(f"the sealed part of {of_act}: {wrong}") from wrong

    def reseal_identity(
        self, of_act: str, recipients: Iterable[str], *, lead_id: str | None = None, person: str, purpose: str
    ) -> SealedParts:
        """Open what an act sealed for this agency and seal it anew for the next ones, for an offer or a forward.

        The plaintext stays, its random bytes included, and so the commitment: whoever sees both acts can tell that it
        is the same identity. `lead_id` is that of the act to come, if it is another part of the lead.
        """
        lead = lead_id or self.get_act(of_act).lead_id
        return self._sealed(lead, self.open_identity(of_act, person=person, purpose=purpose).plaintext, recipients)

    def openings(self, lead_id: str) -> list[dict[str, Any]]:
        """Return the openings on a lead that this agency made, or made of what it had sealed, with every fetch."""
        return cast(list[dict[str, Any]], self.get(f"/v1/leads/{lead_id}/openings")["items"])

    def register_seal_key(self) -> str:
        """Register `keys.seal` after the enrolment, for an agency that enrolled without one; return its thumbprint."""
        if self.keys.seal is None:
            raise ValueError("there is no seal key to register")
        body = strict_json.dumps({"keys": [{"purpose": "seal", "jwk": self.keys.seal.public_jwk}]})
        accept(self._post(f"/v1/nodes/{self.node_id}/keys", body, self._sign(body, self.keys.act, typ.KEY)))
        return self.keys.seal.kid
