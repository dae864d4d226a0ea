"""What is noted of erasures outside the database, as those who check it read it."""

import json
from dataclasses import dataclass
from typing import Any

import asyncpg

from app.attachments.store import open_store
from app.audit.cases.differences import Differs
from app.config import Settings
from app.docket.erasures import UnprovenErasure, read_erasure
from app.signing.keys import PublicKey, load_public_jwk

_KEYS = "SELECT kid, jwk::text AS jwk FROM exchange_key"
_ALIVE = (
    'SELECT root_id::text FROM "case" WHERE root_id = ANY($1::uuid[]) AND erased_at IS NULL ORDER BY root_id LIMIT 1'
)


@dataclass(frozen=True, slots=True)
class ErasureNotes:
    """The notes beside the attachments, and the exchange's keys that they are signed by."""

    settings: Settings

    async def acts_for(self, connection: "asyncpg.Connection[Any]", root_id: str) -> frozenset[str]:
        """Return the acts by which a root was erased, as it is noted, or none; raise `Differs` for a forged note."""
        keys: dict[str, PublicKey] = {
            row["kid"]: load_public_jwk(json.loads(row["jwk"])) for row in await connection.fetch(_KEYS)
        }
        try:
            erasure = await read_erasure(
                open_store(self.settings), self.settings.exchange_id, root_id, keys.__getitem__
            )
        except FileNotFoundError:
            return frozenset()
        except UnprovenErasure as error:
            raise Differs(f"a note says that {root_id} was erased, and no key of the exchange signed that") from error
        return frozenset(erasure.by.values())

    async def still_there(self, connection: "asyncpg.Connection[Any]") -> str | None:
        """Return a root that is noted as erased and has its content, as after a restored backup, or None.

        Raises `Differs` if that note is forged.
        """
        noted = [root_id async for root_id in open_store(self.settings).erasures()]
        restored: str | None = await connection.fetchval(_ALIVE, noted) if noted else None
        if restored is not None:
            await self.acts_for(connection, restored)
        return restored
