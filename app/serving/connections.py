"""The open connections of a process: how many there are, from where, and which can be spared."""

from collections import Counter
from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from typing import Protocol

from prometheus_client import Gauge

from app.errors import Problem
from app.serving.bounds import Bounds, too_many_connections

OPEN = Gauge("leadbridge_connections", "open connections")


class Connection(Protocol):
    """One connection, as far as the others are concerned."""

    address: str

    def tick(self, seconds: float) -> None:
        """Count time that passed, and end what takes too long."""

    def end(self) -> None:
        """Close at once: nothing is under way on it."""


class Connections:
    """Counts connections. Those from `trusted` proxies, which speak for many clients, count for no one address."""

    def __init__(self, bounds: Bounds, trusted: Iterable[str]) -> None:
        self.bounds = bounds
        named = {place.strip() for place in trusted}
        self._everyone = "*" in named
        self._trusted = [ip_network(place, strict=False) for place in named if _is_network(place)]
        self._open: set[Connection] = set()
        self._by_address: Counter[str] = Counter()
        # Those on which nothing is under way, the longest idle first.
        self._idle: dict[Connection, None] = {}
        OPEN.set_function(lambda: len(self._open))

    def enter(self, one: Connection) -> Problem | None:
        """Count a new connection; return the refusal that it gets instead of an answer.

        A stranger's silent connections lock nobody out: the longest idle one makes room for the next.
        """
        self._open.add(one)
        self._by_address[one.address] += 1
        if len(self._open) > self.bounds.connections:
            if not self._idle:
                return too_many_connections()
            spared = next(iter(self._idle))
            self.leave(spared)
            spared.end()
        self.idle(one)
        if one.address and self._by_address[one.address] > self.bounds.connections_per_address:
            return too_many_connections()
        return None

    def leave(self, one: Connection) -> None:
        if one in self._open:
            self._open.discard(one)
            self._idle.pop(one, None)
            self._by_address[one.address] -= 1
            if not self._by_address[one.address]:
                del self._by_address[one.address]

    def idle(self, one: Connection) -> None:
        if one in self._open:
            self._idle[one] = None

    def busy(self, one: Connection) -> None:
        self._idle.pop(one, None)

    def tick(self, seconds: float) -> None:
        for one in list(self._open):
            one.tick(seconds)

    def place_of(self, host: str) -> str:
        """Return what connections from `host` count for: its address, an IPv6 network of 64 bits, or nothing."""
        try:
            address = ip_address(host)
        except ValueError:
            return ""
        if self._everyone or any(address in network for network in self._trusted):
            return ""
        return str(address) if address.version == 4 else str(ip_network(f"{host}/64", strict=False))


def _is_network(place: str) -> bool:
    try:
        ip_network(place, strict=False)
    except ValueError:
        return False
    return True
