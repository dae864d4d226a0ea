"""What a batch reads and locks before it decides, and what an act must find there.

Read are earlier receipts, ids, keys, cases, files; ids that an act brings must be free, files that it names be there.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg

from app.casework.acts import CATALOGUE
from app.casework.decision import Decision
from app.casework.document import Act
from app.casework.rules import SELF_INTEREST
from app.docket.decrypted_case import DecryptedCase
from app.docket.rows.case import SELECTED, CaseRow
from app.docket.submission import Answer, ExchangeTask, Match, Submission, Taken
from app.errors import IdTaken, InvalidDocument, MissingAttachment
from app.signing.sealing import Context, binding
from app.stored import root_key, stored_file_key
from app.vault import Vault

_CASES = f'SELECT {SELECTED} FROM "case" WHERE root_id = ANY($1::uuid[]) ORDER BY "case".root_id FOR UPDATE'  # noqa: S608 (ours)
_SUBJECTS = """
    SELECT subject_id, root_id, subject.lead_id, node_id, EXISTS (
        SELECT FROM lead_entry
        WHERE lead_entry.node_id = wanted.node_id AND lead_entry.lead_id = subject.subject_id
    ) AS known
    FROM unnest($1::text[], $2::uuid[]) AS wanted (node_id, subject_id) JOIN subject USING (subject_id)
"""


@dataclass(frozen=True, slots=True)
class EnclosableFile:
    """A file that a node may name in an act: uploaded by it, or in an act that it may read. The key is in the clear."""

    size: int
    object_key: str
    file_key: bytes


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was found, by id. Deciding adds to it, so that a later act of the same batch sees an earlier one.

    `sealed_before` says how acts have named an uploaded object: as a sealed part (True), as an attachment (False).
    """

    recorded: dict[str, Taken] = field(default_factory=dict)
    subjects: dict[str, tuple[str, str]] = field(default_factory=dict)
    revoked: dict[str, datetime] = field(default_factory=dict)
    cases: dict[str, DecryptedCase] = field(default_factory=dict)
    files: dict[tuple[str, str], EnclosableFile] = field(default_factory=dict)
    uploads: dict[tuple[str, str], bytes | None] = field(default_factory=dict)
    seal_keys: dict[str, str] = field(default_factory=dict)
    sealed_before: dict[str, set[bool]] = field(default_factory=dict)


async def load(connection: "asyncpg.Connection[Any]", vault: Vault, entered: list[Submission | ExchangeTask]) -> Loaded:
    """Read what the acts refer to and lock all cases, ordered by id, and the keys that signed the acts."""
    found = Loaded()
    submissions = [one for one in entered if isinstance(one, Submission)]
    roots = {one.root_id for one in entered if not isinstance(one, Submission)}
    roots |= {one.later_id for one in entered if isinstance(one, Match)}
    if submissions:
        roots |= await _look_up(found, connection, submissions)
    if roots:
        await _open_cases(found, connection, vault, roots)
    if submissions:
        await _find_recorded(found, connection, submissions)
    if any(taken.act.document.attachments or taken.act.document.sealed for taken in submissions):
        await _find_files(found, connection, vault, submissions)
        await _find_seal_keys(found, connection, submissions)
    return found


async def _look_up(found: Loaded, connection: "asyncpg.Connection[Any]", submissions: list[Submission]) -> set[str]:
    """Find what acts refer to, lock the keys that signed them, and return the roots of their cases."""
    acts = [taken.act for taken in submissions]
    wanted = {(act.sender, one) for act in acts for one in (act.lead_id, *_ids(act), *_other_leads(act))}
    known: set[tuple[str, str]] = set()
    for row in await connection.fetch(_SUBJECTS, *zip(*wanted, strict=True)):
        subject = str(row["subject_id"])
        found.subjects[subject] = (str(row["root_id"]), str(row["lead_id"]))
        if row["known"]:
            known.add((row["node_id"], subject))
    # A revocation takes these rows FOR UPDATE: it comes wholly before this batch or wholly after.
    for row in await connection.fetch(
        "SELECT kid, revoked_at FROM node_key WHERE kid = ANY($1::text[]) ORDER BY kid FOR SHARE",
        list({taken.signed.key.kid for taken in submissions}),
    ):
        if row["revoked_at"] is not None:
            found.revoked[row["kid"]] = row["revoked_at"]
    # The state of another lead that an act names is judged under its lock: two merges must not cross. A lead that the
    # sender may not know of is neither locked nor opened: its answer would take longer than that of none.
    named = {(act.sender, one) for act in acts for one in (act.lead_id, *_other_leads(act))}
    return {found.subjects[one][0] for _, one in named & known}


