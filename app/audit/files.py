"""The files themselves: each object is there, opens with its key, and has the size and digest that its acts state.

Read a few MiB at a time. An object that several acts name is read once.
"""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import asyncpg
from cryptography.exceptions import InvalidTag
from obstore.exceptions import BaseError

from app.attachments.opening import DamagedObject, plaintext_of, require_size
from app.attachments.queries import StoredFile
from app.attachments.store import AttachmentStore, open_store
from app.audit.contradiction import Contradiction
from app.audit.decryptor import Decryptor
from app.config import Settings
from app.stored import BODY_KEY
from app.vault import Vault

PAGE = 1000
TASK_FILES = 64
TASK_BYTES = 32 * 1024 * 1024
# The first page begins before every key, an empty one too.
_OBJECTS = """
    SELECT object_key, max(size) AS size FROM enclosed WHERE $1::text IS NULL OR object_key > $1
    GROUP BY object_key ORDER BY object_key LIMIT $2
"""
_COUNT = "SELECT count(DISTINCT object_key) FROM enclosed"
_NAMED = f"""
    SELECT e.act_id, encode(e.sha256, 'hex') AS sha256, e.root_id, e.size, e.object_key, e.file_key,
           c.root_id AS case_id, {BODY_KEY} AS data_key
    FROM enclosed e LEFT JOIN act a ON a.act_id = e.act_id LEFT JOIN "case" c ON c.root_id = e.root_id
    WHERE e.object_key = ANY($1::text[]) ORDER BY e.object_key, e.act_id, e.sha256
"""  # noqa: S608 (ours)


class StoreUnreadable(Exception):
    """The store does not answer, or refuses: that proves nothing of what is in it."""


def require_store(settings: Settings) -> AttachmentStore:
    """Return the store that the settings name; raise `StoreUnreadable` for an address that names none.

    A folder that is not there holds nothing, and that proves nothing: perhaps the audit has other settings.
    """
    place = settings.attachments or str(settings.data_dir / "attachments")
    if "://" not in place and not Path(place).is_dir():
        raise StoreUnreadable(f"{place} is no folder: is LEADBRIDGE_ATTACHMENTS what the service has?")
    try:
        return open_store(settings)
    except (BaseError, OSError, ValueError) as error:
        raise StoreUnreadable(f"{type(error).__name__} while opening the store") from error


async def count_files(connection: "asyncpg.Connection[Any]") -> int:
    """Return how many objects the acts name."""
    counted: int = await connection.fetchval(_COUNT)
    return counted


async def file_tasks(connection: "asyncpg.Connection[Any]") -> AsyncIterator[list[str]]:
    """Yield the keys of all objects in order, as many at a time as one task reads in a moment."""
    after, task, size = None, [], 0
    while rows := await connection.fetch(_OBJECTS, after, PAGE):
        for row in rows:
            task.append(row["object_key"])
            size += row["size"]
            if size >= TASK_BYTES or len(task) == TASK_FILES:
                yield task
                task, size = [], 0
        after = rows[-1]["object_key"]
    if task:
        yield task


async def check_files(
    connection: "asyncpg.Connection[Any]", vault: Vault, store: AttachmentStore, object_keys: Sequence[str]
) -> int:
    """Return how many objects these keys name; raise `Contradiction` for the first that is not what its act says."""
    decryptor, files = Decryptor(vault), dict[str, StoredFile]()
    for row in await connection.fetch(_NAMED, object_keys):
        key = f"{row['act_id']} {row['sha256']}"
        file = StoredFile(bytes.fromhex(row["sha256"]), row["size"], row["object_key"], decryptor.file_key(row, row))
        first = files.setdefault(file.object_key, file)
        if first != file:
            raise Contradiction("enclosed", key, "size, digest or key are not those of the object that it shares")
        if first is file:
            await _require_file(store, file, key)
    return len(files)


async def _require_file(store: AttachmentStore, file: StoredFile, key: str) -> None:
    try:
        await require_size(store, file)
        async for _ in plaintext_of(store, file):
            pass
    except FileNotFoundError as error:
        raise Contradiction("enclosed", key, "the object of the file is gone") from error
    except (DamagedObject, InvalidTag, ValueError) as error:
        raise Contradiction(
            "enclosed", key, "the object is not the file: it has other bytes than were written"
        ) from error
    except (BaseError, OSError) as error:
        raise StoreUnreadable(f"{type(error).__name__} while reading {file.object_key}") from error
