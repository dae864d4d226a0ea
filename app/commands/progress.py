"""How far an audit is, on standard error: bars on a terminal, nothing elsewhere."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn


class Bars:
    """One bar for the log, one for the cases, and one for the files if they are looked at."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        console = Console(stderr=True)
        self._bars = Progress(*columns, console=console, disable=not console.is_terminal)
        self._log = self._cases = self._files = TaskID(0)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def total(self, entries: int, cases: int, files: int) -> None:
        self._log = self._bars.add_task("log", total=entries)
        self._cases = self._bars.add_task("cases", total=cases)
        if files:
            self._files = self._bars.add_task("files", total=files)

    def log(self, entries: int) -> None:
        self._bars.update(self._log, completed=entries)

    def cases(self, cases: int) -> None:
        self._bars.update(self._cases, completed=cases)

    def files(self, files: int) -> None:
        self._bars.update(self._files, completed=files)
