"""What an agency reads: leads, acts (each verified again), its inbox, the register, files."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from app.client.acts import Attachment
from app.client.connection import Connection
from app.client.errors import Erased, Refused, Unproven
from app.client.exchange import Receipt, sha256_hex
from app.errors import Problem
from app.signing import strict_json, typ
from app.signing.jws import read_header, verify_detached
from app.signing.keys import PublicKey, load_public_jwk


@dataclass(frozen=True)
class StoredAct:
    """An act or a notice as the exchange keeps it, its signatures checked. A notice has no receipt."""

    jws: str
    body: bytes
    document: Mapping[str, Any]
    receipt: Receipt | None
    log_index: int | None

    @property
    def jws_sha256(self) -> str:
        return sha256_hex(self.jws.encode("ascii"))

    @property
    def act(self) -> str:
        return cast(str, self.document["act"])

    @property
    def lead_id(self) -> str:
        return cast(str, self.document["lead_id"])

    @property
    def sender(self) -> str:
        return cast(str, self.document["sender"])

    @property
    def content(self) -> Mapping[str, Any]:
        return cast(Mapping[str, Any], self.document["content"])


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Reader(Connection):
    """The read half of an agency. Everything it returns as verified hangs on the pinned `exchange` keys."""

    def leads(self, **filters: str | None) -> Iterator[dict[str, Any]]:
        """Yield the caller's leads, page by page; filters: state, category, due_before, role, q."""
        yield from self._pages("/v1/leads", **filters)

    def lead(self, lead_id: str) -> dict[str, Any]:
        return cast(dict[str, Any], self.get(f"/v1/leads/{lead_id}"))

    def timeline(self, lead_id: str) -> list[dict[str, Any]]:
        """Return the acts on a lead that this agency may see, in order."""
        return list(self._pages(f"/v1/leads/{lead_id}/timeline"))

    def deadlines(self) -> Iterator[dict[str, Any]]:
        yield from self._pages("/v1/deadlines")

    def nodes(self) -> list[dict[str, Any]]:
        return list(self._pages("/v1/nodes"))

    def node(self, node_id: str) -> dict[str, Any]:
        """Return one node with its valid keys."""
        return cast(dict[str, Any], self.get(f"/v1/nodes/{node_id}"))

    def key(self, node_id: str, kid: str) -> dict[str, Any]:
        """Return one key of a node, valid or revoked, with the signed requests that made and ended it."""
        return cast(dict[str, Any], self.get(f"/v1/nodes/{node_id}/keys/{kid}"))

    def _pages(self, path: str, **filters: str | None) -> Iterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            page = self.get(path, cursor=cursor, **filters)
            yield from page["items"]
            cursor = page.get("next")
            if cursor is None:
                return

    def get_act(self, act_id: str) -> StoredAct:
        """Return a stored act after verifying its sender's signature and the exchange's receipt over it.

        The sender's key is the one whose RFC 7638 thumbprint the act names, taken from the register. That it
        belongs to the sender is the exchange's word, unless you compare it with one you pinned.
        Raises Refused, Erased, and Unproven when anything does not fit.
        """
        stored = self.get(f"/v1/acts/{act_id}")
        if stored["body"] is None:
            raise Erased(act_id, str(stored["erased_by"]))
        jws, body = str(stored["jws"]), decode(stored["body"])
        document = strict_json.loads(body)
        receipt = None
        self.meet(stored["receipt_jws"] or jws)
        if document.get("sender") == self.exchange.exchange_id:
            self.exchange.verify(jws, body, typ=typ.NOTICE)
        else:
            self._verify_act(jws, body, str(document.get("sender")))
            receipt = self.exchange.verify_receipt(
                decode(stored["receipt"]), stored["receipt_jws"], act_jws=jws, act_body=body
            )
        return StoredAct(jws, body, document, receipt, stored.get("log_index"))

    def _verify_act(self, jws: str, body: bytes, sender: str) -> None:
        try:
            key = self._key_of(sender, read_header(jws).kid)
            verify_detached(jws, body, key, typ=typ.ACT, iss=sender, aud=self.exchange.exchange_id)
        except Problem as wrong:
            raise Unproven(f"the stored act is not one that {sender} signed") from wrong

    def _registered(self, node_id: str, kid: str) -> dict[str, Any] | None:
        try:
            return self.key(node_id, kid)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    def _key_of(self, node_id: str, kid: str) -> PublicKey:
        if kid not in self.act_keys:
            key = self._registered(node_id, kid)
            if key is not None and key["purpose"] == "act":
                self.act_keys[kid] = (node_id, load_public_jwk(key["jwk"]))
        owner, public = self.act_keys.get(kid, ("", None))
        if public is None or owner != node_id or public.kid != kid:
            raise Unproven(f"the register names no act key {kid} of {node_id}")
        return public

    def inbox(self, after: int = 0, *, wait: int = 0, limit: int = 100) -> list[dict[str, Any]]:
        """Return up to `limit` inbox items numbered above `after`; `wait` (<= 30 s) holds for the first.

        Raises Unproven when a number is missing: the exchange promises 1, 2, 3 … without a gap.
        """
        answer = self.get("/v1/inbox", after=after, limit=limit, wait=wait or None)
        items = cast(list[dict[str, Any]], answer["items"])
        numbers = [item["seq"] for item in items]
        if numbers != list(range(after + 1, after + 1 + len(numbers))):
            raise Unproven(f"the inbox of {self.node_id} has a gap after {after}: {numbers}")
        return items

    def follow_inbox(self, after: int = 0, *, wait: int = 30) -> Iterator[dict[str, Any]]:
        """Yield inbox items for ever, in order, without a gap; `wait=0` ends at the newest one."""
        while True:
            items = self.inbox(after, wait=wait)
            yield from items
            after += len(items)
            if not items and not wait:
                return

    def upload(self, content: bytes | Path, *, name: str, media_type: str, pages: int | None = None) -> Attachment:
        """Upload a file and return the attachment that an act names it by; the exchange checks the hash."""
        data = content.read_bytes() if isinstance(content, Path) else content
        digest = hashlib.sha256(data).hexdigest()
        headers = {"Content-Type": "application/octet-stream"}
        self.with_token("PUT", f"/v1/attachments/{digest}", content=data, headers=headers)
        attachment = Attachment(sha256=digest, size=len(data), media_type=media_type, name=name)
        if pages is not None:
            attachment["pages"] = pages
        return attachment

    def download(self, sha256: str) -> bytes:
        """Return an attachment that this agency may read; raises Unproven when the bytes are not those."""
        data = self.get_raw(f"/v1/attachments/{sha256}").content
        if sha256_hex(data) != sha256:
            raise Unproven(f"the exchange sent other bytes for attachment {sha256}")
        return data
