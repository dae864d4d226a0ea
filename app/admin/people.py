"""People who administer an exchange: how they are added, and who they are at this moment."""

import asyncio
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import col, select

from app import locks
from app.admin.passwords import hashed, refusal_of
from app.admin.tables import ROLES, AdministratorRow
from app.casework.look_alikes import is_shown, scripts, skeleton


class PersonRefused(ValueError):
    """A person that cannot be added; the text says why and is fit for a terminal."""


@dataclass(frozen=True, slots=True)
class Administrator:
    """A person who proved who they are, with the roles that they have now."""

    name: str
    roles: tuple[str, ...]


async def add_person(engine: AsyncEngine, name: str, roles: Sequence[str], password: str, now: datetime) -> None:
    """Add a person; raises PersonRefused for a taken or malformed name, an unknown role, or a bad password.

    A name has 1 to 64 characters, no space and no control character, letters of one script, and does not look like that
    of another person; for a password see `refusal_of`.
    """
    if not _is_name(name) or not is_shown(name):
        raise PersonRefused("a name has 1 to 64 characters, all of them to be seen, and no space")
    if len(scripts(name)) > 1 or unicodedata.normalize("NFKC", name) != name:
        raise PersonRefused("a name has letters of one script, none of them full-width: others could look like it")
    if not roles or not set(roles) <= set(ROLES):
        raise PersonRefused(f"roles are one or more of {', '.join(ROLES)}")
    bad = refusal_of(password, name)
    if bad is not None:
        raise PersonRefused(bad)
    row = {
        "name": name,
        "roles": sorted(set(roles)),
        "password_hash": await asyncio.to_thread(hashed, password),
        "created_at": now,
    }
    written = insert(AdministratorRow).values(row).on_conflict_do_nothing().returning(col(AdministratorRow.name))
    async with AsyncSession(engine) as session, session.begin():
        await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": locks.NAMES})
        known = await session.scalars(select(AdministratorRow.name))
        alike = [other for other in known if skeleton(other) == skeleton(name)]
        if alike or (await session.execute(written)).first() is None:
            raise PersonRefused(f"there is already a person named {alike[0] if alike else name}")


async def find_person(engine: AsyncEngine, name: str) -> Administrator | None:
    """Return the person as of now, or None if there is none or it is disabled."""
    row = await row_of(engine, name)
    return None if row is None else Administrator(row.name, tuple(row.roles))


def _is_name(name: str) -> bool:
    """The table's own pattern, and stricter: what no terminal shows is in no name."""
    return 1 <= len(name) <= 64 and name.isprintable() and " " not in name


async def row_of(engine: AsyncEngine, name: str) -> AdministratorRow | None:
    """Return the row of a person, or None if there is none or it is disabled."""
    if not _is_name(name):
        return None
    async with AsyncSession(engine) as session:
        row = await session.get(AdministratorRow, name)
    return None if row is None or row.disabled_at is not None else row
