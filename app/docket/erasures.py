"""Erasures on record outside the database, so that a backup of it brings nothing back.

After its commit each erasure is noted beside the attachments: which root, by which acts, signed by the exchange. A
service that starts holds the notes against the database, and erases again what was restored from before.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import structlog
from cryptography.exceptions import InvalidTag
from obstore.exceptions import BaseError
from sqlalchemy.ext.asyncio import AsyncEngine

from app import loops
from app.attachments.store import ERASURES, AttachmentStore
from app.casework.calendar import Calendar
from app.casework.case import Case, Lead, LeadState
from app.casework.records.erasure import ERASE, goes_with
from app.db import driver_connection
from app.deps import TimeSource
from app.docket.decrypted_case import DecryptedCase, gather_case
from app.docket.record import write
from app.docket.rows.case import SELECTED, CaseRow
from app.docket.rows.gathered import Rows
from app.errors import Problem
from app.registry.voice import Voice
from app.signing import strict_json, typ
from app.signing.jws import read_header, verify_detached
from app.signing.keys import PublicKey, load_public_jwk
from app.vault import Vault

TYP = typ.ERASURE
EVERY_SECONDS = 2.0
PATIENCE = 20.0
MOST_BYTES = 16 * 1024 * 1024  # of a note: whatever lies in its place is read into memory
_TO_KEEP = 'SELECT root_id::text, erased_at FROM "case" WHERE erased_at IS NOT NULL AND NOT erasure_kept LIMIT 100'
_ACTS = (
    "SELECT act_id::text, lead_id::text, sender, jws FROM act WHERE root_id = $1::uuid AND act = $2 ORDER BY root_seq"
)
_KEPT = 'UPDATE "case" SET erasure_kept = true WHERE root_id = $1::uuid'
# A store that was itself restored may lack some: they are noted again.
_LOST = """
    UPDATE "case" SET erasure_kept = false WHERE erased_at IS NOT NULL AND erasure_kept AND root_id <> ALL($1::uuid[])
        AND EXISTS (SELECT FROM act WHERE act.root_id = "case".root_id AND act.act = $2)
