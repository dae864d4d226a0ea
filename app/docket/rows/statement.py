"""How the dataclass of a row becomes SQL: its fields are the columns, and the table knows their types."""

from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import Uuid
from sqlalchemy.dialects import postgresql

from app.db import Statement, Table

R = TypeVar("R")
_POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]


def columns(row: type[Any]) -> tuple[str, ...]:
    """Return the columns of a row, in its order."""
    return tuple(field.name for field in fields(row))


def selected(table: type[Table], row: type[Any]) -> str:
    """Return the columns of a row as a SELECT names them: ids as text, as the service has them in memory."""
    types = Table.metadata.tables[str(table.__tablename__)].columns
    return ", ".join(f"{name}::text" if isinstance(types[name].type, Uuid) else name for name in columns(row))


def arrays(table: type[Table], *names: str) -> str:
    """Return the parameters of a statement, one array for each of these columns: `$1::uuid[], $2::text[]`."""
    types = Table.metadata.tables[str(table.__tablename__)].columns
    return ", ".join(
        f"${place}::{types[name].type.compile(dialect=_POSTGRESQL)}[]" for place, name in enumerate(names, 1)
    )


def new_rows(table: type[Table], *names: str) -> str:
    """Return the rows that a statement is given, as `new`, for its FROM."""
    return f"unnest({arrays(table, *names)}) AS new ({', '.join(names)})"


def insert(table: type[Table], row: type[R], then: str = "") -> Statement[R]:
    """Return the INSERT of whole rows; `then` says what becomes of a row that is there already."""
    names = columns(row)
    sql = f"""
        INSERT INTO "{table.__tablename__}" ({", ".join(names)}) SELECT * FROM unnest({arrays(table, *names)}) {then}
    """  # noqa: S608 (ours)
    return Statement(sql.strip(), attrgetter(*names))


def upsert(table: type[Table], row: type[R], key: Sequence[str], *changing: str) -> Statement[R]:
    """Return the INSERT of whole rows, of which one that is there already takes over the `changing` columns."""
    news = ", ".join(f"{name} = excluded.{name}" for name in changing)
    return insert(table, row, f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {news}")


def one_column(sql: str) -> Statement[str]:
    """Return a statement that is given ids alone."""
    return Statement(sql, lambda subject_id: (subject_id,))
