"""What each role of the service may do with each table. The migrations grant it; a test holds the two together.

A new table is listed here, and its migration grants what is said; until then the service itself cannot touch it.
"""

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple


class Seen(Enum):
    """Which rows a read for a node sees, through the reader's role."""

    OWN = "a policy admits the rows that the node may know of"
    OPEN = "every row: it is for everybody"
    NONE = "no row: the reader may not ask"


class Guarded(NamedTuple):
    """One table: what the writer may do beside SELECT, which rows the reader sees, and why."""

    writes: frozenset[str]
    seen: Seen
    why: str


def _table(writes: str, seen: Seen, why: str) -> Guarded:
    return Guarded(frozenset(writes.split()), seen, why)


_LOG = "the log holds digests, and is open"
_REGISTER = "the register is what every signature is checked with"
_KEPT = "keys and codes of the exchange, of no node's concern"
_WORK = "the exchange's own work list"

# Evidence is what bears INSERT alone.
TABLES: Mapping[str, Guarded] = {
    "access_day": _table("INSERT", Seen.NONE, "the auditors'"),
    "access_log": _table("INSERT", Seen.OWN, "own reads, and fetches by openings on leads that it is a party of"),
    "act": _table("INSERT", Seen.OWN, "the acts that `act_reader` names"),
    "act_reader": _table("INSERT DELETE", Seen.OWN, "a node that a lead concerns is struck out"),
    "alembic_version": _table("", Seen.NONE, "whether the service is ready"),
    "blind_index": _table("INSERT DELETE", Seen.NONE, "it spans the leads of all nodes; erasure deletes"),
    "calendar_day": _table("INSERT", Seen.NONE, "deadlines were counted by every version"),
    "calendar_year": _table("INSERT", Seen.NONE, "deadlines were counted by every version"),
    "case": _table("INSERT UPDATE", Seen.OWN, "of a party, or of one that reads an act in it"),
    "checkpoint": _table("INSERT", Seen.OPEN, _LOG),
    "checkpoint_cosignature": _table("INSERT", Seen.OPEN, _LOG),
    "deadline": _table("INSERT UPDATE", Seen.OWN, "a node's own deadlines"),
    "enclosed": _table("INSERT DELETE", Seen.OWN, "files of acts that it reads or uploaded; erasure deletes"),
    "enrolment_code": _table("INSERT UPDATE", Seen.NONE, _KEPT),
    "exchange_key": _table("INSERT UPDATE", Seen.NONE, _KEPT),
    "exchange_key_event": _table("INSERT", Seen.OPEN, _REGISTER),
    "inbox": _table("INSERT", Seen.OWN, "a node's own"),
    "key_event": _table("INSERT", Seen.OPEN, _REGISTER),
    "key_notice": _table("INSERT", Seen.OWN, "addressed to one node"),
    "key_request": _table("INSERT", Seen.OPEN, _REGISTER),
    "lead_entry": _table("INSERT UPDATE DELETE", Seen.OWN, "a node's own list; who a lead concerns is struck out"),
    "lead_number": _table("INSERT DELETE", Seen.OWN, "of its leads, or of acts that it reads; erasure deletes"),
    "log_entry": _table("INSERT", Seen.OPEN, _LOG),
    "log_subtree": _table("INSERT", Seen.OPEN, _LOG),
    "match_queue": _table("INSERT DELETE", Seen.NONE, _WORK),
    "node": _table("INSERT UPDATE", Seen.OPEN, _REGISTER),
    "node_key": _table("INSERT UPDATE", Seen.OPEN, _REGISTER),
    "number_block": _table("INSERT UPDATE", Seen.NONE, _WORK),
    "pending_enrolment": _table("INSERT UPDATE", Seen.NONE, "the registrars'"),
    "person": _table("INSERT UPDATE", Seen.NONE, "password hashes"),
    "report": _table("INSERT", Seen.OWN, "a node's own figures, frozen"),
    "secret": _table("INSERT UPDATE", Seen.NONE, _KEPT),
    "stat_delta": _table("INSERT DELETE", Seen.OWN, "figures of others go through the writer, small cells left out"),
    "stat_rollup": _table("INSERT UPDATE", Seen.OWN, "figures of others go through the writer, small cells left out"),
    "subject": _table("INSERT UPDATE", Seen.OWN, "ids of leads that it is a party of"),
    "unsequenced": _table("INSERT DELETE", Seen.NONE, _WORK),
    "upload": _table("INSERT UPDATE DELETE", Seen.OWN, "a node's own files"),
    "used_jti": _table("INSERT UPDATE DELETE", Seen.NONE, _WORK),
    "witnessed_log": _table("INSERT UPDATE", Seen.NONE, "it only advances: a trigger says so"),
}