async def _find_recorded(found: Loaded, connection: "asyncpg.Connection[Any]", submissions: list[Submission]) -> None:
    """Find the acts that were taken before. Called once the cases are locked.

    A retry that overlaps its first attempt waits for that lock. Asked before it, the database does not know the first
    attempt yet, and the retry is judged by the state that its own act has left.
    """
    for row in await connection.fetch(
        "SELECT act_id, sender, body_sha256, receipt, receipt_jws, receipt_jws_sm2 FROM act "
        "WHERE act_id = ANY($1::uuid[])",
        [taken.act.act_id for taken in submissions],
    ):
        answer = Answer(row["receipt"], row["receipt_jws"], row["receipt_jws_sm2"], replayed=True)
        found.recorded[str(row["act_id"])] = Taken(row["sender"], row["body_sha256"], answer)


async def _open_cases(found: Loaded, connection: "asyncpg.Connection[Any]", vault: Vault, roots: set[str]) -> None:
    for row in await connection.fetch(
        _CASES,
        list(roots),
    ):
        found.cases[row["root_id"]] = DecryptedCase.stored(vault, CaseRow(**row))


async def _find_files(
    found: Loaded, connection: "asyncpg.Connection[Any]", vault: Vault, submissions: list[Submission]
) -> None:
    wanted = [(taken.act.sender, bytes.fromhex(digest)) for taken in submissions for digest in taken.act.document.files]
    senders, digests = zip(*wanted, strict=True)
    for row in await connection.fetch(
        "SELECT node_id, sha256, size, object_key, file_key, sealed_as, ARRAY(SELECT DISTINCT sealed_for IS NOT NULL "
        "FROM enclosed WHERE enclosed.object_key = upload.object_key) AS sealed FROM upload JOIN "
        "unnest($1::text[], $2::bytea[]) AS wanted (node_id, sha256) USING (node_id, sha256) FOR SHARE OF upload",
        list(senders),
        list(digests),
    ):
        key = vault.unwrap(row["file_key"], row["object_key"].encode())
        found.files[row["node_id"], row["sha256"].hex()] = EnclosableFile(row["size"], row["object_key"], key)
        found.uploads[row["node_id"], row["sha256"].hex()] = row["sealed_as"]
        found.sealed_before[row["object_key"]] = set(row["sealed"])
    # A file that the sender may read by an earlier act can be named again, without another upload; but not out of a
    # case of which a part is erased already.
    for row in await connection.fetch(
        "SELECT node_id, enclosed.sha256, enclosed.root_id, size, object_key, file_key, data_key "
        "FROM unnest($1::text[], $2::bytea[]) AS wanted (node_id, sha256) "
        "JOIN enclosed USING (sha256) JOIN act_reader USING (node_id, act_id) "
        'JOIN "case" ON "case".root_id = enclosed.root_id '
        "WHERE enclosed.sealed_for IS NULL AND next_key IS NULL AND erased_at IS NULL",
        list(senders),
        list(digests),
    ):
        place = (row["node_id"], row["sha256"].hex())
        if place not in found.files:
            data_key = root_key(vault, str(row["root_id"]), row["data_key"])
            key = stored_file_key(data_key, row["object_key"], row["file_key"])
            found.files[place] = EnclosableFile(row["size"], row["object_key"], key)


async def _find_seal_keys(found: Loaded, connection: "asyncpg.Connection[Any]", submissions: list[Submission]) -> None:
    kids = [one.kid for taken in submissions for one in taken.act.document.sealed]
    for row in await connection.fetch(
        "SELECT kid, node_id FROM node_key WHERE kid = ANY($1::text[]) AND purpose = 'seal' AND revoked_at IS NULL",
        kids,
    ):
        found.seal_keys[row["kid"]] = row["node_id"]


def _other_leads(act: Act[Any]) -> list[str]:
    return list(CATALOGUE[act.name].other_leads(act.content))


def _ids(act: Act[Any]) -> list[str]:
    """Return every id of an act that may belong to a case: what it names and what it brings."""
    kind = CATALOGUE[act.name]
    return [*kind.named(act.content), *kind.claimed(act.content)]


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
