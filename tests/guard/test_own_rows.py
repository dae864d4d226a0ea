"""A read for a node sees the rows that the node may know of, whatever the query forgets to ask."""

import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.bundles import rows as bundle_rows
from app.casework.acts.catalogue import CATALOGUE
from app.client import uuid7
from app.db import READER, WRITER, raw, reading
from app.views import acts, cases, inbox, ledger
from tests.agencies import World
from tests.agencies import world as exchange
from tests.guard.asking import ask, rows
from tests.guard.rights import TABLES, Seen

OWN = sorted(name for name, table in TABLES.items() if table.seen is Seen.OWN)
STRANGER = "supervision"
NAMES = ("township", "police", STRANGER)


@pytest.fixture(scope="module")
def world(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Township and police share a lead, the township has one with a file of its own, the supervision organ has none."""
    with exchange(module_database_url, tmp_path_factory.mktemp("exchange")) as running:
        town, police = running.agency("township"), running.agency("police")
        running.offered()
        photograph = town.upload("照片".encode(), name="照片", media_type="image/jpeg")
        example = CATALOGUE["lead.register"].example
        town.act("lead.register", uuid7(), example, recipients=[], attachments=[photograph])
        police.upload(b"not sent yet", name="a", media_type="text/plain")
        running.agency(STRANGER).upload(b"a stranger's", name="b", media_type="text/plain")
        yield running


def node(world: World, name: str) -> str:
    return world.agency(name).node_id


def seen_by(world: World, name: str, table: str) -> list[Any]:
    """Return what a read for an agency sees of a table by a query without any filter."""

    async def question(engine: AsyncEngine) -> list[Any]:
        async with reading(engine, node(world, name)) as connection:
            return list(await connection.execute(text(f'TABLE "{table}"')))

    return ask(world.database_url, READER, question)


@pytest.mark.parametrize("table", OWN)
def test_without_a_node_a_read_sees_no_row(world: World, table: str) -> None:
    assert rows(world.database_url, READER, f'TABLE "{table}"') == []


@pytest.mark.parametrize(
    "table", ["act_reader", "deadline", "inbox", "lead_entry", "stat_delta", "stat_rollup", "upload"]
)
def test_a_query_that_forgets_its_filter_shows_the_rows_of_the_node_alone(world: World, table: str) -> None:
    everything = world.rows(f'TABLE "{table}"')
    for name in NAMES:
        mine = [str(one) for one in everything if one.node_id == node(world, name)]
        assert sorted(map(str, seen_by(world, name, table))) == sorted(mine)


@pytest.mark.parametrize("name", NAMES)
def test_acts_cases_files_and_ids_are_those_that_the_node_may_know_of(world: World, name: str) -> None:
    mine = node(world, name)
    readable = {one.act_id for one in world.rows("SELECT act_id FROM act_reader WHERE node_id = :node", node=mine)}
    party = {one.lead_id for one in world.rows("SELECT lead_id FROM lead_entry WHERE node_id = :node", node=mine)}
    files = {one.act_id for one in world.rows("SELECT act_id FROM enclosed")} & readable
    assert {one.act_id for one in seen_by(world, name, "act")} == readable
    assert {one.root_id for one in seen_by(world, name, "case")} == party  # none of these leads is split
    assert {one.act_id for one in seen_by(world, name, "enclosed")} == files
    assert {one.lead_id for one in seen_by(world, name, "subject")} == party
    assert {one.lead_id for one in seen_by(world, name, "lead_number")} == party
    assert [bool(readable), bool(party)] == [name != STRANGER] * 2
    assert bool(files) == (name == "township")


def test_a_number_in_an_act_is_seen_by_those_who_read_the_act(world: World) -> None:
    lead_id, _ = world.offered()
    everything = world.rows("SELECT id, act_id FROM lead_number WHERE lead_id = :lead", lead=UUID(lead_id))
    readable = {one.act_id for one in seen_by(world, "police", "act")} | {None}
    hidden = {one.id for one in everything if one.act_id not in readable}
    assert hidden, "the offer shows neither registration nor screening before its receipt"
    assert not hidden & {one.id for one in seen_by(world, "police", "lead_number")}


def test_the_case_of_an_act_stays_open_to_a_reader_of_the_act_who_is_struck_off_the_list(world: World) -> None:
    lead_id, _ = world.offered()
    mine = {"node": node(world, "police"), "lead": UUID(lead_id)}
    world.rows("DELETE FROM lead_entry WHERE node_id = :node AND lead_id = :lead", **mine)
    assert mine["lead"] in {one.root_id for one in seen_by(world, "police", "case")}
    world.rows("DELETE FROM act_reader WHERE node_id = :node AND lead_id = :lead", **mine)
    assert mine["lead"] not in {one.root_id for one in seen_by(world, "police", "case")}


def test_the_node_of_a_read_is_forgotten_with_its_transaction(world: World) -> None:
    async def question(engine: AsyncEngine) -> tuple[int, int]:
        counted = text("SELECT count(*) FROM act")
        async with reading(engine, node(world, "police")) as connection:
            mine = await connection.scalar(counted)
        async with engine.connect() as connection:
            return mine, await connection.scalar(counted)

    mine, afterwards = ask(world.database_url, READER, question)
    assert mine > 0
    assert afterwards == 0


@pytest.mark.parametrize("role", [WRITER, None])
def test_reading_for_a_node_in_another_role_is_an_error(world: World, role: str | None) -> None:
    async def question(engine: AsyncEngine) -> None:
        async with reading(engine, node(world, "police")):
            raise AssertionError

    with pytest.raises(RuntimeError, match="reader's role"):
        ask(world.database_url, role, question)


@pytest.mark.parametrize("module", [acts, cases, inbox, ledger, bundle_rows])
def test_a_statement_that_asks_for_another_node_finds_nothing(world: World, module: ModuleType) -> None:
    """The statements of the reads, word by word, with the id of police: once for police, once in a stranger's read."""
    (lead_id,) = {one.lead_id for one in seen_by(world, "police", "lead_entry")} & _offered_first(world)
    act_id = next(one.act_id for one in seen_by(world, "police", "act") if one.lead_id == lead_id)
    values: dict[str, Any] = {"node": node(world, "police"), "lead": lead_id, "act": act_id, "after": 0, "limit": 50}
    values |= {"subject": lead_id, "kind": "lead", "leads": [lead_id], "told": ["transfer.offer"]}

    async def found(connection: AsyncConnection) -> int:
        total = 0
        for name, statement in vars(module).items():
            if re.match("_[A-Z]", name) and re.search(
                r"lead_entry|act_reader|FROM act |inbox|enclosed", str(statement)
            ):
                total += await _count(connection, statement, values)
        return total

    async def question(engine: AsyncEngine) -> list[int]:
        counts = []
        for name in ("police", STRANGER):
            async with reading(engine, node(world, name)) as connection:
                counts.append(await found(connection))
        return counts

    own, others = ask(world.database_url, READER, question)
    assert own > 0
    assert others == 0


def _offered_first(world: World) -> set[UUID]:
    return {one.lead_id for one in world.rows("SELECT lead_id FROM act WHERE act = 'transfer.offer' LIMIT 1")}


async def _count(connection: AsyncConnection, statement: Any, values: dict[str, Any]) -> int:
    if isinstance(statement, str):
        by_place = {1: [values["act"]], 2: [values["node"], values["lead"]], 3: [values["node"], values["lead"], None]}
        places = len(set(re.findall(r"\$\d", statement)))
        arguments = by_place[places] if "ANY($1" not in statement else [[values["act"]]]
        return len(await (await raw(connection)).fetch(statement, *arguments))
    named = {name: values[name] for name in re.findall(r"(?<!:):(\w+)", str(statement))}
    return len(list(await connection.execute(statement, named)))
