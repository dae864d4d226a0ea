"""The limit: what PostgreSQL itself can take, one transaction an act, with nobody who verifies, decides or signs.

pgbench writes the rows that the service writes for the same act, in the same tables with the same indexes and
triggers, in a second database on the same server. One act is one statement, prepared, with the payload as its
parameters: fewer round trips are not possible. The sequencer's detour is left out; log and inbox rows are written
where they end up.
"""

import os
import re
import resource
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from app.embedded_postgres import binaries
from app.embedded_postgres.account import Account
from bench.database import create_database, fetch, settle, value
from bench.exchange import COORDINATION, POLICE, TOWNSHIPS
from bench.load import BenchFailed
from bench.processes import cpu_of_cluster

SCRIPTS = {
    "lead.register": Path(__file__).with_name("limit_register.sql"),
    "transfer.offer": Path(__file__).with_name("limit_offer.sql"),
}
ACTS = tuple(SCRIPTS)
# Bytes go as text, because pgbench sends every parameter so. Lengths and compressibility are those of real rows.
SAMPLE = """
WITH sized AS (
    SELECT act.*, c.data_key, c.snapshot, log_entry.entry, log_entry.leaf_hash,
           octet_length(act.body) + octet_length(act.jws) + octet_length(act.receipt) + octet_length(c.snapshot) AS size
    FROM act JOIN "case" AS c ON c.root_id = act.root_id AND c.last_seq = act.root_seq
    JOIN log_entry USING (act_id) WHERE act.act = $1
)
SELECT data_key::text, snapshot::text, kid, jws, body::text, body_sha256::text, receipt::text, receipt_jws,
       entry::text, leaf_hash::text
FROM sized ORDER BY abs(size - (SELECT avg(size) FROM sized)) LIMIT 1
"""

COUNTERS = """
CREATE SEQUENCE limit_lead CACHE 1; CREATE SEQUENCE limit_offer; CREATE SEQUENCE limit_log MINVALUE 0;
"""
ONE_LEAD = "SELECT nextval('limit_lead') AS n"


@dataclass(frozen=True, slots=True)
class Round:
    """What pgbench measured in one round."""

    rate: float
    mean_ms: float
    postgres_us: float
    client_us: float


@dataclass(frozen=True, slots=True)
class Limit:
    """The second database, and the payload of each act as pgbench sends it."""

    url: str
    exchange_url: str
    postmaster: int
    folder: Path
    samples: Mapping[str, Mapping[str, str]]

    def measure(self, act: str, *, connections: int, seconds: int) -> Round:
        """Run one round of pgbench and return what it measured; raises BenchFailed if a row is missing."""
        if act == "transfer.offer":
            self._prepare_offers(10_000 * seconds)
        before = value(self.url, "SELECT count(*) FROM act WHERE act = $1", act)
        settle(self.url, self.exchange_url)
        cpu, client = cpu_of_cluster(self.postmaster), _children()
        done = self._pgbench(act, connections, seconds)
        cpu, client = cpu_of_cluster(self.postmaster) - cpu, _children() - client
        acts = int(_found(r"actually processed: (\d+)", done))
        if value(self.url, "SELECT count(*) FROM act WHERE act = $1", act) != before + acts:
            raise BenchFailed(f"pgbench says {acts} acts, and other rows are there")
        self._check_offers()
        mean = float(_found(r"latency average = ([\d.]+)", done))
        return Round(float(_found(r"tps = ([\d.]+)", done)), mean, cpu / acts * 1e6, client / acts * 1e6)

    def _pgbench(self, act: str, connections: int, seconds: int) -> str:
        where = make_url(self.url)
        host, port = where.query.get("host", where.host), where.query.get("port", where.port)
        program = binaries.find(Account.for_cluster(self.folder), self.folder, major=None).path("pgbench")
        command = [program, "-n", "-M", "prepared", f"-c{connections}", "-j2", f"-T{seconds}", "-f", str(SCRIPTS[act])]
        command += [f"--define={name}={text}" for name, text in self.samples[act].items()]
        command += ["-h", str(host), "-p", str(port), "-U", str(where.username), str(where.database)]
        environment = {"PATH": os.defpath, "PGPASSWORD": where.password or ""}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0 or "number of failed transactions: 0 " not in done.stdout:
            raise BenchFailed(f"pgbench failed: {done.stdout[-1000:]}{done.stderr[-1000:]}")
        return done.stdout

    def _prepare_offers(self, wanted: int) -> None:
        """Make more leads if there are not enough for a round of offers, and screen them all."""
        ready = value(self.url, 'SELECT (SELECT count(*) FROM "case") - (SELECT count(*) FROM deadline)')
        if ready < wanted:
            many = f"{ONE_LEAD} FROM generate_series(1, {wanted - ready})"
            script = SCRIPTS[ACTS[0]].read_text().replace(ONE_LEAD, many)
            statement, payload = _positional(script, self.samples[ACTS[0]])
            fetch(self.url, statement, *payload)
        fetch(
            self.url,
            "INSERT INTO lead_entry (node_id, lead_id, root_id, state, category, role, is_origin, registered_at) "
            "SELECT $1, lead_id, root_id, 'screened', 'disorder', 'participant', false, registered_at "
            "FROM lead_entry WHERE state = 'registered' ON CONFLICT DO NOTHING",
            COORDINATION,
        )

    def _check_offers(self) -> None:
        if value(self.url, 'SELECT (SELECT count(*) FROM deadline) > (SELECT count(*) FROM "case")'):
            raise BenchFailed("there were fewer leads than offers in the limit's database")


def prepared(url: str, postmaster: int, folder: Path) -> Limit:
    """Return the limit for the exchange at `url`, which must have taken some acts of each kind already."""
    samples = {}
    for act in ACTS:
        rows = fetch(url, SAMPLE, act)
        if not rows:
            raise BenchFailed(f"the exchange has no {act} that is its case's newest")
        samples[act] = {**rows[0], "townships": _array(TOWNSHIPS)}
    samples["transfer.offer"] |= {"police": _array(POLICE), "office": COORDINATION}
    made = create_database(url, "limit")
    for statement in filter(str.strip, COUNTERS.split(";")):
        fetch(made, statement)
    return Limit(made, url, postmaster, folder, samples)


def _array(texts: Sequence[str]) -> str:
    return "{" + ",".join(texts) + "}"


def _positional(script: str, payload: Mapping[str, str]) -> tuple[str, list[str]]:
    """Return a pgbench script with the driver's placeholders, and the payload in their order."""
    names = list(payload)
    return re.sub(r"(?<!:):([a-z]\w*)", lambda found: f"CAST(${names.index(found[1]) + 1} AS text)", script), list(
        payload.values()
    )


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        raise BenchFailed(f"pgbench said something else: {text}")
    return match[1]
