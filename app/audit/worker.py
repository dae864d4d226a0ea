"""One process of an audit: its own connection, in the snapshot that all of them share."""

import asyncio
import signal
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, TypeVar

import asyncpg
from cryptography.exceptions import InvalidTag
from sqlalchemy.ext.asyncio import AsyncConnection

from app.attachments.store import AttachmentStore
from app.audit.cases.compare import Basis
from app.audit.cases.erasure_notes import ErasureNotes
from app.audit.cases.rows import check_cases
from app.audit.cases.surroundings import read_surroundings
from app.audit.contradiction import Contradiction
from app.audit.files import check_files as check_stored_files
from app.audit.files import require_store
from app.audit.log.acts import Examiner
from app.audit.log.check import StretchResult, check_stretch
from app.audit.log.queue import WaitingResult, WaitingStretch
from app.audit.log.queue import check_waiting as check_waiting_stretch
from app.audit.log.stretch import Stretch
from app.audit.register.key_book import KeyBook, Keys
from app.config import Settings
from app.db import create_engine, raw
from app.docket.index_keys import read_index_keys
from app.docket.local_limits import read_limits
from app.registry.exchange_keys import log_origin
from app.vault import Vault, open_vault

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Orders:
    """The orders that every process of an audit gets at its start."""

    settings: Settings
    url: str
    snapshot: str | None
    book: KeyBook


class Worker:
    """Holds one read-only transaction in the audit's snapshot for as long as the process lives."""

    def __init__(self, orders: Orders) -> None:
        self._runner = asyncio.Runner()
        self._vault: Vault = open_vault(orders.settings)
        self._settings = orders.settings
        self._store: AttachmentStore | None = None
        exchange = orders.settings.exchange_id
        self._examiner = Examiner(Keys(orders.book), exchange, log_origin(exchange))
        self._connection, self._basis = self._runner.run(_join(orders, self._vault))

    def log(self, stretch: Stretch) -> StretchResult:
        return self._run(lambda connection: check_stretch(connection, self._vault, self._examiner, stretch))

    def waiting(self, stretch: WaitingStretch) -> WaitingResult:
        return self._run(lambda connection: check_waiting_stretch(connection, self._vault, self._examiner, stretch))

    def cases(self, root_ids: Sequence[str]) -> Counter[str]:
        return self._run(lambda connection: check_cases(connection, self._vault, self._basis, root_ids))

    def files(self, object_keys: Sequence[str]) -> int:
        store = self._store = self._store or require_store(self._settings)
        return self._run(lambda connection: check_stored_files(connection, self._vault, store, object_keys))

    def close(self) -> None:
        """Give the connection back."""
        self._runner.run(self._leave())
        self._runner.close()

    async def _leave(self) -> None:
        await self._connection.close()
        await self._connection.engine.dispose()

    def _run(self, check: Callable[["asyncpg.Connection[Any]"], Coroutine[Any, Any, T]]) -> T:
        async def run() -> T:
            return await check(await raw(self._connection))

        return self._runner.run(run())


async def _join(orders: Orders, vault: Vault) -> tuple[AsyncConnection, Basis]:
    engine = create_engine(orders.url, pool_size=1, application_name="leadbridge-audit")
    connection = await engine.connect()
    driver = await raw(connection)
    await begin(driver, orders.snapshot)
    limits = read_limits(orders.settings.deadlines_file)
    surroundings = await read_surroundings(driver, orders.settings.zone, limits)
    return connection, Basis(surroundings, await index_key_of(driver, vault), ErasureNotes(orders.settings))


async def index_key_of(connection: "asyncpg.Connection[Any]", vault: Vault) -> bytes:
    """Return the key of the index of numbers; raise `Contradiction` if the master key does not open it."""
    # An exchange that never served has none, and no case either; a reader must not make them.
    if not await connection.fetchval("SELECT EXISTS (SELECT FROM secret WHERE name = 'lead-number')"):
        return b""
    try:
        return (await read_index_keys(connection, vault)).numbers
    except InvalidTag as error:
        raise Contradiction("secret", "lead-number", "it does not open under the master key") from error


async def begin(connection: "asyncpg.Connection[Any]", snapshot: str | None) -> None:
    """Begin a read-only transaction that lasts as long as the connection, in a snapshot that was exported."""
    await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    if snapshot is not None:
        quoted = snapshot.replace("'", "")
        await connection.execute(f"SET TRANSACTION SNAPSHOT '{quoted}'")


_mine = threading.local()


def open_pool(jobs: int, orders: Orders) -> Executor:
    """Return as many workers as are asked for: processes, or a thread of this one where one is enough."""
    if jobs == 1:
        return ThreadPoolExecutor(1, initializer=_start, initargs=(orders,))
    spawn = get_context("spawn")
    return ProcessPoolExecutor(jobs, mp_context=spawn, initializer=_start_process, initargs=(orders,))


def _start_process(orders: Orders) -> None:
    # Ctrl-C is for the process that is served; it ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _start(orders)


def _start(orders: Orders) -> None:
    _mine.worker = Worker(orders)


def end() -> None:
    """Close the worker of this thread; processes close theirs by ending."""
    _mine.worker.close()


def check_log(stretch: Stretch) -> StretchResult:
    done: StretchResult = _mine.worker.log(stretch)
    return done


def check_waiting(stretch: WaitingStretch) -> WaitingResult:
    done: WaitingResult = _mine.worker.waiting(stretch)
    return done


def check_files(object_keys: Sequence[str]) -> int:
    count: int = _mine.worker.files(object_keys)
    return count


def check_case_rows(root_ids: Sequence[str]) -> Counter[str]:
    count: Counter[str] = _mine.worker.cases(root_ids)
    return count
