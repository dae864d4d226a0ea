"""`leadbridge`: the command line, assembled."""

import sys
from typing import Annotated

import typer

from app import __version__
from app.commands import (
    auditing,
    demonstration,
    exchanging,
    nodes,
    own_keys,
    people,
    rebuilding,
    reference,
    serving,
    verifying,
)
from app.commands.failure import EXPECTED, one_line

cli = typer.Typer(
    help="LeadBridge 线索桥: signed case-lead transfer between agencies that must work together.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
cli.command()(demonstration.demo)
cli.command()(serving.serve)
cli.command()(serving.worker)
cli.command()(serving.migrate)
cli.command()(rebuilding.rebuild)
cli.command()(auditing.audit)
cli.command()(nodes.keygen)
cli.command()(exchanging.send)
cli.command()(exchanging.inbox)
cli.command()(verifying.verify)
cli.command()(reference.reference)
cli.add_typer(nodes.node, name="node")
cli.add_typer(people.admin, name="admin")
cli.add_typer(own_keys.keys, name="keys")


def say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"leadbridge {__version__}")
        raise typer.Exit


@cli.callback()
def leadbridge(
    version: Annotated[
        bool, typer.Option("--version", callback=say_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Carry the version option; every other word on the command line is a command's."""


def main() -> None:
    """Run one command; an expected failure is one line on standard error and status 1."""
    try:
        cli()
    except EXPECTED as failure:
        sys.stderr.write(f"leadbridge: {one_line(failure)}\n")
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
