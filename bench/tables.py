"""What the measurements print."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from bench.database import fetch
from bench.limit import ACTS, Round
from bench.load import Served, Taken

WIDTH = 120
SIZES = """
SELECT act.act, count(*) AS acts, avg(octet_length(body)) AS body, avg(octet_length(jws)) AS jws,
       avg(octet_length(receipt)) AS receipt, avg(octet_length(receipt_jws)) AS receipt_jws,
       avg(octet_length(snapshot)) AS snapshot
FROM act JOIN "case" ON "case".root_id = act.root_id AND last_seq = root_seq
WHERE act.act = ANY($1) GROUP BY act.act ORDER BY act.act
"""


def print_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table whose first column is text and whose other columns are numbers."""
    table = Table(title=title, box=box.MARKDOWN, title_justify="left")
    for number, head in enumerate(heads):
        table.add_column(head, justify="right" if number else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    Console(width=WIDTH).print(table)


def print_sizes(url: str) -> None:
    """Print the average sizes of what the service wrote; pgbench writes a row of nearly these sizes."""
    rows = [[str(row[0]), *(str(round(size)) for size in list(row)[1:])] for row in fetch(url, SIZES, list(ACTS))]
    print_table("bytes an act", ["act", "rows", "body", "jws", "receipt", "receipt jws", "case"], rows)


def print_limit(act: str, limits: Sequence[Round]) -> None:
    """Print the rounds of pgbench and their medians."""
    columns: list[tuple[str, Callable[[Any], float]]] = [
        ("acts/s", lambda one: one.rate),
        ("mean ms", lambda one: one.mean_ms),
        ("Postgres µs", lambda one: one.postgres_us),
        ("client µs", lambda one: one.client_us),
    ]
    _print_rounds(f"limit: {act}, pgbench, one statement and one transaction an act", columns, limits)


def print_acts(act: str, limits: Sequence[Round], taken: Sequence[Taken]) -> None:
    """Print limit and service side by side."""
    print_limit(act, limits)
    columns: list[tuple[str, Callable[[Any], float]]] = [
        ("acts/s", lambda one: one.load.rate),
        ("p50 ms", lambda one: one.load.p50_ms),
        ("p99 ms", lambda one: one.load.p99_ms),
        ("server µs", lambda one: one.server_us),
        ("Postgres µs", lambda one: one.postgres_us),
        ("client µs", lambda one: one.client_us),
        ("numbered after s", lambda one: one.sequenced_after),
    ]
    _print_rounds(f"service: {act} over HTTP", columns, taken)


def print_pages(measured: Mapping[str, Mapping[int, Sequence[Served]]]) -> None:
    """Print every kind of page for every number of leads: p50 of each round, then the medians."""
    rows = []
    for page, by_size in measured.items():
        for size, rounds in by_size.items():
            p50 = [one.load.p50_ms for one in rounds]
            figures = (p50, [one.load.p99_ms for one in rounds], [one.cpu_us for one in rounds])
            medians = (_short(statistics.median(one)) for one in figures)
            rows.append([page, str(size), " ".join(_short(one) for one in p50), *medians])
    heads = ["page", "leads", "p50 ms of rounds", "p50", "p99", "CPU µs"]
    print_table("pages of 50 over HTTP, one connection", heads, rows)


def _print_rounds(title: str, columns: list[tuple[str, Callable[[Any], float]]], rounds: Sequence[object]) -> None:
    rows: list[list[str]] = [
        [f"round {number}", *(_short(pick(one)) for _, pick in columns)] for number, one in enumerate(rounds, 1)
    ]
    rows.append(["median", *(_short(statistics.median(pick(one) for one in rounds)) for _, pick in columns)])
    print_table(title, ["", *(head for head, _ in columns)], rows)


def _short(number: float) -> str:
    return f"{number:.0f}" if number >= 100 else f"{number:.2f}"
