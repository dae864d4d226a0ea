"""The audit: one snapshot, checked by several processes; the first contradiction is raised, in a fixed order.

First the register, then the log in its order (entries, their acts, tree, checkpoints, inboxes) and what waits for it,
then the cases in the order of their ids with the rows that follow from them, last what belongs to nothing.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from typing import Any

import asyncpg

from app.access.checking import check_access_log
from app.audit import worker
from app.audit.cases.differences import Differs
from app.audit.cases.erasure_notes import ErasureNotes
from app.audit.cases.orphans import require_no_orphans
from app.audit.contradiction import Contradiction
from app.audit.files import count_files, file_tasks, require_store
from app.audit.in_order import in_order
from app.audit.kept_outside import require_kept
from app.audit.log.check import StretchResult
from app.audit.log.inboxes import join, require_no_more
from app.audit.log.key_notices import require_logged
from app.audit.log.queue import WaitingStretch, require_queued_once
from app.audit.log.stretch import KnownRoot, Stretch
from app.audit.progress import Progress
from app.audit.register.node_keys import read_keys
from app.audit.request import AuditRequest, AuditResult
from app.audit.saved_state import State, read_state, write_state
from app.audit.witnessed_logs import Witnessing, read_witnessing
from app.config import Settings
from app.db import create_engine, driver_connection
from app.transparency.assembly import read_policy
from app.transparency.tree import EMPTY, EMPTY_ROOT, grow
from app.vault import open_vault

STRETCH = 2048
PAGE = 250
_SIZE = "SELECT coalesce(max(log_index) + 1, 0) FROM log_entry"
_WAITING = "SELECT ordinal FROM unsequenced ORDER BY ordinal"
_LEAVES = "SELECT leaf_hash FROM log_entry WHERE log_index >= $1 AND log_index < $2 ORDER BY log_index"
_ROOTS = 'SELECT root_id::text FROM "case" WHERE root_id > $1::uuid ORDER BY root_id LIMIT $2'
_NO_ID = "00000000-0000-0000-0000-000000000000"


class Audit:
    """One run over one snapshot."""

    def __init__(self, connection: "asyncpg.Connection[Any]", settings: Settings, request: AuditRequest) -> None:
        self._connection = connection
        self._settings = settings
        self._exchange = settings.exchange_id
        self._notes = ErasureNotes(settings)
        self._request = request
        self._count: Counter[str] = Counter()
        self._inboxes: dict[str, int] = {}
        self.size = 0
        self.root = EMPTY_ROOT
        self._state: State | None = None
        self._waiting: list[int] = []
        self._first_late: str | None = None
        self._policy = read_policy(settings.witness_policy)
        self._witnessing = Witnessing()

    async def open(self) -> tuple[int, int, int]:
        """Find how much there is: entries (waiting ones too), cases, files to read.

        Raises `Contradiction` for a log shorter than what was kept of it, and for a witnessed log that went back;
        `StoreUnreadable` if there are files and no store.
        """
        if self._request.state is not None:
            self._state = read_state(self._request.state, self._exchange)
        self.size = await self._connection.fetchval(_SIZE)
        for known in self._known():
            if known.size > self.size:
                raise Contradiction(
                    "log_entry", f"{self.size} to {known.size - 1}", f"gone: {known.source} has a longer log"
                )
        before = self._state.witnessed if self._state else {}
        self._witnessing = await read_witnessing(self._connection, self._policy, before)
        self._waiting = [row["ordinal"] for row in await self._connection.fetch(_WAITING)]
        cases = await self._connection.fetchval('SELECT count(*) FROM "case"')
        files = await count_files(self._connection) if self._request.files else 0
        if files:
            require_store(self._settings)
        return self.size + len(self._waiting), cases, files

    async def log(self, pool: Executor, progress: Progress) -> None:
        """Check the log and everything in it, stretch by stretch."""
        async for done in in_order(pool, worker.check_log, self._stretches(), self._request.jobs):
            join(self._inboxes, sorted(done.inboxes.items()))
            self._count += Counter(enclosed=done.enclosed, late=done.late)
            self._first_late = self._first_late or done.first_late
            progress.log(done.end)
            self._reached(done)
        await require_no_more(self._connection, self._inboxes)
        await require_queued_once(self._connection)
        async for waiting in in_order(pool, worker.check_waiting, self._queue(), self._request.jobs):
            self._count += Counter(enclosed=waiting.enclosed, waiting=waiting.rows)
            progress.log(self.size + self._count["waiting"])
        await require_logged(self._connection)

    async def cases(self, pool: Executor, progress: Progress) -> None:
        """Check the cases and their rows, page by page; then that there are no others."""
        async for count in in_order(pool, worker.check_case_rows, self._pages(), self._request.jobs):
            self._count += count
            progress.cases(self._count["cases"])
        await require_no_orphans(self._connection, self.size, self._count)
        await self._nothing_came_back()
        await require_kept(self._connection, self._request.outside)
        for fault in (await check_access_log(self._connection)).faults:
            raise Contradiction("access_log", *fault.split(": ", 1))

    async def _nothing_came_back(self) -> None:
        try:
            there = await self._notes.still_there(self._connection)
        except Differs as differs:
            raise Contradiction("note of an erasure", "beside the attachments", str(differs)) from differs
        if there is not None:
            raise Contradiction(
                "case", there, "a note outside says that it was erased, and it is here: start the service"
            )

    async def files(self, pool: Executor, progress: Progress) -> None:
        """Read the files that acts name, if that is request."""
        if self._request.files:
            async for count in in_order(pool, worker.check_files, file_tasks(self._connection), self._request.jobs):
                self._count += Counter(files=count)
                progress.files(self._count["files"])

    def result(self) -> AuditResult:
        saved = self._state.size if self._state else 0
        return AuditResult(
            entries=self.size,
            root=self.root,
            acts=self._count["act"],
            cases=self._count["cases"],
            saved=saved,
            waiting=len(self._waiting),
            late=self._count["late"],
            first_late=self._first_late,
            files=self._count["files"] if self._request.files else None,
            witnessing=self._witnessing,
        )

    def _known(self) -> tuple[KnownRoot, ...]:
        mine = (KnownRoot(str(self._request.state), self._state.size, self._state.root),) if self._state else ()
        return (*self._request.outside.roots, *mine)

    async def _stretches(self) -> AsyncIterator[Stretch]:
        tree, known = EMPTY, self._known()
        signed_to = self._state.size if self._state else 0
        for start in range(0, max(self.size, 1), STRETCH):
            end = min(start + STRETCH, self.size)
            here = tuple(root for root in known if start < root.size <= end)
            yield Stretch(start, end, tree, signed_to, here)
            # The stored hashes only place the next stretch: each stretch is computed from the entries themselves.
            leaves = await self._connection.fetch(_LEAVES, start, end)
            tree, _ = grow(tree, [row["leaf_hash"] for row in leaves])

    async def _queue(self) -> AsyncIterator[WaitingStretch]:
        for start in range(0, len(self._waiting), STRETCH):
            ordinals = self._waiting[start : start + STRETCH]
            yield WaitingStretch(ordinals[0], ordinals[-1])

    async def _pages(self) -> AsyncIterator[list[str]]:
        after = _NO_ID
        while rows := await self._connection.fetch(_ROOTS, after, PAGE):
            page = [row["root_id"] for row in rows]
            after = page[-1]
            yield page

    def _reached(self, done: StretchResult) -> None:
        self.root = done.root
        reached = done.end >= (self._state.size if self._state else 0)
        if self._request.state is not None and reached:
            heads = self._witnessing.heads
            write_state(self._request.state, State(self._exchange, done.end, done.root, heads))


async def run(settings: Settings, url: str, request: AuditRequest, progress: Progress) -> AuditResult:
    """Audit a database and return what is true of it; raise `Contradiction` for the first row that is not.

    Reads only, in one snapshot, so it may run beside a service that takes acts. Raises `StoreUnreadable` if the files
    cannot be read, and `PolicyError` or OSError for a witness policy that cannot.
    """
    engine = create_engine(url, pool_size=1, application_name="leadbridge-audit")
    try:
        async with (
            driver_connection(engine) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
            audit = Audit(connection, settings, request)
            progress.total(*await audit.open())
            book = await read_keys(connection, settings.exchange_id)
            # Before any worker starts: each would fail of it, and none could say so.
            await worker.index_key_of(connection, open_vault(settings))
            orders = worker.Orders(settings, url, snapshot, book)
            pool = worker.open_pool(request.jobs, orders)
            try:
                await audit.log(pool, progress)
                await audit.cases(pool, progress)
                await audit.files(pool, progress)
            finally:
                if request.jobs == 1:
                    await asyncio.get_running_loop().run_in_executor(pool, worker.end)
                pool.shutdown(wait=True, cancel_futures=True)
            return audit.result()
    finally:
        await engine.dispose()
