"""The bundle of a lead (docs/protocol.md section 8): every act that the caller may see, with all its proof."""

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from app.attachments.service import Attachments
from app.bundles import rows as bundle_rows
from app.bundles.streaming import StreamedZip
from app.bundles.suggestion import suggested_policy
from app.db import raw, reading
from app.registry.exchange_keys import ExchangeKeys
from app.signing import strict_json, typ
from app.signing.jws import read_header, sign_detached
from app.signing.keys import load_public_jwk, public_to_pem
from app.stored import StoredRow, root_key, stored_body
from app.transparency.note import Note, parse_note
from app.transparency.policy import Policy
from app.transparency.proof import LogProof
from app.transparency.published import Published
from app.transparency.reading import inclusion_proof
from app.vault import Vault

TYP = typ.MANIFEST
_HERE = Path(__file__).parent
_CARRIED = {"README": "readme.txt", "verify.sh": "verifying/verify.sh"}


@dataclass(frozen=True, slots=True)
class Archivist:
    """Makes bundles. `policy` says which witnesses the exchange asks; it goes into the suggested policy."""

    engine: AsyncEngine
    vault: Vault
    files: Attachments
    published: Published
    keys: ExchangeKeys
    policy: Policy
    exchange_id: str
    log_vkey: str
    clock: Callable[[], datetime]

    async def open(self, node: str, lead_id: str) -> "Bundle":
        """Return the bundle of a lead for `node`, ready to be streamed.

        Raises `NotFound` if `node` is no party of the lead, `Overloaded` while an act is not logged yet.
        """
        async with reading(self.engine, node) as reader:
            connection = await raw(reader)
            acts = await bundle_rows.acts_of(connection, node, lead_id)
            senders = {row["sender"] for row in acts if not row["is_notice"]}
            events = await bundle_rows.key_events_of(connection, senders)
            events += await bundle_rows.own_key_events(connection, self.exchange_id)
            newest = max((row["log_index"] for row in (*acts, *events)), default=None)
            note = None
            if newest is not None:
                note = parse_note((await self.published.covering(connection, newest)).note.encode())
            enclosed = await bundle_rows.enclosed_in(connection, [row["act_id"] for row in acts])
        # Looked up before the first byte is sent: afterwards no refusal could be told any more.
        streams = {sha256: self.files.content(await self.files.find(node, sha256)) for sha256 in enclosed}
        return Bundle(self, node, acts, events, note, streams)


