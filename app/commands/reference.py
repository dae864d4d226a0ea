"""`reference`: the pages of reference, made from the tables of the service."""

from pathlib import Path
from typing import Annotated

import typer


def reference(
    folder: Annotated[Path, typer.Argument(help="Where the pages lie.")] = Path("docs/reference"),
) -> None:
    """Write the pages of reference: acts, deadlines, rules, problems, settings, metrics, in both languages."""
    from app.reference.pages import write

    for name in write(folder) or ["nothing changed"]:
        typer.echo(name)
