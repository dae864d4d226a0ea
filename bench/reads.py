"""`./run bench reads`: single acts read with the access log and without it, alternating in one run."""

import statistics
import sys

from bench.acts import Bench, bench
from bench.database import fetch, settle, value
from bench.exchange import LEADBRIDGE, POLICE, served, settings_for
from bench.load import BenchFailed, Load, Request, wrk
from bench.processes import cpu_of, cpu_of_cluster
from bench.tables import print_table

READER = POLICE[0]
LEADS = 500
WITH, WITHOUT = "with", "without"


def measure_reads(*, rounds: int, seconds: int, connections: list[int]) -> None:
    """Read acts of one agency, one and many at a time, from both servers in turn; print rounds, medians, ratios."""
    with bench(connections=32, seconds=seconds) as made:
        made.fill(LEADS)
        requests = _requests(made)
        recorded, silent = [*LEADBRIDGE, "serve", "--no-worker"], [sys.executable, "-P", "-m", "bench.unrecorded"]
        data_dir = made.exchange.data_dir
        with served(recorded, settings_for(data_dir)) as one, served(silent, settings_for(data_dir)) as other:
            servers = {WITH: one, WITHOUT: other}
            for many in connections:
                taken: dict[str, list[tuple[Load, float]]] = {WITH: [], WITHOUT: []}
                for number in range(rounds + 1):
                    for name, server in servers.items():
                        length = seconds if number else 1
                        found = _round(made, server, requests, many, length, recorded=name == WITH)
                        # The first is for warming up.
                        taken[name] += [found] if number else []
                _print(many, taken)


def _requests(made: Bench) -> list[Request]:
    rows = fetch(made.url, "SELECT DISTINCT act_id FROM act_reader WHERE node_id = $1", READER)
    headers = (("Authorization", f"Bearer {made.exchange.agencies[READER].token()}"),)
    return [Request("GET", f"/v1/acts/{row['act_id']}", headers) for row in rows]


def _round(
    made: Bench, server: tuple[str, int], requests: list[Request], many: int, seconds: int, *, recorded: bool
) -> tuple[Load, float]:
    """Return what wrk saw and the CPU of a read in µs, service and PostgreSQL; what was read must be on record."""
    (address, pid), counted = server, "SELECT count(*) FROM access_log"
    settle(made.url)
    before = value(made.url, counted)
    cpu = cpu_of(pid) + cpu_of_cluster(made.postmaster)
    load = wrk(address, requests, made.folder, connections=many, seconds=seconds, cycle=True)
    cpu = cpu_of(pid) + cpu_of_cluster(made.postmaster) - cpu
    rows = value(made.url, counted) - before
    if rows < load.completed if recorded else rows:
        raise BenchFailed(f"{load.completed} reads were answered, and {rows} are on record")
    return load, cpu / load.completed * 1e6


def _print(many: int, taken: dict[str, list[tuple[Load, float]]]) -> None:
    rows, medians = [], {}
    for name, rounds in taken.items():
        figures = [(load.rate, load.p50_ms, load.p99_ms, cpu) for load, cpu in rounds]
        medians[name] = [statistics.median(column) for column in zip(*figures, strict=True)]
        rows += [[f"{name}, round {number}", *_short(one)] for number, one in enumerate(figures, 1)]
        rows.append([f"{name}, median", *_short(medians[name])])
    ratios = [one / other for one, other in zip(medians[WITH], medians[WITHOUT], strict=True)]
    rows.append(["ratio", *_short(ratios)])
    heads = ["access log", "reads/s", "p50 ms", "p99 ms", "CPU µs"]
    print_table(f"GET /v1/acts/{{act_id}}, {many} at a time", heads, rows)


def _short(figures: list[float] | tuple[float, ...]) -> list[str]:
    return [f"{one:.0f}" if one >= 100 else f"{one:.2f}" for one in figures]
