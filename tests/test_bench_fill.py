"""The bench's copies of leads beside what the real service wrote: rows, cases, and the sums of the figures."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from app.casework.case import Case
from app.casework.statistics.figures import figures
from app.config import Settings
from app.stored import root_key, stored_case
from app.vault import open_vault
from bench.database import fetch
from bench.exchange import Exchange, running
from bench.fill import Filling, fill, new_id
from bench.templates import play
from tests.conftest import new_database

ZONE = ZoneInfo("Asia/Shanghai")
COPIES = 2
# Columns of a copy that are its own: what the database or the log numbers, and digests and keys, which none may share.
OWN = {
    "lead_number": {"id", "digest"},
    "inbox": {"seq", "log_index"},
    "blind_index": {"digest"},
    "case": {"data_key", "snapshot"},
}
COMPARED = ("lead_entry", "subject", "act_reader", "deadline", *OWN)
# Tables that know of leads and have no row of a copy, as `bench/fill.py` says; the queue is a work list.
LEFT_OUT = {"act", "enclosed", "match_queue", "unsequenced"}


@dataclass(frozen=True)
class Filled:
    """A database in which the real service played leads, each then copied twice."""

    exchange: Exchange
    filling: Filling
    before: list[Any]

    def rows(self, table: str, lead_id: str) -> list[dict[str, Any]]:
        column = "root_id" if table == "case" else "lead_id"
        found = fetch(self.filling.url, f'SELECT * FROM "{table}" WHERE {column} = $1::uuid', lead_id)  # noqa: S608 (ours)
        return [dict(row) for row in found]

    def case(self, lead_id: str) -> Case:
        (row,) = self.rows("case", lead_id)
        vault = open_vault(Settings(data_dir=self.filling.data_dir))
        return stored_case(root_key(vault, lead_id, row["data_key"]), lead_id, row["snapshot"])

    def copies(self) -> Iterator[tuple[int, str, str]]:
        """Yield the number, the old lead and the new one of each copy."""
        for number in range(self.filling.count):
            yield number, self.filling.template(number).lead_id, self.new_ids(number)[0]

    def new_ids(self, number: int) -> list[str]:
        return [new_id(number, slot) for slot in range(len(self.filling.template(number).ids))]

    def back(self, number: int, value: Any) -> Any:
        """Return a value of a copy as it stood in the original: ids exchanged, times moved back."""
        template = self.filling.template(number)
        if isinstance(value, datetime):
            return value - (self.filling.registered_at(number) - template.registered_at)
        ids = dict(zip(self.new_ids(number), template.ids, strict=True))
        return UUID(ids[str(value)]) if isinstance(value, UUID) else value


@pytest.fixture(scope="module")
def filled(postgres_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    folder = tmp_path_factory.mktemp("filled") / "data"
    with (
        new_database(postgres_url, template=template_database) as url,
        running(folder, database_url=url, options=["--no-worker"]) as exchange,
    ):
        templates = play(exchange, url)
        before = fetch(url, "SELECT * FROM stat_delta")
        yield Filled(exchange, fill(url, folder, COPIES * len(templates), templates), before)


def test_every_table_that_knows_of_leads_is_compared_or_left_out_knowingly(filled: Filled) -> None:
    found = fetch(
        filled.filling.url,
        "SELECT DISTINCT table_name FROM information_schema.columns WHERE table_schema = 'public' "
        "AND column_name IN ('lead_id', 'root_id')",
    )
    assert {row["table_name"] for row in found} == {*COMPARED, *LEFT_OUT}


@pytest.mark.parametrize("table", COMPARED)
def test_a_copy_has_the_rows_that_the_service_wrote_for_the_original(filled: Filled, table: str) -> None:
    own, seen = OWN.get(table, set()), 0
    for number, old, new in filled.copies():
        original = [{name: value for name, value in row.items() if name not in own} for row in filled.rows(table, old)]
        copy = [
            {name: filled.back(number, value) for name, value in row.items() if name not in own}
            for row in filled.rows(table, new)
        ]
        assert sorted(map(str, copy)) == sorted(map(str, original))
        seen += len(copy)
    assert seen


def test_numbers_and_digests_of_copies_are_their_own_and_inboxes_have_no_gap(filled: Filled) -> None:
    url = filled.filling.url
    for table in ("lead_number", "blind_index"):
        (counted,) = fetch(url, f"SELECT count(*), count(DISTINCT digest) FROM {table}")  # noqa: S608 (ours)
        assert counted[0] == counted[1]
    assert not fetch(url, "SELECT node_id FROM inbox GROUP BY node_id HAVING max(seq) <> count(*) OR min(seq) <> 1")
    (counted,) = fetch(url, "SELECT count(*), count(DISTINCT (log_index, node_id)) FROM inbox")
    assert counted[0] == counted[1]


def test_a_copied_case_is_the_original_under_new_ids_at_another_time(filled: Filled) -> None:
    for number, old, new in filled.copies():
        original, copy = filled.case(old), filled.case(new)
        (lead,) = original.leads.values()
        text = copy.model_dump_json()
        for theirs, ours in zip(filled.new_ids(number), filled.filling.template(number).ids, strict=True):
            text = text.replace(theirs, ours)
        (moved,) = Case.model_validate_json(text).leads.values()
        shift = moved.registered_at - lead.registered_at
        assert moved.registered_at == filled.filling.registered_at(number)
        assert moved.lead_no != lead.lead_no
        assert times(text, -shift).replace(moved.lead_no, lead.lead_no) == times(
            original.model_dump_json(), timedelta()
        )


def times(snapshot: str, moved: timedelta) -> str:
    """Write every time of a case as an instant, moved."""
    parts = snapshot.split('"')
    for place, one in enumerate(parts):
        if len(one) > 19 and one[4] == one[7] == "-" and one[10] == "T":
            parts[place] = str((datetime.fromisoformat(one) + moved).timestamp())
    return '"'.join(parts)


def test_the_sums_are_those_of_the_figures_of_every_copy(filled: Filled) -> None:
    """First that figures and days of acts are what the service itself added for the originals; then of the copies."""
    originals = [one.lead_id for one in filled.filling.templates]
    written = Counter[tuple[Any, ...]]()
    for row in filled.before:
        written[row["node_id"], row["audience"], row["day"], row["measure"]] += row["delta"]
    assert {key: number for key, number in written.items() if number} == added(filled, originals, None)
    wanted = Counter[tuple[Any, ...]]()
    for number, old, new in filled.copies():
        for (node, audience, day, measure), much in added(filled, [new], (number, old)).items():
            for grain, starts in (("ever", date.min), ("month", day.replace(day=1)), ("day", day)):
                wanted[node, audience, grain, starts, measure] += much
    found = fetch(filled.filling.url, "SELECT node_id, audience, grain, starts, measure, total FROM stat_rollup")
    assert {tuple(row)[:5]: row["total"] for row in found} == dict(wanted)


def added(filled: Filled, leads: list[str], copied: tuple[int, str] | None) -> dict[tuple[Any, ...], int]:
    """What leads add to the statistics: the figures of their cases, and one act for each that an agency sent."""
    found = Counter[tuple[Any, ...]]()
    for lead_id in leads:
        found.update(figures(filled.case(lead_id), ZONE))
        for row in filled.rows("act", copied[1] if copied else lead_id):
            at = row["received_at"]
            if copied is not None:
                at += filled.filling.registered_at(copied[0]) - filled.filling.template(copied[0]).registered_at
            if row["sender"] in filled.exchange.agencies:
                found[row["sender"], "own", at.astimezone(ZONE).date(), "acts"] += 1
    return dict(found)
