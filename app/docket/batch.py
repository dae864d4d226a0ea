"""One batch: load and lock what its acts need, decide them in order of arrival, gather what is to be written."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import asyncpg

from app.casework.acts import CATALOGUE, decide
from app.casework.calendar import Calendar
from app.casework.case import Case, Lead, TransferState, on_record
from app.casework.decision import Decision, evolve
from app.casework.document import Act
from app.casework.limits import Limits
from app.casework.records.erasure import ERASE
from app.casework.records.practice import Practices
from app.casework.scene import Given
from app.docket.decrypted_case import DecryptedCase, gather_case, gather_deltas
from app.docket.exchange_tasks import carry_out
from app.docket.index_keys import number_digest
from app.docket.loading import Loaded, require_files, require_free, require_sealed, tell_if_elsewhere
from app.docket.numbers import LeadNumbers
from app.docket.record import act_ref, gather_act, gather_notice
from app.docket.rows.act_reader import ReaderRow
from app.docket.rows.blind_index import index_rows
from app.docket.rows.enclosed import EnclosedRow
from app.docket.rows.gathered import Rows
from app.docket.rows.lead_entry import Party
from app.docket.rows.lead_number import NumberRow
from app.docket.rows.match_queue import MatchQueueRow
from app.docket.rows.subject import SubjectRow
from app.docket.submission import Answer, ExchangeTask, Submission, Taken
from app.docket.working_days import WorkingDays
from app.errors import ActIdReused, NotFound, Problem
from app.registry.directory import Directory, revoked_key
from app.registry.voice import Said, Voice
from app.vault import Vault


@dataclass(frozen=True, slots=True)
class Means:
    """What deciding needs besides the acts themselves."""

    voice: Voice
    vault: Vault
    directory: Directory
    numbers: LeadNumbers
    index_key: bytes
    blind_key: bytes
    working_days: WorkingDays
    limits: Limits
    practices: Practices


@dataclass(slots=True)
class Batch:
    """The state of one batch while it is decided.

    `answers` holds, for each act, its receipt or refusal; for time that passed None.
    """

    means: Means
    found: Loaded
    now: datetime
    calendar: Calendar
    rows: Rows = field(default_factory=Rows)
    answers: list[Answer | Problem | None] = field(default_factory=list)

    async def decide(self, connection: "asyncpg.Connection[Any]", entered: list[Submission | ExchangeTask]) -> None:
        """Decide everything in turn. A refused act changes nothing and does not disturb its neighbours."""
        for one in entered:
            try:
                if isinstance(one, Submission):
                    self.answers.append(await self._decide(connection, one))
                else:
                    self._pass_time(one)
                    self.answers.append(None)
            except Problem as problem:
                self.answers.append(problem)
        for decrypted in self.found.cases.values():
            gather_case(self.rows, decrypted, self.calendar, self.means.voice.zone, self.now)
        voice = self.means.voice
        gather_deltas(self.rows, self.found.cases.values(), voice.exchange_id, voice.zone, self.now)

    def _pass_time(self, task: ExchangeTask) -> None:
        carry_out(self.rows, self.means.voice, self.found.cases, task, self._surroundings())

    async def _decide(self, connection: "asyncpg.Connection[Any]", taken: Submission) -> Answer:
        act = taken.act
        first = self.found.recorded.get(act.act_id)
        if first is not None and first.sender == act.sender:
            return replay(first, taken.signed.body_sha256)
        if taken.signed.key.kid in self.found.revoked:
            raise revoked_key(self.means.voice.zone, self.found.revoked[taken.signed.key.kid], self.now)
        decrypted = await self._case_of(taken)
        given = await self._given(connection, taken)
        try:
            decision = decide(decrypted.case, act, given)
        except NotFound:
            await tell_if_elsewhere(connection, self.found, taken)
            raise
        require_free(self.found, taken)
        require_files(self.found, taken)
        require_sealed(self.found, taken, decision)
        return self._apply(taken, decrypted, decision)

    async def _case_of(self, taken: Submission) -> DecryptedCase:
        """Return the case that an act is about: a new one for an act that opens it."""
        act = taken.act
        if CATALOGUE[act.name].opens_case:
            return DecryptedCase.fresh(self.means.vault, act.lead_id)
        case = self._opened(act.lead_id)
        if case is None:
            raise NotFound
        return case

    def _opened(self, lead_id: str) -> DecryptedCase | None:
        """Return the case of a lead, if somebody who may know of it has an act in this batch."""
        return self.found.cases.get(self.found.subjects.get(lead_id, ("", ""))[0])

    async def _given(self, connection: "asyncpg.Connection[Any]", taken: Submission) -> Given:
        act, means = taken.act, self.means
        kind = CATALOGUE[act.name]
        node, year = means.directory.nodes[act.sender], self.now.astimezone(means.voice.zone).year
        numbers = [await means.numbers.next(node, year) for _ in range(kind.lead_numbers(act.content))]
        merged_into = self._merged_into(act.lead_id)
        named, known = [*kind.other_leads(act.content), *merged_into], []
        if named:
            known = await connection.fetch(
                "SELECT lead_id::text, erased FROM lead_entry WHERE node_id = $1 AND lead_id = ANY($2::uuid[])",
                act.sender,
                named,
            )
        return replace(
            self._surroundings(),
            lead_nos=tuple(numbers),
            known_leads=self._states_of(act.sender, (row["lead_id"] for row in known)),
            merged_erased=any(row["erased"] for row in known if row["lead_id"] in merged_into),
        )

    def _merged_into(self, lead_id: str) -> tuple[str, ...]:
        """Return the lead that one was merged into, if it was."""
        decrypted = self._opened(lead_id)
        lead = decrypted.case.leads.get(lead_id) if decrypted else None
        return (lead.merged_into,) if lead and lead.merged_into else ()

    def _states_of(self, node: str, lead_ids: Iterable[str]) -> dict[str, str]:
        """Return the states of leads in which a node has a part, under their locks, as the acts before left them."""
        cases = {one: self._opened(one) for one in lead_ids}
        leads = [decrypted.case.leads[one] for one, decrypted in cases.items() if decrypted is not None]
        return {lead.lead_id: lead.state for lead in leads if not lead.is_outside(node)}

    def _surroundings(self) -> Given:
        means = self.means
        nodes, zone = means.directory.nodes, means.voice.zone
        return Given(self.now, nodes, zone, self.calendar, limits=means.limits, practices=means.practices)

    def _apply(self, taken: Submission, decrypted: DecryptedCase, decision: Decision) -> Answer:
        """Carry a decision out in memory: the case evolves, act, receipt and notices are gathered."""
        act, case = taken.act, decrypted.case
        lead = decision.leads[0]
        receipt = self.means.voice.receipt(act, taken.signed, lead, decision.deadlines, self.now)
        self._note_subjects(case, decision)
        decrypted.touched |= {one.lead_id for one in decision.leads}
        decrypted.touched_deadlines |= {
            deadline.deadline_id for deadline in (*decision.starts, *decision.changes)
        } | decision.stops
        by_id = {ref.act_id: ref for ref in case.acts}
        for admission in decision.admits:
            ref = by_id[admission.act_id]
            self.rows.readers.append(ReaderRow(admission.node, ref.act_id, ref.lead_id, case.root_id, ref.seq))
        self.rows.barred += [Party(node, lead.lead_id) for node in decision.barred]
        case = evolve(case, decision, self.now)
        decrypted.case = self._record_act(taken, case, decrypted, receipt, decision)
        for notice in decision.notices:
            decrypted.case = gather_notice(self.rows, self.means.voice, decrypted, notice, act.act_id, self.now)
        self.found.cases[case.root_id] = decrypted
        answer = Answer(receipt.body, receipt.jws, receipt.jws_sm2)
        self.found.recorded[act.act_id] = Taken(act.sender, taken.signed.body_sha256, replace(answer, replayed=True))
        return answer

    def _record_act(
        self, taken: Submission, case: Case, decrypted: DecryptedCase, receipt: Said, decision: Decision
    ) -> Case:
        act, lead = taken.act, decision.leads[0]
        decrypted.seq += 1
        if act.name == ERASE:
            decrypted.outlast(self.means.vault)
        ref = act_ref(act, taken.signed.body_sha256, decrypted.seq, decision)
        gather_act(self.rows, decrypted, taken, ref, receipt, self.now)
        for sha256 in dict.fromkeys(attachment.sha256 for attachment in act.document.attachments):
            self._enclose(act, decrypted, sha256, None)
        for part in act.document.sealed:
            self._enclose(act, decrypted, part.sha256, part.recipient)
        if CATALOGUE[act.name].opens_case and act.content.source.external_no is not None:
            self._number(act.content.source.external_no, lead.lead_id, act.act_id)
        if CATALOGUE[act.name].opens_case:
            self._index(lead.lead_id, act.content)
        if act.document.document_no is not None:
            self._number(act.document.document_no, lead.lead_id, act.act_id)
        return on_record(case, ref)

    def _enclose(self, act: Act[Any], decrypted: DecryptedCase, sha256: str, sealed_for: str | None) -> None:
        file = self.found.files[act.sender, sha256]
        self.found.sealed_before.setdefault(file.object_key, set()).add(sealed_for is not None)
        self.rows.enclosed.append(
            EnclosedRow(
                act_id=act.act_id,
                sha256=bytes.fromhex(sha256),
                root_id=decrypted.case.root_id,
                size=file.size,
                object_key=file.object_key,
                file_key=decrypted.seal_file_key(act.name, file.object_key, file.file_key),
                sealed_for=sealed_for,
            )
        )

    def _number(self, number: str, lead_id: str, act_id: str | None) -> None:
        self.rows.numbers.append(NumberRow(number_digest(self.means.index_key, number), lead_id, act_id))

    def _index(self, lead_id: str, content: Any) -> None:
        """Note whom a new lead names, for the comparing that comes after the commit."""
        rows = index_rows(self.means.blind_key, lead_id, content.persons, self.now)
        if rows:
            self.rows.blind_index += rows
            self.rows.match_queue.append(MatchQueueRow(lead_id, self.now))

    def _note_subjects(self, case: Case, decision: Decision) -> None:
        """Note the ids that the act brought, the numbers of new leads, and which offers it made or ended."""
        offered = {transfer_id for lead in decision.leads for transfer_id in _offers(lead)}
        for claim in decision.claims:
            self.found.subjects[claim.subject_id] = (case.root_id, claim.lead_id)
            self.rows.subjects[claim.subject_id] = SubjectRow(
                claim.subject_id, claim.kind, case.root_id, claim.lead_id, claim.subject_id in offered
            )
        for lead in decision.leads:
            before = case.leads.get(lead.lead_id)
            if before is None:
                self._number(lead.lead_no, lead.lead_id, None)
            else:
                self._end_offers(_offers(before) - _offers(lead))

    def _end_offers(self, ended: set[str]) -> None:
        for transfer_id in ended:
            made_now = self.rows.subjects.get(transfer_id)
            if made_now is None:
                self.rows.offers_ended.append(transfer_id)
            else:
                self.rows.subjects[transfer_id] = replace(made_now, on_offer=False)


def _offers(lead: Lead) -> set[str]:
    return {leg.transfer_id for leg in lead.transfers if leg.state is TransferState.OFFERED}


def replay(first: Taken, body_sha256: bytes) -> Answer:
    """Return the first receipt of a sender's act that comes again; raise `ActIdReused` if it is another act."""
    if not hmac.compare_digest(first.body_sha256, body_sha256):
        raise ActIdReused("This act id was used for another document.", "该行为编号已用于另一份文书。")
    return first.answer
