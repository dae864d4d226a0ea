"""Leads played through the API, as patterns for many: each stands where leads of a county usually stand."""

import asyncio
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from app.casework.case import Case
from app.client import Agency, uuid7
from app.config import Settings
from app.db import create_engine, driver_connection
from app.registry.exchange_keys import OwnLog, WrappedKeys, log_origin, open_ring
from app.stored import root_key
from app.times import utc_now
from app.transparency.sequencer import open_tree, sequence
from app.vault import decrypt, open_vault
from bench.database import fetch
from bench.documents import HANDLER, SIGNATORY, offer_content, register_content, screen_content
from bench.exchange import EXCHANGE_ID, POLICE, TOWNSHIPS, Exchange
from bench.tallied import Tally, tallies

STAGES = ("registered", "screened", "offered", "received", "accepted", "accepted")
# A snapshot, cut at every id and every time: at odd places stands the number of an id, the lead's number, or a time.
LEAD_NO = "lead_no"
_TIME = r"(?<=\")[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9]{2}:[0-9]{2})(?=\")"


@dataclass(frozen=True, slots=True)
class Template:
    """One played lead: its ids in a fixed order, the lead's own first, its case cut at them, and what it adds up to."""

    lead_id: str
    registered_at: datetime
    last_seq: int
    ids: tuple[str, ...]
    pieces: tuple[str | datetime, ...]
    tallies: tuple[Tally, ...]


def play(exchange: Exchange, url: str) -> list[Template]:
    """Take leads through the API to every stage, for each township, and return them as templates."""
    leads = [_play(exchange, number, stage) for number, stage in enumerate(STAGES * len(TOWNSHIPS))]
    asyncio.run(_sequence(exchange.data_dir, url))
    return [_template(exchange.data_dir, url, lead_id) for lead_id in leads]


def _play(exchange: Exchange, number: int, stage: str) -> str:
    # Six stages and five townships: every township meets every stage, and each police organ as well.
    township = exchange.agencies[TOWNSHIPS[number % len(TOWNSHIPS)]]
    police = exchange.agencies[POLICE[number // 3 % len(POLICE)]]
    steps = STAGES.index(stage)
    lead_id, transfer_id = uuid7(), uuid7()
    _act(township, "lead.register", lead_id, register_content())
    if steps >= 1:
        _act(township, "lead.screen", lead_id, screen_content())
    if steps >= 2:
        content = offer_content(transfer_id, police.node_id)
        _act(township, "transfer.offer", lead_id, content, police)
        police.seen.newest[lead_id] = township.seen.newest[lead_id]
    if steps >= 3:
        received = {"received_at": datetime.now(UTC).isoformat(timespec="seconds"), "attachments_received": 0}
        _act(police, "transfer.receipt", lead_id, {"transfer_id": transfer_id, **received}, township)
    if steps >= 4:
        _act(police, "transfer.accept", lead_id, {"transfer_id": transfer_id}, township)
    return lead_id


def _act(agency: Agency, act: str, lead_id: str, content: dict[str, Any], *to: Agency) -> None:
    recipients = [one.node_id for one in to]
    agency.act(act, lead_id, content, recipients=recipients, signatory=SIGNATORY, handler=HANDLER)


async def _sequence(data_dir: Path, url: str) -> None:
    engine = create_engine(url, pool_size=1)
    try:
        store = WrappedKeys(open_vault(Settings(data_dir=data_dir)))
        keeper = OwnLog(await open_ring(engine, store, utc_now), log_origin(EXCHANGE_ID))
        async with driver_connection(engine) as connection:
            log = await keeper.current(connection, anew=False)
            tree, grown = None, await open_tree(connection, utc_now(), log)
            while tree is None or grown.size > tree.size:
                tree, grown = grown, await sequence(connection, utc_now, log, grown)
    finally:
        await engine.dispose()


def _template(data_dir: Path, url: str, lead_id: str) -> Template:
    rows = fetch(
        url,
        "SELECT act_id AS id FROM act WHERE root_id = $1::uuid UNION ALL SELECT subject_id FROM subject "
        "WHERE root_id = $1::uuid AND subject_id <> root_id UNION ALL SELECT deadline_id FROM deadline "
        "WHERE root_id = $1::uuid",
        lead_id,
    )
    ids = (lead_id, *(str(row["id"]) for row in rows))
    stored = fetch(url, 'SELECT * FROM "case" WHERE root_id = $1::uuid', lead_id)[0]
    acts = fetch(
        url, "SELECT sender, received_at FROM act WHERE root_id = $1::uuid AND sender <> $2", lead_id, EXCHANGE_ID
    )
    snapshot = _opened(data_dir, lead_id, stored)
    case = Case.model_validate_json(snapshot)
    lead = case.leads[lead_id]
    pieces = _pieces(snapshot, lead.lead_no, ids)
    return Template(lead_id, lead.registered_at, stored["last_seq"], ids, pieces, tuple(tallies(case, acts)))


def _opened(data_dir: Path, lead_id: str, stored: asyncpg.Record) -> str:
    key = root_key(open_vault(Settings(data_dir=data_dir)), lead_id, stored["data_key"])
    return decrypt(key, stored["snapshot"], lead_id.encode()).decode()


def _pieces(snapshot: str, lead_no: str, ids: tuple[str, ...]) -> tuple[str | datetime, ...]:
    names = {lead_no: LEAD_NO} | {one: str(number) for number, one in enumerate(ids)}
    cut = re.split(f"({'|'.join(map(re.escape, names))}|{_TIME})", snapshot)
    return tuple(
        (names.get(piece) or datetime.fromisoformat(piece)) if place % 2 else piece for place, piece in enumerate(cut)
    )
