"""The clock of the story: a file that the story writes and that everybody reads, the exchange's process too."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

REAL = "real"


@dataclass(frozen=True)
class Hand:
    """`Hand(file)()` is the time that was set last, to the second; `release` gives the clock to the machine again."""

    file: Path

    def __call__(self) -> datetime:
        said = self.file.read_text("ascii")
        return datetime.now(UTC) if said == REAL else datetime.fromisoformat(said)

    def set(self, now: datetime) -> None:
        self._write(now.isoformat())

    def release(self) -> bool:
        """Let the real time go on, unless it lies before the story's; return whether it does."""
        past = self() <= datetime.now(UTC)
        if past:
            self._write(REAL)
        return past

    def _write(self, text: str) -> None:
        # Renamed over the old one: a reader sees either whole.
        fresh = self.file.with_suffix(".new")
        fresh.write_text(text, "ascii")
        fresh.replace(self.file)
