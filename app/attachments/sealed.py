"""Sealed parts: served to their recipient alone, and only while an opening of that recipient runs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from app.attachments.queries import NAMING, StoredFile, named_file
from app.casework.records.identity import Opening, running_openings
from app.db import raw, reading
from app.errors import ForbiddenAct, InvalidDocument, NotFound
from app.stored import erased_by, root_key, stored_case
from app.vault import Vault

_PARTS = f"""
    SELECT {NAMING}, c.snapshot FROM enclosed e
    JOIN act_reader r ON r.act_id = e.act_id AND r.node_id = e.sealed_for
    JOIN act a ON a.act_id = e.act_id JOIN "case" c ON c.root_id = a.root_id
    WHERE e.sha256 = $1 AND e.sealed_for = $2
"""  # noqa: S608 (ours)


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A sealed part that its recipient may fetch now, and the opening by which it may."""

    file: StoredFile
    opening_id: UUID


async def find_sealed(
    engine: AsyncEngine,
    vault: Vault,
    node_id: str,
    sha256: bytes,
    person: str | None,
    purpose: str | None,
    now: datetime,
) -> SealedFile:
    """Return the part that was sealed for a node, for a person who is a reader of an opening that runs.

    Raises `NotFound` for everybody else and while nothing runs, `InvalidDocument` if the person or the purpose is not
    said, `ForbiddenAct` if the person is no reader.
    """
    async with reading(engine, node_id) as reader:
        rows = await (await raw(reader)).fetch(_PARTS, sha256, node_id)
    found = [(row, opening) for row in rows for opening in _running(vault, row, node_id, now)]
    if not found:
        raise NotFound
    if person is None or purpose is None:
        raise InvalidDocument(
            "To fetch a sealed part say who reads, and what for: X-Acting-Person and X-Purpose.",
            "读取密封件应当在 X-Acting-Person 和 X-Purpose 中说明查阅人和用途。",
        )
    for row, opening in found:
        if opening.lets(person):
            return SealedFile(named_file(vault, sha256, row), UUID(opening.opening_id))
    raise ForbiddenAct("This person is no reader of the opening.", "该人员不在拆封授权的查阅人之列。")


def _running(vault: Vault, row: Any, node_id: str, now: datetime) -> tuple[Opening, ...]:
    if erased_by(vault, node_id, row) is not None:
        return ()
    root_id = str(row["root_id"])
    case = stored_case(root_key(vault, root_id, row["data_key"]), root_id, row["snapshot"])
    return running_openings(case, node_id, str(row["act_id"]), now)
