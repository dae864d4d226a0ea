"""The door of people: passwords are checked one after the other, beside the acts and never before them."""

import asyncio
import contextlib
import ipaddress
import math
import os
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from app.admin.passwords import matches
from app.admin.people import Administrator, row_of
from app.errors import Overloaded, TooManyRequests, Unauthenticated

MAX_FAILURES = 5
FAILURE_WINDOW = timedelta(minutes=1)
MOST_WAITING = 16
MOST_REMEMBERED = 10_000
NICENESS = 10
Guess = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A name and a password, from where they came, and a way to ask whether whoever sent them has hung up."""

    name: str
    password: str
    address: str
    gone: Callable[[], Awaitable[bool]]


def _step_back() -> None:
    """Let every other thread go first; those that Argon2 starts for its lanes inherit it on Linux."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


@dataclass(slots=True)
class Door:
    """Where passwords are checked, once in a process.

    Each check takes 64 MiB and a core, so there is one at a time; `checked` counts them. Failures are counted by name
    and address together: a guesser shuts out himself, and nobody who logs in from elsewhere.
    """

    checked: int = 0
    _waiting: int = 0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="passwords", initializer=_step_back)
    )
    _failures: dict[Guess, deque[datetime]] = field(default_factory=dict)

    async def verify_password(self, engine: AsyncEngine, attempt: Attempt, now: datetime) -> Administrator:
        """Return the person; raises Unauthenticated.

        Raises TooManyRequests after five failures in a minute, for names that do not exist too: it must not tell which
        do. Raises Overloaded while sixteen others wait. Both say when to come again.
        """
        failures = self._recent_failures((_network(attempt.address), attempt.name[:64]), now)
        if len(failures) >= MAX_FAILURES:
            raise _too_many(failures[0] + FAILURE_WINDOW - now)
        if self._waiting >= MOST_WAITING:
            raise _busy()
        # Counted before the work, taken back after success: parallel guesses would all pass the check above.
        failures.append(now)
        self._waiting += 1
        try:
            async with self._turn:
                return await self._checked(engine, attempt, failures)
        finally:
            self._waiting -= 1

    async def _checked(self, engine: AsyncEngine, attempt: Attempt, failures: deque[datetime]) -> Administrator:
        # Nobody waits for the answer any more: the work is for those who do.
        if await attempt.gone():
            raise _busy()
        row = await row_of(engine, attempt.name)
        self.checked += 1
        stored = None if row is None else row.password_hash
        loop = asyncio.get_running_loop()
        if not await loop.run_in_executor(self._thread, matches, attempt.password, stored) or row is None:
            raise Unauthenticated("The name or the password is wrong.", "用户名或密码错误。")
        failures.clear()
        return Administrator(row.name, tuple(row.roles))

    def _recent_failures(self, guess: Guess, now: datetime) -> deque[datetime]:
        if len(self._failures) >= MOST_REMEMBERED and guess not in self._failures:
            recent = {
                known: times for known, times in self._failures.items() if times and times[-1] > now - FAILURE_WINDOW
            }
            # The oldest half goes if all of them are recent: memory stays bounded whoever guesses.
            self._failures = dict(list(recent.items())[-MOST_REMEMBERED // 2 :])
        failures = self._failures.setdefault(guess, deque(maxlen=MAX_FAILURES))
        while failures and failures[0] <= now - FAILURE_WINDOW:
            failures.popleft()
        return failures


def _network(address: str) -> str:
    """Return what one client has for itself: an IPv4 address, or a /64 of IPv6 (RFC 6177)."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    return address if known.version == 4 else str(ipaddress.ip_network((known, 64), strict=False))


def _too_many(wait: timedelta) -> TooManyRequests:
    return TooManyRequests(
        "Too many failed attempts for this name from this address; wait a minute.",
        "该用户名在此地址登录失败次数过多，请一分钟后再试。",
        headers={"Retry-After": str(max(1, math.ceil(wait.total_seconds())))},
    )


def _busy() -> Overloaded:
    return Overloaded("Too many people log in at once.", "同时登录的人员过多，请稍后再试。", retry_after=2)
