"""`audit`: all evidence computed again. Status 1 names the first row that contradicts what was signed."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.failure import CommandFailed
from app.commands.local_files import with_files_read
from app.commands.master_key import database_behind_master_key
from app.config import Settings

if TYPE_CHECKING:
    from app.audit.request import AuditRequest, AuditResult


def audit(
    jobs: Annotated[int, typer.Option(help="Processes; 0: one for each core.", min=0, max=64)] = 0,
    state: Annotated[
        Path | None,
        typer.Option(help="Where to note how far signatures were verified, and from where to go on."),
    ] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(help="A checkpoint that somebody kept: a signed note, or the value of X-Log-Checkpoint."),
    ] = None,
    bundle: Annotated[list[Path] | None, typer.Option(help="A bundle that an agency kept.")] = None,
    attachments: Annotated[
        bool, typer.Option("--attachments", help="Read every file that acts name, and compare size and digest.")
    ] = False,
) -> None:
    """Compute signatures, receipts, log, tree, inboxes and cases again; reads only, also beside a running service."""
    from app.audit.files import StoreUnreadable
    from app.audit.kept_outside import UnusableCheckpoint, read_kept
    from app.audit.request import AuditRequest
    from app.audit.saved_state import MalformedState
    from app.bundles.verifying.files import BundleRefused
    from app.registry.exchange_keys import log_origin

    settings = with_files_read(Settings())
    try:
        outside = read_kept(checkpoint or [], bundle or [], log_origin(settings.exchange_id))
        with database_behind_master_key(settings) as url:
            request = AuditRequest(jobs or os.cpu_count() or 1, state, outside, attachments)
            asyncio.run(_run(settings, url, request))
    except (UnusableCheckpoint, MalformedState, BundleRefused, StoreUnreadable) as wrong:
        raise CommandFailed(str(wrong)) from wrong


async def _run(settings: Settings, url: str, request: "AuditRequest") -> None:
    from app.audit.contradiction import Contradiction
    from app.audit.run import run
    from app.commands.progress import Bars

    with Bars() as bars:
        try:
            result = await run(settings, url, request, bars)
        except Contradiction as contradiction:
            raise CommandFailed(f"CONTRADICTION: {contradiction}") from contradiction
    typer.echo(f"{result.entries} log entries, {result.acts} acts and notices, {result.cases} cases: no contradiction")
    typer.echo(f"root {result.root.hex()}")
    for line in _remarks(result):
        typer.echo(line)


def _remarks(result: "AuditResult") -> Iterator[str]:
    """Yield what is to be known besides: what was not looked at, and what nobody pinned."""
    if result.files is None:
        yield "what the files say that acts name was not looked at: --attachments reads them"
    else:
        yield f"{result.files} files read: each is what its acts say"
    if result.waiting:
        yield f"{result.waiting} entries wait for the log, and hold too"
    if result.late:
        late = f"{result.late} acts were logged later than their receipts promised, by the exchange's own clock"
        yield f"{late}; the first is {result.first_late}"
    if result.saved:
        yield f"signatures of the first {result.saved} entries were verified by an earlier audit"
    for origin in result.witnessing.unpinned:
        yield f"witnessed log {origin}: the policy has no key of it, so its signature was not verified"
    for vkey in result.witnessing.strangers:
        yield f"cosignatures by {vkey}: they verify; the policy does not say whose key that is"
