"""Is it all there, and right: what holds after every round, whatever its speed."""

import time
from collections.abc import Collection

from bench.database import fetch, value
from bench.load import BenchFailed

PATIENCE = 60


def wait_until_sequenced(url: str) -> float:
    """Return how many seconds the sequencer took to number everything committed; raises BenchFailed after 60."""
    began = time.monotonic()
    while value(url, "SELECT count(*) FROM unsequenced"):
        if time.monotonic() - began > PATIENCE:
            raise BenchFailed("the sequencer does not catch up")
        time.sleep(0.05)
    return time.monotonic() - began


def recorded(url: str, act_ids: Collection[str], *, answered: int) -> set[str]:
    """Return which of the acts that a round handed out are on record.

    Raises BenchFailed if they are fewer than were answered with a receipt.
    """
    rows = fetch(url, "SELECT act_id FROM act WHERE act_id = ANY($1::uuid[])", list(act_ids))
    if len(rows) < answered:
        raise BenchFailed(f"{answered} acts were answered with a receipt, and only {len(rows)} are on record")
    return {str(row["act_id"]) for row in rows}


def verify_ledger(url: str) -> None:
    """Raise BenchFailed unless log and inboxes have no gap and every act is in the log and with its addressees."""
    gaps = fetch(url, "SELECT node_id FROM inbox GROUP BY node_id HAVING min(seq) <> 1 OR max(seq) <> count(*)")
    if gaps:
        raise BenchFailed(f"the inbox of {gaps[0]['node_id']} has a gap")
    if value(url, "SELECT count(*) <> coalesce(max(log_index) + 1, 0) FROM log_entry"):
        raise BenchFailed("the log has a gap")
    # The exchange's own notices may still come in; what waits for its number is not lost.
    if value(
        url,
        "SELECT count(*) FROM act WHERE NOT EXISTS (SELECT FROM log_entry WHERE act_id = act.act_id) "
        "AND NOT EXISTS (SELECT FROM unsequenced WHERE act_id = act.act_id)",
    ):
        raise BenchFailed("an act is not in the log")
    if value(
        url,
        "SELECT count(*) FROM act_reader JOIN act USING (act_id) WHERE node_id <> sender "
        "AND NOT EXISTS (SELECT FROM inbox WHERE inbox.act_id = act.act_id AND inbox.node_id = act_reader.node_id) "
        "AND NOT EXISTS (SELECT FROM unsequenced WHERE act_id = act.act_id)",
    ):
        raise BenchFailed("an act is not in the inbox of one whom it addresses")
