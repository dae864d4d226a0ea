"""What belongs to nothing: rows that no case, no act and no entry of the log accounts for."""

from collections import Counter
from typing import Any

import asyncpg

from app.audit.contradiction import Contradiction
from app.transparency.tiles import WIDTH

_SUBTREES = "SELECT level, count(*) AS stored, max(position) + 1 AS last FROM log_subtree GROUP BY level"
_NEWEST = "SELECT max(size) FROM checkpoint"
_COSIGNED = """
    SELECT size, witness FROM checkpoint_cosignature c WHERE NOT EXISTS (SELECT FROM checkpoint k WHERE k.size = c.size)
    ORDER BY size, witness LIMIT 1
"""
_ORPHANS = {
    "act": 'SELECT act_id FROM act a WHERE NOT EXISTS (SELECT FROM "case" c WHERE c.root_id = a.root_id)',
    "act_reader": "SELECT node_id || ' ' || act_id FROM act_reader r WHERE NOT EXISTS "
    '(SELECT FROM act a JOIN "case" c USING (root_id) WHERE a.act_id = r.act_id AND a.lead_id = r.lead_id)',
    "deadline": "SELECT deadline_id FROM deadline t WHERE NOT EXISTS "
    '(SELECT FROM "case" c WHERE c.root_id = t.root_id)',
    "lead_entry": "SELECT node_id || ' ' || lead_id FROM lead_entry e WHERE NOT EXISTS "
    "(SELECT FROM act_reader r WHERE r.node_id = e.node_id AND r.lead_id = e.lead_id)",
    "enclosed": "SELECT act_id || ' ' || encode(sha256, 'hex') FROM enclosed e WHERE NOT EXISTS "
    "(SELECT FROM log_entry l WHERE l.act_id = e.act_id) AND NOT EXISTS "
    "(SELECT FROM unsequenced u WHERE u.act_id = e.act_id)",
}


# What erasing destroys beside the data key.
_ERASED = {
    "lead_number": 'SELECT n.lead_id FROM lead_number n JOIN subject s ON s.subject_id = n.lead_id JOIN "case" c '
    "ON c.root_id = s.root_id WHERE c.erased_at IS NOT NULL LIMIT 1",
    "blind_index": 'SELECT b.lead_id FROM blind_index b JOIN "case" c USING (root_id) '
    "WHERE c.erased_at IS NOT NULL LIMIT 1",
}


async def require_no_orphans(connection: "asyncpg.Connection[Any]", size: int, count: Counter[str]) -> None:
    """Raise `Contradiction` for a row beyond those that were counted, or a tree that has more or less than its log."""
    for row in await connection.fetch(_SUBTREES):
        whole = size // WIDTH ** row["level"]
        if (row["stored"], row["last"]) != (whole, whole):
            raise Contradiction("log_subtree", f"level {row['level']}", f"{row['stored']} stored, the log has {whole}")
    for table, left in _ERASED.items():
        lead_id = await connection.fetchval(left)
        if lead_id is not None:
            raise Contradiction(table, lead_id, "its lead was erased, and it was not")
    newest = await connection.fetchval(_NEWEST)
    if (newest or 0) != size:
        raise Contradiction("checkpoint", newest or 0, f"the newest one; the log has {size} entries")
    for row in await connection.fetch(_COSIGNED):
        raise Contradiction("checkpoint", row["size"], f"it is gone; {row['witness']} has cosigned it")
    for table, orphan in _ORPHANS.items():
        stored = await connection.fetchval(f'SELECT count(*) FROM "{table}"')  # noqa: S608 (ours)
        if stored != count[table]:
            first = await connection.fetchval(f"{orphan} ORDER BY 1 LIMIT 1")
            raise Contradiction(table, first or "(all)", f"{stored} rows stored, {count[table]} accounted for")
