"""The service, assembled once: what `serve` and `worker` have open, and the loops that each of them runs."""

from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.days import keep_access_log
from app.access.recorder import Recorder
from app.admin.door import Door
from app.attachments.service import keep_swept
from app.attachments.store import AttachmentStore, open_store
from app.attachments.unnamed import Quota
from app.config import Settings
from app.db import READER, WRITER, create_engine
from app.deps import Parts, TimeSource
from app.docket.assembly import open_means
from app.docket.batch import Means
from app.docket.docket import Docket
from app.docket.erasures import erased_again, keep_erasures
from app.docket.matching import MatchLoop
from app.docket.ticking import TimeLoop
from app.intake.door import Intake
from app.registry.exchange_keys import OwnLog, WrappedKeys, log_origin, open_ring, witness_keys
from app.registry.shares import Shares
from app.registry.taking_effect import keep_enrolments
from app.registry.voice import Voice
from app.statistics.upkeep import keep_statistics
from app.transparency.assembly import Transparency, open_log, read_policy
from app.vault import Vault, open_vault
from app.views.inbox_wait import Inboxes

Loops = list[Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Service:
    """What one process of an exchange has open.

    `compared` says whether the notes of erasures could be held against the database at the start.
    """

    settings: Settings
    clock: TimeSource
    engine: AsyncEngine
    reader: AsyncEngine
    vault: Vault
    voice: Voice
    store: AttachmentStore
    means: Means
    docket: Docket
    transparency: Transparency
    recorder: Recorder
    inboxes: Inboxes
    compared: bool

    def parts(self) -> Parts:
        """Return what routes may ask for."""
        shares, published = Shares(), self.transparency.published
        intake = Intake(self.engine, self.means.directory, self.docket, self.voice, self.clock, published, shares.acts)
        named = (self.settings, self.clock, self.engine, self.reader, self.vault)
        rooms = (self.voice, self.means.directory, self.store, self.transparency, self.recorder, self.inboxes, Door())
        return Parts(*named, others=(intake, self.means, shares, *rooms))

    def answering(self) -> Loops:
        """Return the loops without which no request is answered rightly."""
        return [self.recorder.run(), self.inboxes.listen(), self.transparency.published.listen()]

    def committing(self) -> Loops:
        """Return the loops of whatever enters acts or tasks in the docket."""
        return [self.docket.run(), self.means.directory.listen(), self.means.working_days.keep_fresh()]

    def working(self) -> Loops:
        """Return the loops of which one in the whole deployment is enough; several take turns."""
        engine, clock, zone = self.engine, self.clock, self.settings.zone
        return [
            *self.transparency.background(),
            TimeLoop(engine, self.docket, clock, zone).run(),
            MatchLoop(engine, self.docket).run(),
            keep_swept(engine, self.store, Quota.of(self.settings), clock),
            keep_statistics(engine, clock, zone),
            keep_enrolments(engine, self.voice, clock),
            keep_access_log(engine, clock, zone),
            keep_erasures(engine, self.vault, self.store, self.voice, clock, compared=self.compared),
        ]


@asynccontextmanager
async def opened_service(
    settings: Settings, database_url: str, clock: TimeSource, *, application_name: str, with_sm2: bool
) -> AsyncIterator[Service]:
    """Open everything, and close the database behind whoever used it. `with_sm2` is for whoever signs receipts."""
    engine = create_engine(database_url, application_name=application_name, role=WRITER)
    reader = create_engine(database_url, application_name=application_name, role=READER)
    try:
        vault = open_vault(settings)
        ring = await open_ring(engine, WrappedKeys(vault), clock, with_sm2=with_sm2)
        voice = Voice(settings.exchange_id, ring, settings.zone)
        means = await open_means(settings, engine, vault, voice)
        transparency = open_log(
            engine,
            clock,
            OwnLog(ring, log_origin(settings.exchange_id)),
            lambda: witness_keys(ring, settings.exchange_id),
            read_policy(settings.witness_policy),
        )
        await transparency.published.refresh()
        store = open_store(settings)
        yield Service(
            settings=settings,
            clock=clock,
            engine=engine,
            reader=reader,
            vault=vault,
            voice=voice,
            store=store,
            means=means,
            docket=Docket(engine, means, clock, limit=settings.queue_limit, committed=transparency.sequencer.awake.set),
            transparency=transparency,
            recorder=Recorder(engine, clock, settings.zone),
            inboxes=Inboxes(engine),
            compared=await erased_again(engine, vault, store, voice),
        )
    finally:
        await engine.dispose()
        await reader.dispose()
