"""`verify`: a bundle verified offline. Status 0: proven; 3: consistent, but nobody vouched for the keys; 1: wrong."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.failure import CommandFailed

NOT_PINNED = 3


def verify(
    bundle: Annotated[Path, typer.Argument(help="The zip, or the folder it was unpacked into.")],
    policy: Annotated[
        Path | None,
        typer.Option(help="Whom you trust: C2SP tlog-policy lines, and `exchange` and `node` lines with thumbprints."),
    ] = None,
) -> None:
    """Verify a bundle offline; status 3 if its keys are not pinned by a policy."""
    from app.bundles.verifying.files import BundleRefused
    from app.bundles.verifying.verify import verify_bundle
    from app.transparency.policy import PolicyError

    try:
        verdict = verify_bundle(bundle, None if policy is None else policy.read_text("utf-8"))
    except (BundleRefused, PolicyError) as wrong:
        raise CommandFailed(f"NOT VERIFIED: {wrong}") from wrong
    typer.echo(f"{verdict.acts} acts of exchange {verdict.exchange}")
    for one in verdict.withheld:
        typer.echo(f"withheld {one}")
    for one in verdict.disputed:
        typer.echo(f"disputed: {one}")
    if not verdict.unpinned:
        typer.echo("verified")
        return
    for one in verdict.fingerprints:
        typer.echo(f"found: {one}")
    if policy is not None:
        typer.echo(f"the policy has no line for: {', '.join(verdict.unpinned)}")
    typer.echo("consistent, keys NOT pinned")
    raise typer.Exit(NOT_PINNED)
