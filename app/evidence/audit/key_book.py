"""Whose key was valid where in the log. Pure; the rows come from `key_rows`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.evidence.audit.lies import Lie
from app.signing.keys import PublicKey, load_public_jwk


@dataclass(slots=True)
class KeyFact:
    """A key of a node: registered by key event `number` at place `since`, revoked at `until` if ever.

    A place is a log index; what waits for one comes after the whole log, in the order of the queue.
    """

    node: str
    purpose: str
    jwk: Mapping[str, str]
    number: int
    since: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class ExchangeFact:
    """A key of the exchange and what it is for."""

    purpose: str
    jwk: Mapping[str, str]


@dataclass(slots=True)
class KeyBook:
    """The keys of all nodes and of the exchange. Plain data, so that it travels to other processes.

    `size` is that of the log: what waits at `ordinal` has the place `size + ordinal`. `logged` are the log indexes of
    the key events that were checked.
    """

    exchange: str
    size: int
    nodes: dict[str, KeyFact] = field(default_factory=dict)
    own: dict[str, ExchangeFact] = field(default_factory=dict)
    logged: set[int] = field(default_factory=set)


class Keys:
    """The book with its keys loaded, for one process: a key is built once."""

    def __init__(self, book: KeyBook) -> None:
        self.book = book
        self._loaded: dict[str, PublicKey] = {}

    def of_node(self, node: str, kid: str, place: int, act_id: str) -> tuple[PublicKey, int]:
        """Return the `act` key that was valid for `node` at a place and its key event; else raise `Lie`."""
        fact = self.book.nodes.get(kid)
        if fact is None or (fact.node, fact.purpose) != (node, "act"):
            raise Lie("act", act_id, f"signed by {kid}, which is no act key of {node}")
        if fact.since >= place:
            raise Lie("act", act_id, f"signed by {kid}, which was registered after it")
        if fact.until is not None and fact.until <= place:
            raise Lie("act", act_id, f"signed by {kid}, which was revoked before it")
        return self._load(kid, fact.jwk), fact.number

    def of_exchange(self, purpose: str, kid: str, row: str, key: str) -> PublicKey:
        """Return a key of the exchange; raise `Lie` about the row that names it if there is none of that purpose."""
        fact = self.book.own.get(kid)
        if fact is None or fact.purpose != purpose:
            raise Lie(row, key, f"signed by {kid}, which is no {purpose} key of the exchange")
        return self._load(kid, fact.jwk)

    def _load(self, kid: str, jwk: Mapping[str, str]) -> PublicKey:
        if kid not in self._loaded:
            self._loaded[kid] = load_public_jwk(jwk)
        return self._loaded[kid]
