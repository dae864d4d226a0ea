"""Whose key was valid where in the log. Pure; `node_keys` and `exchange_keys` read the rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.audit.contradiction import Contradiction
from app.signing import b64url
from app.signing.jws import Header
from app.signing.keys import PublicKey, load_public_jwk
from app.transparency.note import ED25519, Verifier

HEARD_WITHIN = 300  # seconds


@dataclass(slots=True)
class KeyFact:
    """A key of a node: registered by key event `number` at place `since`, revoked at `until` if ever.

    `signed` is the greatest place of a key event that it signed. A place is a log index; what waits for one comes after
    the whole log, in the order of the queue.
    """

    node: str
    purpose: str
    jwk: Mapping[str, str]
    number: int
    since: int
    until: int | None = None
    signed: int = -1


@dataclass(frozen=True, slots=True)
class ExchangeFact:
    """A key of the exchange and what it is for.

    Another followed it at place `until`, signed for by both at `followed_at`, in seconds since 1970; or none did.
    """

    purpose: str
    jwk: Mapping[str, str]
    until: int | None = None
    followed_at: int = 0


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
        """Return the `act` key that was valid for `node` at a place and its key event; else raise `Contradiction`."""
        fact = self.book.nodes.get(kid)
        if fact is None or (fact.node, fact.purpose) != (node, "act"):
            raise Contradiction("act", act_id, f"signed by {kid}, which is no act key of {node}")
        if fact.since >= place:
            raise Contradiction("act", act_id, f"signed by {kid}, which was registered after it")
        if fact.until is not None and fact.until <= place:
            raise Contradiction("act", act_id, f"signed by {kid}, which was revoked before it")
        return self._load(kid, fact.jwk), fact.number

    def of_exchange(self, purpose: str, header: Header, act_id: str, place: int) -> PublicKey:
        """Return a key of the exchange that signed what has a place; raise `Contradiction` if none has that purpose.

        A process may sign by a key for a moment after another followed it, until it hears of that.
        """
        fact = self.book.own.get(header.kid)
        if fact is None or fact.purpose != purpose:
            raise Contradiction("act", act_id, f"signed by {header.kid}, which is no {purpose} key of the exchange")
        if fact.until is not None and fact.until < place and header.iat > fact.followed_at + HEARD_WITHIN:
            raise Contradiction("act", act_id, f"signed by {header.kid}, which another {purpose} key had followed")
        return self._load(header.kid, fact.jwk)

    def of_log(self, origin: str, size: int) -> list[Verifier]:
        """Return the keys by one of which a checkpoint of a size is signed: none that was followed in that log."""
        return [
            Verifier(origin, ED25519, b64url.decode(fact.jwk["x"]))
            for fact in self.book.own.values()
            if fact.purpose == "log" and (fact.until is None or fact.until >= size)
        ]

    def _load(self, kid: str, jwk: Mapping[str, str]) -> PublicKey:
        if kid not in self._loaded:
            self._loaded[kid] = load_public_jwk(jwk)
        return self._loaded[kid]
