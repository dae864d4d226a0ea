"""People and their passwords: Argon2id, the same work for an unknown name, and a brake on guessing."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import col

from app.admin.tables import ROLES, AdministratorRow
from app.errors import TooManyRequests, Unauthenticated

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 1024
MAX_FAILURES = 5
FAILURE_WINDOW = timedelta(minutes=1)
_hasher = PasswordHash.recommended()


class PersonRefused(ValueError):
    """A person that cannot be added; the text says why and is fit for a terminal."""


@dataclass(frozen=True, slots=True)
class Administrator:
    """A person who proved who they are, with the roles that they have now."""

    name: str
    roles: tuple[str, ...]


async def add_person(engine: AsyncEngine, name: str, roles: Sequence[str], password: str, now: datetime) -> None:
    """Add a person; raises PersonRefused for a taken or malformed name, an unknown role, or a bad password.

    A name has 1 to 64 characters, no space and no control character; a password has 8 to 1024 characters.
    """
    if not _is_name(name):
        raise PersonRefused("a name has 1 to 64 characters without spaces")
    if not roles or not set(roles) <= set(ROLES):
        raise PersonRefused(f"roles are one or more of {', '.join(ROLES)}")
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise PersonRefused(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    row = {
        "name": name,
        "roles": sorted(set(roles)),
        "password_hash": await asyncio.to_thread(_hasher.hash, password),
        "created_at": now,
    }
    written = insert(AdministratorRow).values(row).on_conflict_do_nothing().returning(col(AdministratorRow.name))
    async with AsyncSession(engine) as session, session.begin():
        if (await session.execute(written)).first() is None:
            raise PersonRefused(f"there is already a person named {name}")


async def find_person(engine: AsyncEngine, name: str) -> Administrator | None:
    """Return the person as of now, or None if there is none or it is disabled."""
    row = await _row(engine, name)
    return None if row is None or row.disabled_at is not None else _as_administrator(row)


@dataclass(slots=True)
class Door:
    """Where passwords are checked, once in a process: two at a time, since each takes 64 MiB and a core."""

    _turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
    _failures: dict[str, deque[datetime]] = field(default_factory=dict)

    async def verify_password(self, engine: AsyncEngine, name: str, password: str, now: datetime) -> Administrator:
        """Return the person; raises Unauthenticated, or TooManyRequests after five failures in a minute.

        The count is this process's own, and for names that do not exist too: it must not tell which do.
        """
        failures = self._recent_failures(name[:64], now)
        if len(failures) >= MAX_FAILURES:
            raise TooManyRequests(
                "Too many failed attempts for this name; wait a minute.",
                "该用户名登录失败次数过多，请一分钟后再试。",
            )
        # Counted before the work, taken back after success: parallel guesses would all pass the check above.
        failures.append(now)
        row = await _row(engine, name)
        known = row is not None and row.disabled_at is None
        decoy = await asyncio.to_thread(_decoy)
        stored = row.password_hash if row is not None and known else decoy
        async with self._turn:
            matches = await asyncio.to_thread(_matches, password[:LONGEST_PASSWORD], stored)
        if row is None or not known or not matches:
            raise Unauthenticated("The name or the password is wrong.", "用户名或密码错误。")
        failures.clear()
        return _as_administrator(row)

    def _recent_failures(self, name: str, now: datetime) -> deque[datetime]:
        if len(self._failures) > 10_000:
            self._failures = {
                known: times for known, times in self._failures.items() if times and times[-1] > now - FAILURE_WINDOW
            }
        failures = self._failures.setdefault(name, deque(maxlen=MAX_FAILURES))
        while failures and failures[0] <= now - FAILURE_WINDOW:
            failures.popleft()
        return failures


@cache
def _decoy() -> str:
    """Return a hash to compare with where a name is unknown, so that this answer takes as long; made once."""
    return _hasher.hash("nobody has this password")


def _matches(password: str, stored: str) -> bool:
    try:
        return _hasher.verify(password, stored)
    except (PwdlibError, ValueError):
        return False


def _is_name(name: str) -> bool:
    """The table's own pattern, and stricter: what no terminal shows is in no name."""
    return 1 <= len(name) <= 64 and name.isprintable() and " " not in name


async def _row(engine: AsyncEngine, name: str) -> AdministratorRow | None:
    if not _is_name(name):
        return None
    async with AsyncSession(engine) as session:
        return await session.get(AdministratorRow, name)


def _as_administrator(row: AdministratorRow) -> Administrator:
    return Administrator(row.name, tuple(row.roles))
