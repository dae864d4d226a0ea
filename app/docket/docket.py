"""The queue of acts and the group commit. Whatever queued while the last commit was in flight is the next batch."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import Any

import asyncpg
import structlog
from prometheus_client import Gauge, Histogram
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from app import loops
from app.db import driver_connection
from app.deps import TimeSource
from app.docket.batch import Batch, Means, replay
from app.docket.loading import load
from app.docket.record import write
from app.docket.submission import Answer, ExchangeTask, Lapse, Match, Recount, Submission, Taken
from app.errors import Overloaded, Problem

COMMITTERS = 2
LARGEST_BATCH = 128
UNLOGGED_FOR = timedelta(seconds=30)
MOST_ATTEMPTS = 3
PATIENCE = 15.0
CAN_BE_DECIDED_ANEW = (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
CONNECTION_LOST = (OSError, SQLAlchemyError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError)
QUEUE = Gauge("leadbridge_docket_queue", "acts waiting for a commit")
BATCH = Histogram("leadbridge_batch_acts", "acts in one commit", buckets=(1, 2, 4, 8, 16, 32, 64, 128))
COMMIT = Histogram("leadbridge_commit_seconds", "time from taking a batch up to its commit")
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Entered:
    """An act, or time that passed, in the queue and the promise of its answer: a receipt for an act, else None."""

    submission: Submission | ExchangeTask
    attempts: int = 1
    answer: "asyncio.Future[Answer | None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def settle(self, outcome: Answer | Problem | None) -> None:
        if self.answer.done():
            return
        if isinstance(outcome, Problem):
            self.answer.set_exception(outcome)
        else:
            self.answer.set_result(outcome)


class Docket:
    """Takes submissions in and answers each after its commit. `committed` is called when a batch is durable."""

    def __init__(
        self,
        engine: AsyncEngine,
        means: Means,
        clock: TimeSource,
        *,
        limit: int,
        committed: Callable[[], None] = lambda: None,
    ) -> None:
        self._engine = engine
        self._means = means
        self._clock = clock
        self._limit = limit
        self._committed = committed
        # Owned here, touched on the event loop alone. `_entered` appends and a committer takes, each without an `await`
        # between looking and changing, so that no lock is needed; `_filled` says that something was appended.
        self._queue: deque[Entered] = deque()
        self._filled = asyncio.Event()
        self._stalled = False  # written by `_watch_the_log` alone, each second
        QUEUE.set_function(lambda: len(self._queue))

    async def enter(self, submission: Submission) -> Answer:
        """Return the receipt once the act is durable; raise its refusal, or `Overloaded`."""
        receipt = await self._entered(submission)
        if receipt is None:
            raise RuntimeError("an act is answered by a receipt")
        return receipt

    async def lapse(self, root_id: str, deadline_id: str) -> None:
        """Say what has become true of a deadline, once; return when it is durable. Raises `Overloaded`, `NotFound`."""
        await self._entered(Lapse(root_id, deadline_id))

    async def recount(self, root_id: str) -> None:
        """Count the provisional deadlines of a case by the calendar of now. Raises `Overloaded` and `NotFound`."""
        await self._entered(Recount(root_id))

    async def match(self, root_id: str, later_id: str) -> None:
        """Tell the holder of the earlier lead of the later one, once, if it may be. Raises as `lapse` does."""
        await self._entered(Match(root_id, later_id))

    async def _entered(self, submission: Submission | ExchangeTask) -> Answer | None:
        if self._stalled:
            raise Overloaded(
                "The oldest act without a place in the log is 30 s old; no new acts until that is mended.",
                "最早一件未入日志的行为已超过 30 秒，暂停受理新的行为。",
                retry_after=5,
            )
        if len(self._queue) >= self._limit:
            raise Overloaded("Too many acts wait for a commit.", "等待写入的行为过多。")
        entered = Entered(submission)
        self._queue.append(entered)
        self._filled.set()
        return await entered.answer

    async def recall(self, submission_id: str, sender: str, body_sha256: bytes) -> Answer | None:
        """Return the receipt of an act taken before, or None; raise `ActIdReused` for another document."""
        async with driver_connection(self._engine) as connection:
            row = await connection.fetchrow(
                "SELECT sender, body_sha256, receipt, receipt_jws, receipt_jws_sm2 FROM act WHERE act_id = $1::uuid",
                submission_id,
            )
        if row is None or row["sender"] != sender:
            return None
        answer = Answer(row["receipt"], row["receipt_jws"], row["receipt_jws_sm2"], replayed=True)
        return replay(Taken(sender, row["body_sha256"], answer), body_sha256)

    async def run(self) -> None:
        """Commit until cancelled. Two committers: one decides while the other's commit is on its way to the disk."""
        async with asyncio.TaskGroup() as group:
            for _ in range(COMMITTERS):
                group.create_task(self._commit_batches())
            group.create_task(self._watch_the_log())

    async def _commit_batches(self) -> None:
        while True:
            try:
                async with driver_connection(self._engine) as connection:
                    while not connection.is_closed():
                        await self._settle(connection, await self._next())
            except CONNECTION_LOST as error:
                loops.end_if_cancelled()
                _log.warning("docket connection lost", error=type(error).__name__)
                # Nobody waits for a database that is away: the same act can be sent again, unchanged.
                while self._queue:
                    self._queue.popleft().settle(unavailable())
                await asyncio.sleep(0.2)

    async def _next(self) -> list[Entered]:
        while not self._queue:
            self._filled.clear()
            await self._filled.wait()
        return [self._queue.popleft() for _ in range(min(len(self._queue), LARGEST_BATCH))]

    async def _settle(self, connection: "asyncpg.Connection[Any]", entered: Sequence[Entered]) -> None:
        began = time.perf_counter()
        # A server that died in mid-sentence may never close the line; then we do.
        watchdog = asyncio.get_running_loop().call_later(PATIENCE, connection.terminate)
        try:
            await self._commit(connection, entered)
        except CONNECTION_LOST:
            # Whether the commit happened is unknown; the same act again finds its receipt or is taken now.
            for one in entered:
                one.settle(unavailable())
            raise
        except Exception as error:  # noqa: BLE001 (whatever one case holds, the docket goes on with the others)
            await self._settle_failed(connection, entered, error)
        except BaseException:
            for one in entered:
                one.settle(unavailable())
            raise
        else:
            COMMIT.observe(time.perf_counter() - began)
            BATCH.observe(len(entered))
        finally:
            watchdog.cancel()

    async def _commit(self, connection: "asyncpg.Connection[Any]", entered: Sequence[Entered]) -> None:
        try:
            answers = await self._written(connection, [one.submission for one in entered])
        except Exception:
            loops.end_if_cancelled()
            raise
        for one, outcome in zip(entered, answers, strict=True):
            one.settle(outcome)
        self._committed()

    async def _written(
        self, connection: "asyncpg.Connection[Any]", submissions: list[Submission | ExchangeTask]
    ) -> Sequence[Answer | Problem | None]:
        async with connection.transaction():
            found = await load(connection, self._means.vault, submissions)
            # In UTC as the database gives it back: a case that is rebuilt says every instant in the same words.
            batch = Batch(self._means, found, self._clock().astimezone(UTC), self._means.working_days.current)
            await batch.decide(connection, submissions)
            await write(connection, batch.rows)
        return batch.answers

    async def _settle_failed(
        self, connection: "asyncpg.Connection[Any]", entered: Sequence[Entered], error: Exception
    ) -> None:
        """Enter one by one what could not be written together; answer a single one that cannot be written."""
        if len(entered) > 1:
            try:
                for one in entered:
                    await self._settle(connection, [one])
            except BaseException:
                # The connection went with one of them: nobody takes up those behind it, and they would wait for ever.
                for one in entered:
                    one.settle(unavailable())
                raise
        elif isinstance(error, asyncpg.PostgresError):
            await self._settle_refused(connection, entered[0], error)
        else:
            # The type alone: the text may quote the case.
            _log.error("what was entered could not be decided", error=type(error).__name__)
            entered[0].settle(unavailable())

    async def _settle_refused(
        self, connection: "asyncpg.Connection[Any]", entered: Entered, error: asyncpg.PostgresError
    ) -> None:
        """Answer an act that the database itself refused: a constraint speaks where two acts came at once.

        The rival has committed by then. So the act is decided anew, and now meets a replay, a taken id or another
        state in the usual way.
        """
        if isinstance(error, CAN_BE_DECIDED_ANEW) and entered.attempts < MOST_ATTEMPTS:
            entered.attempts += 1
            await self._settle(connection, [entered])
            return
        constraint = getattr(error, "constraint_name", None)
        _log.error("the database refused an act", sqlstate=error.sqlstate, constraint=constraint)
        entered.settle(unavailable())

    async def _watch_the_log(self) -> None:
        """Stop taking acts when the sequencer falls behind: an act without a place in the log is not yet proven."""
        while True:
            try:
                async with driver_connection(self._engine) as connection:
                    oldest = await connection.fetchval("SELECT committed_at FROM unsequenced ORDER BY ordinal LIMIT 1")
                self._stalled = oldest is not None and self._clock() - oldest > UNLOGGED_FOR
            except loops.LOST:
                loops.end_if_cancelled()
            await asyncio.sleep(1)


def unavailable() -> Overloaded:
    return Overloaded("The act could not be stored now; send it again, unchanged.", "暂时无法写入，请原样重新发送。")
