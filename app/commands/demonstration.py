"""`demo`: the acceptance story, played on this machine."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.commands.failure import CommandFailed
from app.commands.stopping import terminated_is_interrupted


def demo(
    once: Annotated[bool, typer.Option("--once", help="End when the story ends.")] = False,
    port: Annotated[int | None, typer.Option(help="Default: 8080, or any free one.", min=1, max=65535)] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Keep everything here. Default: a temporary folder.")] = None,
) -> None:
    """Play two leads from March to June between eight fictional agencies, and stay up to look around."""
    from demo.play import perform
    from demo.stage import StageFailed
    from demo.story import StoryBroken

    try:
        with terminated_is_interrupted():
            perform(once=once, port=port, data_dir=data_dir, console=Console())
    except (StageFailed, StoryBroken) as failure:
        raise CommandFailed(f"the demonstration failed: {failure}") from failure
