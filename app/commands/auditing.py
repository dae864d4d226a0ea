"""`audit`: everything that is evidence computed again. Status 1 names the first row that lies."""

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.failure import CommandFailed
from app.commands.local_files import with_files_read
from app.commands.master_key import opened
from app.config import Settings

if TYPE_CHECKING:
    from app.evidence.audit.outside import Outside


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
) -> None:
    """Compute signatures, receipts, log, tree, inboxes and cases again; reads only, also beside a running service."""
    from app.evidence.audit.outside import Unusable, read_outside
    from app.evidence.audit.state import MalformedState
    from app.evidence.bundle_files import BundleRefused
    from app.registry.exchange_keys import log_origin

    settings = with_files_read(Settings())
    try:
        outside = read_outside(checkpoint or [], bundle or [], log_origin(settings.exchange_id))
        with opened(settings) as url:
            asyncio.run(_run(settings, url, jobs or os.cpu_count() or 1, state, outside))
    except (Unusable, MalformedState, BundleRefused) as wrong:
        raise CommandFailed(str(wrong)) from wrong


async def _run(settings: Settings, url: str, jobs: int, state: Path | None, outside: "Outside") -> None:
    from app.commands.progress import Bars
    from app.evidence.audit.audit import Wanted, run
    from app.evidence.audit.lies import Lie

    with Bars() as bars:
        try:
            found = await run(settings, url, Wanted(jobs, state, outside), bars)
        except Lie as lie:
            raise CommandFailed(f"LIE: {lie}") from lie
    typer.echo(f"{found.entries} log entries, {found.acts} acts and notices, {found.cases} cases: nothing lies")
    typer.echo(f"root {found.root.hex()}")
    if found.waiting:
        typer.echo(f"{found.waiting} entries wait for the log; they hold too")
    if found.late:
        late = f"{found.late} acts were logged later than their receipts promised, by the exchange's own clock"
        typer.echo(f"{late}; the first is {found.first_late}")
    if found.saved:
        typer.echo(f"signatures of the first {found.saved} entries were verified by an earlier audit")
