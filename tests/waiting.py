"""Waiting for what another thread or process does: with a limit, and with words for what did not come."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
LIMIT = 60.0  # seconds; a loaded machine takes long for what a quiet one does at once
PAUSE = 0.05


def until(
    what: str, found: Callable[[], T | None], within: float = LIMIT, *, there: Callable[[], object] | None = None
) -> T:
    """Ask `found` until its answer is truthy, and return that answer.

    Raises AssertionError after `within` seconds; it names `what` was waited for, and what is `there` instead.
    """
    ends = time.monotonic() + within
    while not (answer := found()):
        if time.monotonic() > ends:
            raise _missed(what, within, there)
        time.sleep(PAUSE)
    return answer


async def until_async(what: str, found: Callable[[], Awaitable[T | None]], within: float = LIMIT) -> T:
    """Do the same where the answer has to be awaited."""
    ends = time.monotonic() + within
    while not (answer := await found()):
        if time.monotonic() > ends:
            raise _missed(what, within)
        await asyncio.sleep(PAUSE / 5)
    return answer


def _missed(what: str, within: float, there: Callable[[], object] | None = None) -> AssertionError:
    instead = f"; there is {there()!r}" if there else ""
    return AssertionError(f"waited {within:.0f} s for: {what}{instead}")
