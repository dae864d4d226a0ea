"""The key events that wait for their place in the log: each belongs to one event on record, and none is left over."""

from typing import Any

import asyncpg

from app.audit.contradiction import Contradiction
from app.audit.register.key_book import KeyBook
from app.stored import StoredRow
from app.transparency.tree import leaf_hash

_WAITING = "SELECT ordinal, kind, entry FROM unsequenced WHERE kind IN ('key', 'revocation') ORDER BY ordinal"


class KeyQueue:
    """The entries that wait for the log. An event that finds its place here, or in the log, is accounted for."""

    def __init__(self, rows: list[Any]) -> None:
        self._rows: dict[bytes, Any] = {}
        for row in rows:
            if row["entry"] in self._rows:
                raise Contradiction("unsequenced", row["ordinal"], "it waits for the log twice")
            self._rows[row["entry"]] = row

    def place(self, book: KeyBook, row: StoredRow, table: str, key: object, entry: bytes, kind: str) -> int:
        """Return the place of an event in log or queue; raise `Contradiction` if it has none, two, or another entry.

        `row` has the event's `leaf_hash` and its `log_index`, if it is logged.
        """
        if leaf_hash(entry) != row["leaf_hash"]:
            raise Contradiction(table, key, "its leaf hash is not that of its own log entry")
        index: int | None = row["log_index"]
        waiting = self._rows.pop(entry, None)
        if waiting is None:
            if index is None:
                raise Contradiction(table, key, "it is neither in the log nor waiting for it")
            book.logged.add(index)
            return index
        if index is not None:
            raise Contradiction("unsequenced", waiting["ordinal"], f"it waits for the log, and is in it at {index}")
        if waiting["kind"] != kind:
            raise Contradiction(
                "unsequenced", waiting["ordinal"], f"it is of kind {waiting['kind']}, and is that of a {kind}"
            )
        return book.size + int(waiting["ordinal"])

    def require_empty(self) -> None:
        """Raise `Contradiction` for what waits and is that of no event."""
        for row in self._rows.values():
            raise Contradiction("unsequenced", row["ordinal"], "no key event on record makes such an entry")


async def read_key_queue(connection: "asyncpg.Connection[Any]") -> KeyQueue:
    """Return the queue; raise `Contradiction` for an entry that is in it twice."""
    return KeyQueue(await connection.fetch(_WAITING))
