"""Rows of the write path against the tables that they go into."""

import importlib
import pkgutil
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from app.db import Statement, Table
from app.docket import rows
from app.transparency import queue

# What the database fills in itself, or another loop writes later.
LEFT_OUT = {
    "case": {"erasure_kept"},
    "deadline": {"recount"},
    "lead_number": {"id"},
    "stat_delta": {"delta_id"},
    "unsequenced": {"ordinal"},
}
MODULES = {
    name: importlib.import_module(f"{rows.__name__}.{name}")
    for _, name, _ in pkgutil.iter_modules(rows.__path__)
    if name not in ("statement", "gathered")
} | {"unsequenced": queue}


def row_of(module: Any) -> Any:
    found = [one for one in vars(module).values() if is_dataclass(one) and one.__module__ == module.__name__]
    return max(found, key=lambda one: len(fields(one)))


@pytest.mark.parametrize("table", MODULES)
def test_a_row_has_every_column_of_its_table_but_those_that_the_database_fills_in(table: str) -> None:
    written = {field.name for field in fields(row_of(MODULES[table]))}
    assert written == set(Table.metadata.tables[table].columns.keys()) - LEFT_OUT.get(table, set())


@pytest.mark.parametrize("table", MODULES)
def test_every_statement_takes_as_many_arrays_as_it_takes_of_a_row(table: str) -> None:
    for statement in (one for one in vars(MODULES[table]).values() if isinstance(one, Statement)):
        rendered = "".join(statement.sql.split())
        places = {place for place in range(1, 30) if f"${place}::" in rendered}
        assert places == set(range(1, len(places) + 1)), statement.sql
