"""`./run bench acts`: signed acts over HTTP beside the limit, round by round in one run."""

import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from app import embedded_postgres
from bench import checks, limit, presign
from bench.database import settle
from bench.exchange import Exchange, running
from bench.limit import ACTS, Limit, Round
from bench.load import Load, Taken, post_all, wrk
from bench.presign import Draft, Ready, Signers
from bench.processes import cpu_of, cpu_of_cluster, peak_memory, postmaster_of
from bench.profile import recorded_by_py_spy
from bench.tables import print_acts, print_limit, print_sizes

WARM_UP = 400
FASTEST = 6_000  # acts a second that a round is ready for


@dataclass(slots=True)
class Bench:
    """One exchange under measurement. `leads` are registered and screened, and wait for an offer.

    `neighbours` are other databases on its server.
    """

    exchange: Exchange
    url: str
    postmaster: int
    signers: Signers
    folder: Path
    connections: int
    seconds: int
    leads: list[Ready] = field(default_factory=list)
    neighbours: list[str] = field(default_factory=list)
    fastest: int = FASTEST

    def warm_up(self) -> None:
        """Send some acts of each kind, so that code is loaded and there are rows to measure sizes on."""
        first = self._post([presign.register(number) for number in range(WARM_UP)])
        self._screen(first[: WARM_UP // 2])
        self._post([presign.offer(lead, number) for number, lead in enumerate(self.leads)])
        self.leads.clear()
        checks.wait_until_sequenced(self.url)

    def fill(self, leads: int) -> None:
        """Register, screen and offer this many leads, and wait until every act is in the log."""
        self._screen(self._post([presign.register(number) for number in range(leads)]))
        self._post([presign.offer(lead, number) for number, lead in enumerate(self.leads)])
        self.leads.clear()
        checks.wait_until_sequenced(self.url)

    def round(self, act: str, *, profile: Path | None = None) -> Taken:
        """Measure one round of an act and check that everything answered is on record.

        With a folder `profile` the round is recorded there by py-spy, and is slower for it.
        """
        drafts = self._drafts(act)
        settle(self.url, *self.neighbours)
        ready = self.signers.sign(drafts)
        server, postgres = cpu_of(self.exchange.pid), cpu_of_cluster(self.postmaster)
        with recorded_by_py_spy(self.exchange.pid, profile / f"{act}.txt") if profile else nullcontext():
            load = self._send(ready)
        sequenced_after = checks.wait_until_sequenced(self.url)
        server, postgres = cpu_of(self.exchange.pid) - server, cpu_of_cluster(self.postmaster) - postgres
        handed_out = ready[: load.handed_out]
        there = checks.recorded(self.url, [one.act_id for one in handed_out], answered=load.completed)
        self.fastest = int(load.rate * 1.6) + 500
        if act == "lead.register":
            self._screen([one for one in handed_out if one.act_id in there])
        else:
            del self.leads[: load.handed_out]
        checks.verify_ledger(self.url)
        acts = len(there)
        return Taken(load, server / acts * 1e6, postgres / acts * 1e6, load.client_cpu / acts * 1e6, sequenced_after)

    def _send(self, ready: Sequence[Ready]) -> Load:
        requests = [one.request for one in ready]
        return wrk(self.exchange.address, requests, self.folder, connections=self.connections, seconds=self.seconds)

    def _drafts(self, act: str) -> list[Draft]:
        wanted = self.fastest * self.seconds
        if act == "lead.register":
            return [presign.register(number) for number in range(wanted)]
        missing = wanted - len(self.leads)
        if missing > 0:
            self._screen(self._post([presign.register(number) for number in range(missing)]))
        return [presign.offer(lead, number) for number, lead in enumerate(self.leads[:wanted])]

    def _post(self, drafts: list[Draft]) -> list[Ready]:
        ready = self.signers.sign(drafts)
        post_all(self.exchange.address, [one.request for one in ready], connections=self.connections)
        return ready

    def _screen(self, leads: Sequence[Ready]) -> None:
        self.leads += self._post([presign.screen(lead) for lead in leads])
        checks.wait_until_sequenced(self.url)


@contextmanager
def bench(*, connections: int, seconds: int) -> Iterator[Bench]:
    """Yield a warm exchange on a durable embedded server in a temporary folder, all gone afterwards."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leadbridge-bench-")))
        data_dir = folder / "data"
        url = stack.enter_context(embedded_postgres.running(data_dir, durable=True))
        exchange = stack.enter_context(running(data_dir))
        signers = stack.enter_context(presign.signers(exchange))
        made = Bench(exchange, url, postmaster_of(data_dir), signers, folder, connections, seconds)
        made.warm_up()
        yield made


def measure_acts(*, rounds: int, connections: int, seconds: int, profile: Path | None) -> None:
    """Alternate limit and service for each act and print every round, the medians and the ratio."""
    with bench(connections=connections, seconds=seconds) as made:
        bound = limit.prepared(made.url, made.postmaster, made.folder)
        made.neighbours.append(bound.url)
        print_sizes(made.url)
        limits: dict[str, list[Round]] = {act: [] for act in ACTS}
        taken: dict[str, list[Taken]] = {act: [] for act in ACTS}
        for number in range(rounds):
            for act in ACTS:
                limits[act].append(bound.measure(act, connections=connections, seconds=seconds))
                taken[act].append(made.round(act))
                print(
                    f"round {number + 1} {act}: limit {limits[act][-1].rate:.0f}/s, "
                    f"service {taken[act][-1].load.rate:.0f}/s",
                    flush=True,
                )
        for act in ACTS:
            print_acts(act, limits[act], taken[act])
        print(f"API process: {peak_memory(made.exchange.pid):.0f} MiB resident at most")
        if profile is not None:
            for act in ACTS:
                made.round(act, profile=profile)
        ratios = {act: ratio(limits[act], taken[act]) for act in ACTS}
    print("ratio to the limit: " + ", ".join(f"{act} {found:.3f}" for act, found in ratios.items()))


def measure_limit(*, rounds: int, connections: int, seconds: int) -> None:
    """Measure the limit alone and print every round and the medians."""
    with bench(connections=connections, seconds=seconds) as made:
        bound: Limit = limit.prepared(made.url, made.postmaster, made.folder)
        print_sizes(made.url)
        measured: dict[str, list[Round]] = {act: [] for act in ACTS}
        for _ in range(rounds):
            for act in ACTS:
                measured[act].append(bound.measure(act, connections=connections, seconds=seconds))
    for act in ACTS:
        print_limit(act, measured[act])


def ratio(limits: Sequence[Round], taken: Sequence[Taken]) -> float:
    """Return acts/s of the service over acts/s of the limit, each the median of its rounds."""
    return statistics.median(one.load.rate for one in taken) / statistics.median(one.rate for one in limits)
