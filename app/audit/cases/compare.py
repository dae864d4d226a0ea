"""Every stored case held against its acts: folded anew through the rules, it must come out exactly as it is stored.

Reads only. Each case is read in a transaction of its own, so it may run beside a service that takes acts.
"""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import asyncpg
from cryptography.exceptions import InvalidTag
from sqlalchemy.ext.asyncio import AsyncEngine

from app.audit.cases.differences import Differs, verify_same
from app.audit.cases.erasure_notes import ErasureNotes
from app.audit.cases.refold import Recorded, fold
from app.audit.cases.surroundings import Surroundings, read_surroundings
from app.audit.cases.tombstones import verify_tombstone
from app.casework.case import Case
from app.casework.limits import Limits
from app.casework.records.erasure import ERASE
from app.config import Settings
from app.db import driver_connection
from app.docket.index_keys import number_digest, read_index_keys
from app.docket.rows.case import SELECTED, CaseRow
from app.stored import StoredRow, root_key, stored_body, stored_case
from app.vault import Vault

PAGE = 200
_ROOTS = 'SELECT root_id FROM "case" WHERE root_id > $1::uuid ORDER BY root_id LIMIT $2'
_CASES = f'SELECT {SELECTED} FROM "case" WHERE root_id = ANY($1::uuid[])'  # noqa: S608 (ours)
_ACTS = """
    SELECT root_id::text, root_seq, lead_id::text, act_id::text, sender, act, jws, body,
           body_sha256, receipt, received_at
    FROM act WHERE root_id = ANY($1::uuid[]) ORDER BY root_id, root_seq
"""
_NUMBERS = "SELECT lead_id::text, digest FROM lead_number WHERE act_id IS NULL AND lead_id = ANY($1::uuid[])"
_NO_ID = "00000000-0000-0000-0000-000000000000"


@dataclass(slots=True)
class RebuildCount:
    """How much was rebuilt so far."""

    cases: int = 0
    acts: int = 0


class CaseDiffers(Exception):
    """The first case that is not what its acts make of it."""

    def __init__(self, root_id: str, where: str) -> None:
        super().__init__(f"case {root_id}: {where}")
        self.root_id = root_id


@dataclass(frozen=True, slots=True)
class Basis:
    """The basis on which a stored case is compared beside its own acts: what was given, and what is noted outside."""

    surroundings: Surroundings
    index_key: bytes
    notes: ErasureNotes


@dataclass(frozen=True, slots=True)
class StoredCase:
    """A stored case with everything on its record, decrypted; of a case that was erased the bodies are empty."""

    case: Case
    last_seq: int
    rows: Sequence[Recorded]
    is_erased: bool
    numbers: set[tuple[str, bytes]] = field(default_factory=set)


async def check(
    engine: AsyncEngine, vault: Vault, settings: Settings, limits: Limits, progress: Callable[[RebuildCount], None]
) -> RebuildCount:
    """Rebuild every case and return how many there were; raise `CaseDiffers` for the first that is stored otherwise.

    `progress` is called after every page of cases.
    """
    count, after, notes = RebuildCount(), _NO_ID, ErasureNotes(settings)
    async with driver_connection(engine) as connection:
        index_key = (await read_index_keys(connection, vault)).numbers
        while page := await connection.fetch(_ROOTS, after, PAGE):
            basis = Basis(await read_surroundings(connection, settings.zone, limits), index_key, notes)
            for after in (str(row["root_id"]) for row in page):
                try:
                    count.acts += await _check_one(connection, vault, after, basis)
                except Differs:
                    # Perhaps an act came since, from a node or by a calendar that was not known above.
                    basis = replace(basis, surroundings=await read_surroundings(connection, settings.zone, limits))
                    try:
                        count.acts += await _check_one(connection, vault, after, basis)
                    except Differs as differs:
                        raise CaseDiffers(after, str(differs)) from differs
                count.cases += 1
            progress(count)
    return count


