"""Acts signed beforehand, in processes of their own: signing must not take the server's CPU while it is measured.

A signature is fresh for 300 s (docs/protocol.md section 2.2), so each round signs its own.
"""

import hashlib
import multiprocessing
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.client import build_body, path_of, uuid7
from app.signing.jws import sign_detached
from app.signing.keys import PrivateKey, load_private_pem, private_to_pem
from bench.documents import HANDLER, SIGNATORY, offer_content, register_content, screen_content
from bench.exchange import EXCHANGE_ID, POLICE, TOWNSHIPS, Exchange
from bench.load import Request


@dataclass(frozen=True, slots=True)
class Draft:
    """An act to sign."""

    act: str
    sender: str
    lead_id: str
    content: Mapping[str, Any]
    recipients: tuple[str, ...] = ()
    prev: str | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """A signed act, ready to send, and what a later act on its lead needs."""

    request: Request
    act_id: str
    sender: str
    lead_id: str
    jws_sha256: str


def register(number: int) -> Draft:
    return Draft("lead.register", TOWNSHIPS[number % len(TOWNSHIPS)], uuid7(), register_content())


def screen(lead: Ready) -> Draft:
    return Draft("lead.screen", lead.sender, lead.lead_id, screen_content(), prev=lead.jws_sha256)


def offer(lead: Ready, number: int) -> Draft:
    to = POLICE[number % len(POLICE)]
    return Draft("transfer.offer", lead.sender, lead.lead_id, offer_content(uuid7(), to), (to,), lead.jws_sha256)


@dataclass(frozen=True, slots=True)
class Signers:
    """Processes that hold the agencies' keys."""

    pool: ProcessPoolExecutor

    def sign(self, drafts: Sequence[Draft]) -> list[Ready]:
        """Return the drafts signed now, in order."""
        return list(self.pool.map(_sign, drafts, chunksize=200))


@contextmanager
def signers(exchange: Exchange) -> Iterator[Signers]:
    """Yield signers for every agency of the exchange, one process for each core."""
    keys = {node_id: private_to_pem(agency.keys.act) for node_id, agency in exchange.agencies.items()}
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(mp_context=spawn, initializer=_take_keys, initargs=(keys,)) as pool:
        yield Signers(pool)


_KEYS: dict[str, PrivateKey] = {}


def _take_keys(keys: Mapping[str, bytes]) -> None:
    _KEYS.update({node_id: load_private_pem(pem) for node_id, pem in keys.items()})


def _sign(draft: Draft) -> Ready:
    now = datetime.now(UTC)
    body = build_body(
        draft.act,
        draft.lead_id,
        draft.sender,
        draft.content,
        recipients=draft.recipients,
        prev=draft.prev,
        issued_at=now,
        document_no=f"甲政移〔2026〕{int.from_bytes(os.urandom(4))}号",
        title="关于河湾砂石料场有关问题的线索",
        signatory=SIGNATORY,
        handler=HANDLER,
    )
    act_id = uuid7()
    jws = sign_detached(
        body,
        _KEYS[draft.sender],
        typ="lead-act+jws",
        iss=draft.sender,
        aud=EXCHANGE_ID,
        iat=int(now.timestamp()),
        jti=act_id,
    )
    path = path_of(draft.act, draft.lead_id, draft.content)
    request = Request("POST", path, (("X-JWS-Signature", jws),), body)
    return Ready(request, act_id, draft.sender, draft.lead_id, hashlib.sha256(jws.encode()).hexdigest())
