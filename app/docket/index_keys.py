"""The keys of the keyed digests, by which numbers and subjects are found: secrets of their own, wrapped by the vault.

They outlive every master key, or what was indexed under an earlier one could not be found any more.
"""

import hmac
import os
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy import LargeBinary, Text
from sqlmodel import Field

from app import locks
from app.casework.values import normalised_document_no
from app.db import Table
from app.vault import KEY_BYTES, Vault


class StoredSecret(Table, table=True):
    """A secret of 32 bytes under the vault's master key."""

    __tablename__ = "secret"

    name: str = Field(primary_key=True, sa_type=Text)
    wrapped: bytes = Field(sa_type=LargeBinary)


@dataclass(frozen=True, slots=True)
class IndexKeys:
    """`numbers` finds lead, document and external numbers, and shuffles new ones; `blind` two leads of one subject."""

    numbers: bytes
    blind: bytes


async def read_index_keys(connection: "asyncpg.Connection[Any]", vault: Vault) -> IndexKeys:
    """Return the keys, making what is missing. Raises `InvalidTag` under a master key that never wrapped them."""
    return IndexKeys(await _secret(connection, vault, "lead-number"), await _secret(connection, vault, "blind-index"))


def number_digest(index_key: bytes, number: str) -> bytes:
    """Return the keyed digest by which a lead, document or external number is found."""
    return hmac.digest(index_key, normalised_document_no(number.strip()).encode(), "sha256")


def secret_context(name: str) -> bytes:
    return f"secret/{name}".encode()


async def _secret(connection: "asyncpg.Connection[Any]", vault: Vault, name: str) -> bytes:
    stored = "SELECT wrapped FROM secret WHERE name = $1"
    wrapped = await connection.fetchval(stored, name)
    if wrapped is None:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", locks.INDEX_KEYS)
            wrapped = await connection.fetchval(stored, name)
            if wrapped is None:
                wrapped = vault.wrap(os.urandom(KEY_BYTES), secret_context(name))
                await connection.execute("INSERT INTO secret (name, wrapped) VALUES ($1, $2)", name, wrapped)
    return vault.unwrap(wrapped, secret_context(name))