@dataclass(slots=True)
class Bundle:
    """One download. While it runs it reads what it still needs, act by act."""

    made_by: Archivist
    node: str
    acts: list[StoredRow]
    events: list[StoredRow]
    note: Note | None
    streams: Mapping[str, AsyncIterator[bytes]]
    _zip: StreamedZip = field(default_factory=StreamedZip)
    _kids: set[str] = field(default_factory=set)
    _tokens: set[str] = field(default_factory=set)
    _prevs: set[str] = field(default_factory=set)

    async def stream(self) -> AsyncIterator[bytes]:
        """Yield the zip. If anything fails it breaks off, and what came is no zip."""
        for number, row in enumerate(self.acts, 1):
            yield await self._act(f"acts/{number:03d}-{row['act']}/", row)
        for row in self.events:
            yield await self._key_event(f"key-events/{row['node_id']}-{row['number']:03d}/", row)
        yield await self._keys()
        policy = suggested_policy(
            self.made_by.policy, self.note, self.made_by.log_vkey, self._exchange_pins(), self._node_pins()
        )
        yield self._zip.add("policy.txt", policy.encode())
        for name, file in _CARRIED.items():
            yield self._zip.add(name, (_HERE / file).read_bytes())
        for sha256, stream in self.streams.items():
            async for piece in self._zip.add_stream(f"attachments/{sha256}", stream):
                yield piece
        yield self._manifest()
        yield self._zip.end()

    async def _act(self, folder: str, row: StoredRow) -> bytes:
        async with reading(self.made_by.engine, self.node) as reader:
            connection = await raw(reader)
            act = await bundle_rows.act(connection, row["act_id"])
            proof = await self._proof(connection, row["log_index"])
        data_key = root_key(self.made_by.vault, str(row["root_id"]), act["data_key"])
        body = stored_body(data_key, str(row["act_id"]), act["body"])
        self._tokens.add(_sha256(act["jws"]))
        prev = strict_json.loads(body)["prev"]
        if prev is not None:
            self._prevs.add(prev)
        files = {"act.body": body, "act.jws": act["jws"].encode(), "entry.bin": row["entry"], "entry.tlog-proof": proof}
        if act["receipt"] is not None:
            files |= {"receipt.json": act["receipt"], "receipt.jws": act["receipt_jws"].encode()}
        self._kids |= {read_header(token).kid for token in (act["jws"], act["receipt_jws"]) if token is not None}
        return self._add(folder, files)

    async def _key_event(self, folder: str, row: StoredRow) -> bytes:
        async with reading(self.made_by.engine, self.node) as reader:
            connection = await raw(reader)
            proof = await self._proof(connection, row["log_index"])
        self._kids.add(read_header(row["jws"]).kid)
        if row["node_id"] == self.made_by.exchange_id:
            # The new key signed too: for the one that it followed.
            self._kids.add(row["kid"])
        files = {"request.body": row["body"], "request.jws": row["jws"].encode()}
        return self._add(folder, files | {"entry.bin": row["entry"], "entry.tlog-proof": proof})

    async def _proof(self, connection: "asyncpg.Connection[Any]", index: int) -> bytes:
        # The same checkpoint for all: then one signed root stands over the whole bundle.
        if self.note is None:
            raise ValueError("a proof needs a checkpoint")
        size = int(self.note.text.split("\n")[1])
        return str(LogProof(index, await inclusion_proof(connection, index, size), self.note)).encode()

    async def _keys(self) -> bytes:
        self._kids.add(self.made_by.keys.signing.kid)
        async with reading(self.made_by.engine, self.node) as reader:
            connection = await raw(reader)
            jwks = [json.loads(jwk) for jwk in await bundle_rows.keys(connection, self._kids)]
        jwks += [own.jwk for own in self.made_by.keys.public if own.kid in self._kids]
        keys = [load_public_jwk(jwk) for jwk in jwks]
        return self._add("keys/", {f"{key.kid}.pem": public_to_pem(key) for key in keys})

    def _exchange_pins(self) -> list[tuple[str, str]]:
        own = [jwk["kid"] for jwk in self.made_by.keys.jwks["keys"] if jwk["kid"] in self._kids]
        return [(self.made_by.exchange_id, kid) for kid in own]

    def _node_pins(self) -> list[tuple[str, str]]:
        # The key that signed each enrolment: whatever came later is signed by a key that goes back to one of them.
        headers = [(row["node_id"], read_header(row["jws"])) for row in self.events]
        return list(dict.fromkeys((node, header.kid) for node, header in headers if header.typ == typ.ENROLMENT))

    def _manifest(self) -> bytes:
        lines = [f"{digest}  {name}\n" for name, digest in sorted(self._zip.digests.items())]
        lines += [f"withheld {prev}\n" for prev in sorted(self._prevs - self._tokens)]
        body = "".join(lines).encode()
        made = self.made_by
        token = sign_detached(
            body,
            made.keys.signing,
            typ=TYP,
            iss=made.exchange_id,
            aud=self.node,
            iat=int(made.clock().timestamp()),
            jti=str(uuid4()),
        )
        return self._add("", {"manifest.txt": body, "manifest.jws": token.encode()})

    def _add(self, folder: str, files: Mapping[str, bytes]) -> bytes:
        return b"".join(self._zip.add(folder + name, content) for name, content in files.items())


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode("ascii")).hexdigest()
