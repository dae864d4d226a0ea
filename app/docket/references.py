"""What an act refers to beside its own lead: ids that must be free, files that must be there, ids of other leads."""

from typing import Any

import asyncpg

from app.casework.acts import CATALOGUE
from app.casework.decision import Decision
from app.casework.rules import SELF_INTEREST
from app.docket.loading import EnclosableFile, Loaded
from app.docket.submission import Submission
from app.errors import IdTaken, InvalidDocument, MissingAttachment
from app.signing.sealing import Context, binding


async def tell_if_elsewhere(connection: "asyncpg.Connection[Any]", found: Loaded, taken: Submission) -> None:
    """Say that an id belongs to another lead, but only to a sender that knows both leads."""
    act = taken.act
    named = CATALOGUE[act.name].named(act.content)
    elsewhere = {found.subjects[one][1] for one in named if one in found.subjects} - {act.lead_id}
    lead = found.cases[found.subjects[act.lead_id][0]].case.leads.get(act.lead_id)
    if not named or lead is None or act.sender not in lead.parties:
        return
    # An act is known to who may read it; what an act brought, to who knows its lead.
    known = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM lead_entry WHERE node_id = $1 AND lead_id = ANY($2::uuid[])) "
        "OR EXISTS (SELECT FROM act_reader WHERE node_id = $1 AND act_id = ANY($3::uuid[]) AND lead_id <> $4)",
        act.sender,
        list(elsewhere),
        list(named),
        act.lead_id,
    )
    if known:
        raise InvalidDocument("An id belongs to another lead.", "所列编号属于另一线索。")


def require_free(found: Loaded, taken: Submission) -> None:
    """Raise `IdTaken` if an id is not free; judged late, so that it tells nothing to who may not do the act."""
    act, kind = taken.act, CATALOGUE[taken.act.name]
    brought = (*kind.claimed(act.content), *((act.lead_id,) if kind.opens_case else ()))
    if act.act_id in found.recorded or any(one in found.subjects for one in brought):
        raise IdTaken("An id that this act brings is taken.", "文书中的新编号已被占用。")


def require_files(found: Loaded, taken: Submission) -> None:
    """Demand of each attachment: the sender uploaded it or may read it, its size is true, and it was never sealed."""
    for one in taken.act.document.attachments:
        file = found.files.get((taken.act.sender, one.sha256))
        if file is None or file.size != one.size or True in _named_as(found, file):
            raise MissingAttachment(
                f"Attachment {one.sha256} was not uploaded by the sender, or its size differs.",
                f"附件 {one.sha256} 未由本单位上传，或大小不符。",
            )


def _named_as(found: Loaded, file: EnclosableFile) -> set[bool]:
    """Return how acts have named a file: what was sealed once is never an attachment, nor the other way round."""
    return found.sealed_before.setdefault(file.object_key, set())


def require_sealed(found: Loaded, taken: Submission, decision: Decision) -> None:
    """Demand of each sealed part: uploaded, and sealed to a valid seal key of a node that the lead does not concern."""
    for one in taken.act.document.sealed:
        if found.seal_keys.get(one.kid) != one.recipient:
            raise InvalidDocument(
                "A sealed part names no valid seal key of its recipient.", "密封件未使用接收单位的有效封装密钥。"
            )
        if one.recipient in decision.leads[0].concerned:
            raise SELF_INTEREST.violated()
        # Only its own: to name another's file here would hide it from its readers.
        place = (taken.act.sender, one.sha256)
        if place not in found.uploads or False in _named_as(found, found.files[place]):
            raise MissingAttachment(
                f"Sealed part {one.sha256} was not uploaded by the sender.", f"密封件 {one.sha256} 未由本单位上传。"
            )
        context = Context(taken.act.sender, one.recipient, taken.act.lead_id)
        if found.uploads[place] != binding(one.kid, context):
            raise InvalidDocument(
                f"Sealed part {one.sha256} is no compact JWE for this key, sender, recipient and lead.",
                f"密封件 {one.sha256} 不是针对该密钥、发文单位、接收单位和线索的 JWE。",
            )
