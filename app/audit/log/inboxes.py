"""The inboxes against the acts: who was addressed, in the order of the log, without a gap."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from app.audit.contradiction import Contradiction
from app.stored import StoredRow

_ITEMS = """
    SELECT i.node_id, i.seq, i.act_id, i.act, i.lead_id, i.sender, i.received_at, i.log_index
    FROM unnest($1::text[], $2::uuid[]) WITH ORDINALITY AS expected (node_id, act_id, place)
    JOIN inbox i USING (node_id, act_id) ORDER BY place
"""
_LAST = "SELECT node_id, count(*) AS items, max(seq) AS last FROM inbox GROUP BY node_id ORDER BY node_id"
_COMPARED = ("act", "lead_id", "sender", "received_at", "log_index")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One act on its way to one inbox; `row` is the act's with its log index."""

    node: str
    row: StoredRow


async def require_inbox(
    connection: "asyncpg.Connection[Any]", deliveries: Sequence[Delivery]
) -> dict[str, tuple[int, int]]:
    """Return each node's first and last number in a stretch; raise `Contradiction` for a missing or wrong item."""
    expected = [(delivery.node, delivery.row["act_id"]) for delivery in deliveries]
    stored = {
        (item["node_id"], item["act_id"]): item
        for item in await connection.fetch(_ITEMS, [node for node, _ in expected], [act for _, act in expected])
    }
    numbers: dict[str, tuple[int, int]] = {}
    for delivery in deliveries:
        item = stored.get((delivery.node, delivery.row["act_id"]))
        if item is None:
            raise Contradiction("inbox", delivery.node, f"act {delivery.row['act_id']} addresses it and is not in it")
        key = f"{delivery.node} {item['seq']}"
        for name in _COMPARED:
            if item[name] != delivery.row[name]:
                raise Contradiction("inbox", key, f"{name} is not that of the act")
        first, last = numbers.get(delivery.node, (item["seq"], item["seq"] - 1))
        if item["seq"] != last + 1:
            raise Contradiction("inbox", key, f"it stands where number {last + 1} belongs, by the order of the log")
        numbers[delivery.node] = (first, item["seq"])
    return numbers


def join(last: dict[str, int], stretch: Iterable[tuple[str, tuple[int, int]]]) -> None:
    """Put the numbers of a stretch behind those before it; raise `Contradiction` where they do not follow."""
    for node, (first, end) in stretch:
        if first != last.get(node, 0) + 1:
            raise Contradiction("inbox", f"{node} {first}", f"it stands where number {last.get(node, 0) + 1} belongs")
        last[node] = end


async def require_no_more(connection: "asyncpg.Connection[Any]", last: dict[str, int]) -> None:
    """Raise `Contradiction` for an inbox with more items than acts in the log address its node."""
    for row in await connection.fetch(_LAST):
        if (row["items"], row["last"]) != (last.get(row["node_id"], 0), last.get(row["node_id"], 0)):
            raise Contradiction("inbox", f"{row['node_id']} {row['last']}", "no act in the log addresses it")
