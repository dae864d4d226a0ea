"""Acts signed beforehand, in processes of their own: signing must not take the server's CPU while it is measured.

A signature is fresh for 300 s (PROTOCOL section 2), so each round signs its own.
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
from bench.exchange import EXCHANGE_ID, POLICE, TOWNSHIPS, Exchange
from bench.load import Request

ALLEGATION = (
    "群众反映：甲镇河湾砂石料场经营者张某某等人自二〇二五年十月以来多次在料场路口堵截过往运料车辆，"
    "以「管理费」名义向司机收取钱款，不交钱的车辆被扎破轮胎、砸坏车窗；并多次到河湾桥工地阻挠施工，"
    "强迫施工方高价购买其砂石。反映人称有三名司机愿意作证，但担心遭到报复，请求为其保密。以上情况未经核实。"
)


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
    """Return a draft of `lead.register` as a township writes it: about 2 KB."""
    content = {
        "source": {
            "type": "public_report",
            "channel": "visit",
            "received_at": "2026-03-02T08:40:00+08:00",
            "external_no": f"JF-2026-{os.urandom(6).hex()}",
        },
        "place_code": "990121101",
        "occurred": {"from": "2025-10-01T00:00:00+08:00", "to": "2025-12-31T00:00:00+08:00"},
        "sectors": ["砂石", "道路运输"],
        "allegation": ALLEGATION,
        "persons": [
            {"token": "p1", "name": "张某某", "role": "reported", "position": "料场经营者"},
            {"token": "p2", "name": "李某某", "role": "victim", "phone": "0000-0000002"},
        ],
        "events": [
            {"token": "e1", "summary": "2025年10月至12月多次堵截运料车辆，收取「管理费」"},
            {"token": "e2", "summary": "2025年11月到河湾桥工地阻挠施工，强迫购买砂石"},
        ],
        "concerns_nodes": [],
    }
    return Draft("lead.register", TOWNSHIPS[number % len(TOWNSHIPS)], uuid7(), content)


def screen(lead: Ready) -> Draft:
    content = {
        "category": "disorder",
        "opinion": "反映内容具体，有时间、地点和事件，疑似行业乱象，建议移送公安机关核查。",
        "competent_node": POLICE[0],
        "concerns_nodes": [],
        "basis": "反有组织犯罪法第二十五条",
    }
    return Draft("lead.screen", lead.sender, lead.lead_id, content, prev=lead.jws_sha256)


def offer(lead: Ready, number: int) -> Draft:
    to = POLICE[number % len(POLICE)]
    content = {
        "transfer_id": uuid7(),
        "to": to,
        "route": "report_up",
        "basis": "反有组织犯罪法第二十五条",
        "competence_reason": "所反映行为发生在该局管辖区域内",
        "known_facts": "已核对：料场位于甲镇河湾，地磅无检定标识，路口有监控一处。其余为群众反映，未经查证。",
        "disclosure": "full",
        "feedback_by": "2026-04-30T17:00:00+08:00",
    }
    return Draft("transfer.offer", lead.sender, lead.lead_id, content, (to,), lead.jws_sha256)


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
        signatory={"name": "赵某某", "title": "镇长"},
        handler={"name": "钱某某", "phone": "0000-0000001"},
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