async def _check_one(connection: "asyncpg.Connection[Any]", vault: Vault, root_id: str, basis: Basis) -> int:
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        stored = or_raise((await read_stored_cases(connection, vault, [root_id])).get(root_id))
        await verify_rebuilt(connection, root_id, stored, basis)
    return len(stored.rows)


async def verify_rebuilt(connection: "asyncpg.Connection[Any]", root_id: str, stored: StoredCase, basis: Basis) -> Case:
    """Return the stored case; raise `Differs` unless its acts and notices make exactly this case.

    Of a case that was erased what stays must be what erasing leaves.
    """
    if stored.last_seq != len(stored.rows):
        raise Differs(f"last_seq: {stored.last_seq} stored, {len(stored.rows)} acts and notices on record")
    if stored.is_erased:
        outside: frozenset[str] = frozenset()
        if {lead.erased_by for lead in stored.case.leads.values()} - {None, *(row.act_id for row in stored.rows)}:
            outside = await basis.notes.acts_for(connection, root_id)
        return verify_tombstone(stored.case, stored.rows, outside)
    for lead in stored.case.leads.values():
        digest = number_digest(basis.index_key, lead.lead_no)
        if not any(of == lead.lead_id and hmac.compare_digest(known, digest) for of, known in stored.numbers):
            raise Differs(f"leads.{lead.lead_id}.lead_no is not the number that the lead was given")
    failed: Differs | None = None
    for rebuilt in fold(root_id, stored.rows, basis.surroundings, stored.case):
        try:
            return verify_same(stored.case, rebuilt)
        except Differs as differs:
            failed = failed or differs
    raise failed or Differs("nothing is on record")


async def read_stored_cases(
    connection: "asyncpg.Connection[Any]", vault: Vault, root_ids: Sequence[str]
) -> dict[str, StoredCase | Differs]:
    """Return these cases with what is on their record, or why one does not open; one that is gone is left out."""
    recorded: dict[str, list[Any]] = {root_id: [] for root_id in root_ids}
    for act in await connection.fetch(_ACTS, root_ids):
        recorded[act["root_id"]].append(act)
    cases: dict[str, StoredCase | Differs] = {}
    for row in await connection.fetch(_CASES, root_ids):
        cases[row["root_id"]] = _read_case(vault, CaseRow(**row), recorded[row["root_id"]])
    leads = {lead_id: case for case in cases.values() if isinstance(case, StoredCase) for lead_id in case.case.leads}
    for number in await connection.fetch(_NUMBERS, list(leads)):
        leads[number["lead_id"]].numbers.add((number["lead_id"], number["digest"]))
    return cases


def or_raise(stored: StoredCase | Differs | None) -> StoredCase:
    """Return a case that was read; raise `Differs` for one that does not open or is gone."""
    if isinstance(stored, Differs):
        raise stored
    if stored is None:
        raise Differs("it is gone")
    return stored


def _read_case(vault: Vault, row: CaseRow, acts: Sequence[StoredRow]) -> StoredCase | Differs:
    try:
        data_key = root_key(vault, row.root_id, row.data_key)
        case = stored_case(data_key, row.root_id, row.snapshot)
        lasting = root_key(vault, row.root_id, row.next_key) if row.next_key else data_key
        is_erased = row.erased_at is not None
        keys = {ERASE: lasting}
        rows = [_recorded(keys.get(act["act"], None if is_erased else data_key), act) for act in acts]
    except (InvalidTag, ValueError):
        return Differs("what is stored does not open: another key, or other bytes than were written")
    return StoredCase(case, row.last_seq, rows, is_erased)


def _recorded(data_key: bytes | None, row: StoredRow) -> Recorded:
    return Recorded(
        seq=row["root_seq"],
        lead_id=row["lead_id"],
        act_id=row["act_id"],
        sender=row["sender"],
        act=row["act"],
        jws=row["jws"],
        body=b"" if data_key is None else stored_body(data_key, row["act_id"], row["body"]),
        body_sha256=row["body_sha256"],
        receipt=row["receipt"],
        received_at=row["received_at"],
    )
