"""What one task of an audit is given to check."""

from dataclasses import dataclass

from app.transparency.tree import Frontier


@dataclass(frozen=True, slots=True)
class Known:
    """A root that somebody else vouches for: what it was kept in, and the size of the log it is of."""

    source: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """What one task checks: log indexes `start` to `end`, over the tree before them.

    Signatures below `signed_to` were verified by an earlier audit. `known` are roots that others vouch for.
    """

    start: int
    end: int
    tree: Frontier
    signed_to: int
    known: tuple[Known, ...] = ()
