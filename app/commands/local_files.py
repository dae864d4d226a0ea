"""The files that settings name, read before a command starts anything: what is wrong with one is said in one line."""

import json
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from app.commands.failure import CommandFailed
from app.config import Settings

MOST_TOLD = 3


def with_files_read(settings: Settings) -> Settings:
    """Return the settings; raise CommandFailed that names the setting, its file and what is wrong with it."""
    from app.docket.local_limits import read_limits
    from app.docket.local_practices import read_practices
    from app.transparency.assembly import read_policy

    for name, read in (
        ("casework_file", read_practices),
        ("deadlines_file", read_limits),
        ("witness_policy", read_policy),
    ):
        path = getattr(settings, name)
        try:
            read(path)
        except (OSError, ValueError) as wrong:
            setting = f"LEADBRIDGE_{name.upper()}"
            raise CommandFailed(f"{setting}: {path}: {_what(wrong, path)}", f"{setting} 所指的文件有误") from wrong
    return settings


def _what(wrong: OSError | ValueError, path: Path) -> str:
    if isinstance(wrong, OSError):
        return wrong.strerror or type(wrong).__name__
    if isinstance(wrong, UnicodeDecodeError):
        return f"byte {wrong.start} is not UTF-8"
    if not isinstance(wrong, ValidationError):
        return str(wrong)
    found = [": ".join(filter(None, (_where(one["loc"], path), one["msg"]))) for one in wrong.errors()]
    more = f"; and {len(found) - MOST_TOLD} more" if len(found) > MOST_TOLD else ""
    return "; ".join(found[:MOST_TOLD]) + more


def _where(member: tuple[int | str, ...], path: Path) -> str:
    """Return a member's path, and the place that its rule or practice is for: nobody counts entries of a long file."""
    place = None
    with suppress(OSError, ValueError, LookupError, TypeError):
        place = json.loads(path.read_bytes())[member[0]][member[1]]["place"]
    return ".".join(map(str, member)) + (f" (place {place})" if isinstance(place, str) else "")
