"""The database: one declarative base with named constraints, engines over asyncpg, and the two roles that they take."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

import asyncpg
from sqlalchemy import URL, MetaData, make_url, text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlmodel import SQLModel

R = TypeVar("R")
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# What a connection of the service may do is said by its role, whoever logged in. `tests/guard/rights.py` lists it.
WRITER = "leadbridge_writer"
READER = "leadbridge_reader"
# To the end of the transaction every row that the reader's role sees is one that this node may know of.
_AS_NODE = text("SELECT current_user FROM set_config('leadbridge.node', :node, true)")

# What it looks like when the database is away, whatever layer notices it first.
UNREACHABLE = (
    ConnectionError,
    OperationalError,
    InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
)
# And when it is there, and has no connection or no space to give.
EXHAUSTED = (PoolTimeout, asyncpg.InsufficientResourcesError)


class Table(SQLModel):
    """Base of every table class. A table is never a request or response model."""

    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMING)


@dataclass(frozen=True, slots=True)
class Statement(Generic[R]):
    """SQL for many rows at once: every column goes as one array. `values` takes a row apart, in the order of `sql`."""

    sql: str
    values: Callable[[R], tuple[Any, ...]]


def async_url(url: str) -> URL:
    """Return `url` with the one driver that the service uses, whatever driver it names."""
    return make_url(url).set(drivername="postgresql+asyncpg")


def create_engine(
    url: str, *, pool_size: int = 8, application_name: str = "leadbridge", role: str | None = None
) -> AsyncEngine:
    """Return an engine whose errors never carry parameters (they may hold a person's data).

    Its connections are in `role` from their first statement on, and RESET ROLE leads back to it; None is for migrations
    and for tests, which act as whoever logged in.
    """
    server_settings = {"application_name": application_name} | ({"role": role} if role else {})
    address, tls = _apart(async_url(url))
    return create_async_engine(
        address,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        json_serializer=lambda value: json.dumps(value, ensure_ascii=False),
        connect_args={"timeout": 10, "server_settings": server_settings} | tls,
    )


def _apart(url: URL) -> tuple[URL, dict[str, str]]:
    """Return the URL without `sslmode`, `sslrootcert` and their like, and these as the driver takes them from a DSN.

    They mean then what they mean to libpq. As arguments of their own the driver does not know them.
    """
    tls = {name: value for name, value in url.query.items() if name.startswith("ssl") and name != "ssl"}
    if not tls:
        return url, {}
    return url.difference_update_query(tls), {"dsn": str(URL.create("postgresql", query=tls))}


@asynccontextmanager
async def reading(engine: AsyncEngine, node: str) -> AsyncIterator[AsyncConnection]:
    """Lend a connection that sees one state of the database throughout, cannot write, and reads for `node` alone.

    `engine` must be in the reader's role: in another one a query that forgets its filter would show everybody's rows.
    """
    frozen = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    async with frozen.connect() as connection:
        if await connection.scalar(_AS_NODE, {"node": node}) != READER:
            raise RuntimeError("reads for a node need the reader's role")
        yield connection


@asynccontextmanager
async def driver_connection(engine: AsyncEngine) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """Lend the driver's own connection from the pool, for the write path and for LISTEN.

    The caller runs its own `async with connection.transaction()`; SQLAlchemy has no transaction open on it.
    """
    async with engine.connect() as connection:
        yield await raw(connection)


async def raw(connection: AsyncConnection) -> "asyncpg.Connection[Any]":
    """Return the asyncpg connection under a SQLAlchemy connection."""
    pooled = await connection.get_raw_connection()
    driver = pooled.driver_connection
    if driver is None:
        raise RuntimeError("the pool lent a closed connection")
    return driver
