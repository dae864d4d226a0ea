"""What the story is made of: steps, each of some moves. Data; `story.py` plays it.

Inside a content a text that begins with `@` is filled in when it is played: `@name` is the id that the story gives to
`name`, `@now` the time, `@jws:name` and `@act:name` what the move called `name` was answered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Words = tuple[str, str]  # Chinese, English


@dataclass(frozen=True)
class Says:
    """An agency signs an act on a lead. `refused` is the status, slug and rule expected if it may not."""

    node: str
    act: str
    lead: str
    content: Mapping[str, Any]
    to: Sequence[str] = ()
    refused: str | None = None
    document_no: str | None = None
    files: int = 0
    sealed_for: Sequence[str] = ()  # who alone may open the reporter's identity
    name: str | None = None


@dataclass(frozen=True)
class Uploads:
    """An agency uploads a file, and is refused."""

    node: str
    file: str
    text: str
    refused: str


@dataclass(frozen=True)
class Downloads:
    """An agency fetches the enclosures of the newest act of this name on a lead; every hash is checked."""

    node: str
    lead: str
    act: str


@dataclass(frozen=True)
class Unknown:
    """To each of these agencies each of these paths is answered as if there were nothing: 404."""

    nodes: Sequence[str]
    paths: Sequence[str]
    why: Words


@dataclass(frozen=True)
class Sees:
    """What an agency sees of a lead: its entry, and the acts that it may read."""

    node: str
    lead: str


@dataclass(frozen=True)
class Hears:
    """The exchange itself tells an agency that a limit passed."""

    node: str
    lead: str
    rule: str
    event: str


@dataclass(frozen=True)
class Searches:
    """An agency searches its list, and finds this many leads."""

    node: str
    q: str
    found: int
    why: Words


@dataclass(frozen=True)
class Opens:
    """A person fetches and opens the reporter's identity that the act called `of` sealed for the agency."""

    node: str
    of: str
    person: str
    purpose: str
    refused: str | None = None


@dataclass(frozen=True)
class Watches:
    """An agency looks at the openings on a lead: every fetch of the identity, by whom and what for."""

    node: str
    lead: str
    fetches: int


Move = Says | Opens | Watches | Uploads | Downloads | Unknown | Sees | Hears | Searches


@dataclass(frozen=True)
class Step:
    """One step of the story: its number in the scenario, when in 2026 (Shanghai), what it is about."""

    number: int
    at: str
    heading: Words
    moves: Sequence[Move]
