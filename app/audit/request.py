"""What an audit is asked for, and what it answers where it finds no contradiction."""

from dataclasses import dataclass, field
from pathlib import Path

from app.audit.kept_outside import KeptOutside
from app.audit.witnessed_logs import Witnessing


@dataclass(frozen=True, slots=True)
class AuditRequest:
    """What an audit is asked for: with how many processes, from which saved state, against what was kept outside.

    With `files` it reads every file that acts name.
    """

    jobs: int
    state: Path | None = None
    outside: KeptOutside = field(default_factory=KeptOutside)
    files: bool = False


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What an audit checked and found true.

    `saved` entries had their signatures verified by an earlier audit, `waiting` ones have no place in the log yet.
    `late` acts were logged later than their receipts promised, by the exchange's own clock; `first_late` before others.
    `files` were read, None if none was to be.
    """

    entries: int
    root: bytes
    acts: int
    cases: int
    saved: int
    waiting: int
    late: int
    first_late: str | None
    files: int | None
    witnessing: Witnessing
