"""What must be left of a case whose content was erased. Pure."""

import hashlib
from collections.abc import Sequence

from app.audit.cases.differences import Differs, verify_same
from app.audit.cases.refold import Recorded
from app.casework.case import ActRef, Case
from app.casework.records.erasure import ERASE, all_erased, tombstone


def verify_tombstone(case: Case, rows: Sequence[Recorded], erasures: frozenset[str]) -> Case:
    """Return the case; raise `Differs` unless nothing of its content is left, by acts that are on record.

    An act that erased is one on this record, or one of `erasures`: a database that was restored from before it has it
    only outside.
    """
    verify_same(case, tombstone(case))
    if not all_erased(case):
        raise Differs("its data key was replaced, and not every lead in it was erased")
    if [_known(ref) for ref in case.acts] != [_stored(row) for row in rows]:
        raise Differs("acts: they are not the acts and notices on record")
    by = {row.act_id: row for row in rows if row.act == ERASE}
    for row in by.values():
        if hashlib.sha256(row.body).digest() != row.body_sha256:
            raise Differs(f"{row.called}: the body is not the one that was signed")
    for lead in case.leads.values():
        if lead.erased_by is None or lead.erased_by in erasures:
            continue
        act = by.get(lead.erased_by)
        if act is None or (act.lead_id, act.sender) != (lead.lead_id, lead.holder):
            raise Differs(f"leads.{lead.lead_id}.erased_by: its holder did not erase it by that act")
    return case


def _known(ref: ActRef) -> tuple[object, ...]:
    return ref.seq, ref.act_id, ref.act, ref.lead_id, ref.sender, ref.jws_sha256


def _stored(row: Recorded) -> tuple[object, ...]:
    return row.seq, row.act_id, row.act, row.lead_id, row.sender, row.jws_sha256
