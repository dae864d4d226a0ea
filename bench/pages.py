"""`./run bench pages`: inbox, leads, ledger and statistics with few leads and with many, alternating."""

import random
import statistics
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from app import embedded_postgres
from app.client import Agency
from app.views.cursors import encode_position
from bench.database import create_database, fetch, value
from bench.exchange import POLICE, Exchange, running
from bench.fill import Filling, fill, new_id
from bench.load import BenchFailed, Request, Served, wrk
from bench.processes import cpu_of, cpu_of_cluster, peak_memory, postmaster_of
from bench.tables import print_pages
from bench.templates import play

READER = POLICE[0]
PLACES = 500  # different requests of each kind


@dataclass(frozen=True, slots=True)
class Filled:
    """An exchange with many leads, and the requests for each kind of page, without the token."""

    exchange: Exchange
    paths: Mapping[str, list[str]]
    folder: Path
    postmaster: int

    def measure(self, page: str, *, connections: int, seconds: int) -> Served:
        """Measure one kind of page, each time at another place of the list."""
        headers = (("Authorization", f"Bearer {self._reader.token()}"),)
        requests = [Request("GET", path, headers) for path in self.paths[page]]
        address = self.exchange.address
        before = self._cpu()
        load = wrk(address, requests, self.folder, connections=connections, seconds=seconds, cycle=True)
        return Served(load, (self._cpu() - before) * 1e6 / max(load.completed, 1))

    def _cpu(self) -> float:
        return cpu_of(self.exchange.pid) + cpu_of_cluster(self.postmaster)

    def verify(self) -> None:
        """Raise BenchFailed unless every kind of page is full and every single lead is found."""
        for page, paths in self.paths.items():
            for path in paths[:5]:
                answer = self._reader.get(path)
                items = answer.get("items")
                if items is not None and len(items) != 50:
                    raise BenchFailed(f"{page}: {path} has {len(items)} items")

    @property
    def _reader(self) -> Agency:
        return self.exchange.agencies[READER]


def measure_pages(*, sizes: list[int], rounds: int, connections: int, seconds: int) -> None:
    """Fill one database for each size, measure every kind of page in turn, print p50, p99 and the growth."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leadbridge-bench-")))
        url = stack.enter_context(embedded_postgres.running(folder / "server", durable=True))
        filled = {size: filled_exchange(stack, url, folder, size) for size in sizes}
        pages = list(filled[sizes[0]].paths)
        measured: dict[str, dict[int, list[Served]]] = {page: {size: [] for size in sizes} for page in pages}
        for one in filled.values():
            one.verify()
            for page in pages:
                one.measure(page, connections=connections, seconds=1)
        for _ in range(rounds):
            for page in pages:
                for size, one in filled.items():
                    measured[page][size].append(one.measure(page, connections=connections, seconds=seconds))
        print_pages(measured)
        for size, one in filled.items():
            print(f"API process with {size} leads: {peak_memory(one.exchange.pid):.0f} MiB resident at most")
    for what, pick in (("p50", lambda one: one.load.p50_ms), ("CPU", lambda one: one.cpu_us)):
        grown = (f"{page} {growth(by_size, pick):.2f}" for page, by_size in measured.items())
        print(f"{what} grows: {', '.join(grown)}")


def growth(by_size: Mapping[int, list[Served]], pick: Callable[[Served], float]) -> float:
    """Return a cost with the most leads over that with the fewest, each the median of its rounds."""
    medians = {size: statistics.median(pick(one) for one in rounds) for size, rounds in by_size.items()}
    return medians[max(medians)] / medians[min(medians)]


def filled_exchange(stack: ExitStack, server_url: str, folder: Path, size: int) -> Filled:
    """Return a running exchange whose database holds `size` leads; it stops with `stack`."""
    url = create_database(server_url, f"pages_{size}")
    data_dir = folder / f"data-{size}"
    # Without the worker: a million old deadlines are not to be reported now.
    exchange = stack.enter_context(running(data_dir, database_url=url, options=["--no-worker"]))
    filling = fill(url, data_dir, size, play(exchange, url))
    print(f"filled {size} leads, {value(url, 'SELECT pg_size_pretty(pg_database_size(current_database()))')}")
    newest = value(url, "SELECT max(seq) FROM inbox WHERE node_id = $1", READER)
    return Filled(exchange, paths(filling, newest), folder, postmaster_of(folder / "server"))


def paths(filling: Filling, newest: int) -> dict[str, list[str]]:
    """Return the requests: pages that begin anywhere but among the oldest, so that all are full."""
    chance = random.Random(filling.count)
    cursors = [_cursor(filling, chance.randrange(filling.count // 5, filling.count)) for _ in range(PLACES)]
    # The templates that a reader may know of repeat in the same order.
    mine = _known(filling)
    known = [number for number, one in enumerate(filling.templates) if one.lead_id in mine]
    rounds = filling.count // len(filling.templates)
    return {
        "inbox": [f"/v1/inbox?limit=50&after={chance.randrange(newest - 50)}" for _ in range(PLACES)],
        "leads": [f"/v1/leads?limit=50&cursor={cursor}" for cursor in cursors],
        "leads, newest": ["/v1/leads?limit=50"],
        "leads, one state": [f"/v1/leads?limit=50&state=accepted&cursor={cursor}" for cursor in cursors],
        # Without the words of the acts, which are not filled in: at most a dozen look-ups by key for each row.
        "ledger": [f"/v1/ledger?limit=50&cursor={cursor}" for cursor in cursors],
        "statistics": ["/v1/statistics"],
        "statistics, one month": [
            f"/v1/statistics?month={filling.until.year - 1}-{month:02}" for month in range(1, 13)
        ],
        "leads, held": [f"/v1/leads?limit=50&role=holder&cursor={cursor}" for cursor in cursors],
        "one lead": [
            f"/v1/leads/{new_id(chance.randrange(rounds) * len(filling.templates) + chance.choice(known), 0)}"
            for _ in range(PLACES)
        ],
    }


def _cursor(filling: Filling, number: int) -> str:
    return encode_position(filling.registered_at(number), UUID(new_id(number, 0)))


def _known(filling: Filling) -> set[str]:
    rows = fetch(
        filling.url,
        "SELECT lead_id FROM lead_entry WHERE node_id = $1 AND lead_id = ANY($2::uuid[])",
        READER,
        [one.lead_id for one in filling.templates],
    )
    return {str(row["lead_id"]) for row in rows}
