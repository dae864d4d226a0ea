"""Who is told how far an audit is."""

from typing import Protocol


class Progress(Protocol):
    """Told once how much there is, then how much of it is done."""

    def total(self, entries: int, cases: int, files: int) -> None: ...

    def log(self, entries: int) -> None: ...

    def cases(self, cases: int) -> None: ...

    def files(self, files: int) -> None: ...


class Unwatched:
    """Progress that nobody watches."""

    def total(self, entries: int, cases: int, files: int) -> None: ...

    def log(self, entries: int) -> None: ...

    def cases(self, cases: int) -> None: ...

    def files(self, files: int) -> None: ...
