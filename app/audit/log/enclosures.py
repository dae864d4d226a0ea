"""The files that acts name: one row each, whose key opens under the root's data key."""

from collections.abc import Sequence
from typing import Any

import asyncpg

from app.audit.contradiction import Contradiction
from app.audit.decryptor import Decryptor
from app.stored import StoredRow

_ENCLOSED = """
    SELECT act_id, encode(sha256, 'hex') AS sha256, root_id, size, object_key, file_key, sealed_for
    FROM enclosed WHERE act_id = ANY($1::uuid[]) ORDER BY act_id, sha256
"""


async def require_enclosed(
    connection: "asyncpg.Connection[Any]", decryptor: Decryptor, named: Sequence[tuple[StoredRow, Any]]
) -> int:
    """Return how many files the acts of a stretch name; raise `Contradiction` for a missing, changed or extra row.

    `named` are an act's row and its document.
    """
    if not named:
        return 0
    stored: dict[Any, dict[str, Any]] = {}
    for row in await connection.fetch(_ENCLOSED, [row["act_id"] for row, _ in named]):
        stored.setdefault(row["act_id"], {})[row["sha256"]] = row
    for act, document in named:
        files = {file["sha256"]: (file["size"], None) for file in document.get("attachments") or ()}
        files |= {file["sha256"]: (None, file["recipient"]) for file in document.get("sealed") or ()}
        rows = stored.get(act["act_id"], {})
        for sha256 in sorted(files.keys() ^ rows.keys()):
            what = "it is missing" if sha256 in files else "the act does not name it"
            raise Contradiction("enclosed", f"{act['act_id']} {sha256}", what)
        for sha256, (size, recipient) in files.items():
            _require_row(rows[sha256], act, size, recipient)
            decryptor.file_key(rows[sha256], act)
    return sum(len(rows) for rows in stored.values())


def _require_row(row: StoredRow, act: StoredRow, size: int | None, recipient: str | None) -> None:
    key = f"{row['act_id']} {row['sha256']}"
    meant = (act["root_id"], row["size"] if size is None else size, recipient)
    if (row["root_id"], row["size"], row["sealed_for"]) != meant:
        raise Contradiction("enclosed", key, "root, size or recipient are not those of the act")
