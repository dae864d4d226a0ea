"""What one task of an audit is given to check: a stretch of the log, and the roots that it must come by."""

from dataclasses import dataclass

from app.transparency.tree import Frontier


@dataclass(frozen=True, slots=True)
class KnownRoot:
    """A root of the log that somebody else vouches for: in what it was kept, and the size of the log then."""

    source: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Stretch:
    """The stretch of the log that one task checks: indexes `start` to `end`, over the tree before them.

    Signatures below `signed_to` were verified by an earlier audit. `known` are roots that others vouch for.
    """

    start: int
    end: int
    tree: Frontier
    signed_to: int
    known: tuple[KnownRoot, ...] = ()