"""
_ALIVE = 'SELECT root_id::text FROM "case" WHERE root_id = ANY($1::uuid[]) AND erased_at IS NULL'
_CASE = f'SELECT {SELECTED} FROM "case" WHERE root_id = $1::uuid AND erased_at IS NULL FOR UPDATE'  # noqa: S608 (ours)
_log = structlog.get_logger(__name__)


class UnprovenErasure(Exception):
    """A note that no key of this exchange signed for this root. Nothing is erased by it."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """One root, when its content went, and by which acts: their ids by the leads that they erased."""

    root_id: str
    erased_at: datetime
    by: Mapping[str, str]


async def keep_erasures(
    engine: AsyncEngine, vault: Vault, store: AttachmentStore, voice: Voice, clock: TimeSource, *, compared: bool
) -> None:
    """Note every erasure outside the database, until cancelled. Several workers may do it at once.

    `compared` says whether the notes could be held against the database at the start; if not, that comes first.
    """
    while True:
        try:
            if not compared:
                await erase_again(engine, vault, store, voice)
                compared = True
            await note_erasures(engine, store, voice, clock())
        except (*loops.LOST, BaseError) as error:
            loops.end_if_cancelled()
            _log.warning("the notes of erasures wait for their store or the database", error=type(error).__name__)
        await asyncio.sleep(EVERY_SECONDS)


async def note_erasures(engine: AsyncEngine, store: AttachmentStore, voice: Voice, now: datetime) -> None:
    """Note what is not noted yet."""
    async with driver_connection(engine) as connection:
        for row in await connection.fetch(_TO_KEEP):
            root_id = row["root_id"]
            acts = [dict(act) for act in await connection.fetch(_ACTS, root_id, ERASE)]
            erased_at = row["erased_at"].isoformat()
            said = {"exchange": voice.exchange_id, "root_id": root_id, "erased_at": erased_at, "acts": acts}
            body = strict_json.dumps(said)
            jws = voice.sign(body, TYP, aud=voice.exchange_id, jti=root_id, now=now)
            await store.write(ERASURES + root_id, _once(jws.encode("ascii") + b"\n" + body))
            # In this order: killed between the two, it is noted once more in the same words.
            await connection.execute(_KEPT, root_id)


async def read_erasure(
    store: AttachmentStore, exchange: str, root_id: str, key_of: Callable[[str], PublicKey]
) -> Erasure:
    """Return the note of a root; raise `UnprovenErasure` unless a key of the exchange signed it for this root.

    `key_of` returns the exchange's key of an id, or raises KeyError.
    """
    if await store.size(ERASURES + root_id) > MOST_BYTES:
        raise UnprovenErasure(root_id)
    jws, _, body = (await store.whole(ERASURES + root_id)).partition(b"\n")
    try:
        token = jws.decode("ascii")
        verify_detached(token, body, key_of(read_header(token).kid), typ=TYP, iss=exchange, aud=exchange)
        said = strict_json.loads(body)
        by = {act["lead_id"]: act["act_id"] for act in said["acts"]}
        if said["root_id"] != root_id or not by:
            raise UnprovenErasure(root_id)
        return Erasure(root_id, datetime.fromisoformat(said["erased_at"]), by)
    except (Problem, KeyError, TypeError, ValueError) as error:
        raise UnprovenErasure(root_id) from error


def own_keys(voice: Voice) -> Callable[[str], PublicKey]:
    """Return how a public key of the exchange, of now or of earlier, is found by its id."""
    keys = {own.kid: own.jwk for own in voice.ring.keys.public}
    return lambda kid: load_public_jwk(keys[kid])


async def erased_again(engine: AsyncEngine, vault: Vault, store: AttachmentStore, voice: Voice) -> bool:
    """Do what `erase_again` does and return True; False, with a warning, if the store does not answer now."""
    try:
        await erase_again(engine, vault, store, voice)
    except (BaseError, OSError) as error:
        _log.warning("the notes of erasures cannot be read yet", error=type(error).__name__)
        return False
    return True


async def erase_again(engine: AsyncEngine, vault: Vault, store: AttachmentStore, voice: Voice) -> None:
    """Erase what is noted as erased and is there, as after a restored backup."""
    count = 0
    # A bucket that is away is asked again for minutes, and nobody could act meanwhile.
    async with asyncio.timeout(PATIENCE):
        noted = [root_id async for root_id in store.erasures()]
    async with driver_connection(engine) as connection:
        await connection.execute(_LOST, noted, ERASE)
        for row in await connection.fetch(_ALIVE, noted) if noted else ():
            try:
                erasure = await read_erasure(store, voice.exchange_id, row["root_id"], own_keys(voice))
                count += await _erase_one(connection, vault, erasure, voice.zone)
            except UnprovenErasure:
                _log.error("a note of an erasure is signed by no key of this exchange", root_id=row["root_id"])
            except (InvalidTag, ValueError):
                # Nobody reads what does not open, and it must not stand before the others.
                _log.error("what was erased before does not open, and stays as it is", root_id=row["root_id"])
    if count:
        _log.warning("erased again: the database was older than these erasures", roots=count)


async def _erase_one(connection: "asyncpg.Connection[Any]", vault: Vault, erasure: Erasure, zone: ZoneInfo) -> int:
    async with connection.transaction():
        row = await connection.fetchrow(_CASE, erasure.root_id)
        if row is None:
            return 0
        decrypted = DecryptedCase.stored(vault, CaseRow(**row))
        decrypted.outlast(vault)
        decrypted.touched = set(decrypted.case.leads)
        decrypted.touched_deadlines = {
            deadline.deadline_id for deadline in decrypted.case.deadlines if deadline.stopped is None
        }
        decrypted.case = _erased(decrypted.case, erasure)
        rows = Rows()
        gather_case(rows, decrypted, Calendar(), zone, erasure.erased_at)
        await write(connection, rows)
        await connection.execute(_KEPT, erasure.root_id)
    return 1


def _erased(case: Case, erasure: Erasure) -> Case:
    """Return a case as of its erasure. A lead that had not been split yet goes by the last act that erased a part."""
    last = list(erasure.by.values())[-1]

    def marked(lead: Lead) -> Lead:
        follows = lead.state is LeadState.SPLIT or goes_with(case, lead) is not None
        return lead if follows or lead.erased_by else lead.but(erased_by=erasure.by.get(lead.lead_id, last))

    return case.but(
        leads={lead_id: marked(lead) for lead_id, lead in case.leads.items()},
        deadlines=tuple(
            deadline if deadline.stopped else deadline.model_copy(update={"stopped": erasure.erased_at})
            for deadline in case.deadlines
        ),
    )


async def _once(piece: bytes) -> AsyncIterator[bytes]:
    yield piece
