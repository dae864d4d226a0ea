"""The state of one root lead with all its parts. One case, one row, one lock."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Self, TypeVar

from pydantic import BaseModel, ConfigDict

from app.casework.deadlines import Deadline


class LeadState(StrEnum):
    """Where a lead stands (docs/protocol.md section 4.3)."""

    REGISTERED = "registered"
    SCREENED = "screened"
    IN_TRANSFER = "in_transfer"
    RECEIVED = "received"
    SUPPLEMENT_WANTED = "supplement_wanted"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    VERIFYING = "verifying"
    SIGNING = "signing"
    CONCLUDED = "concluded"
    REPLIED = "replied"
    CONFIRMED = "confirmed"
    CONTESTED = "contested"
    RECHECK = "recheck"
    CLEARED = "cleared"
    ARCHIVED = "archived"
    SPLIT = "split"
    MERGED = "merged"


# A lead that was split or merged lives on elsewhere; one that was archived is closed for good. In these states a lead
# takes only the acts whose entry in the table says so (`after`).
ELSEWHERE = frozenset({LeadState.SPLIT, LeadState.MERGED})
ENDED = ELSEWHERE | {LeadState.ARCHIVED}


class TransferState(StrEnum):
    """Where one leg of a lead's way stands (docs/protocol.md section 4.3)."""

    OFFERED = "offered"
    RECEIPTED = "receipted"
    SUPPLEMENT_WANTED = "supplement_wanted"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    FORWARDED = "forwarded"
    WITHDRAWN = "withdrawn"
    SPLIT = "split"
    CLOSED = "closed"


class Frozen(BaseModel):
    """A part of a case. It is replaced, never changed."""

    model_config = ConfigDict(frozen=True)

    def but(self, **changes: object) -> Self:
        """Return a copy with `changes`."""
        return self.model_copy(update=changes)


class Transfer(Frozen):
    """One leg: from `sender` to `recipient`. `came_by` is the leg that it carries on after a forward."""

    transfer_id: str
    sender: str
    recipient: str
    state: TransferState
    route: str
    disclosure: str
    offered_at: datetime
    resumes: LeadState
    came_by: str | None = None
    receipted_at: datetime | None = None
    supplement_asked: bool = False

    def other_side(self, node: str) -> str:
        return self.sender if node == self.recipient else self.recipient


class Feedback(Frozen):
    """A message along a leg, sent by the act `act_id`; `response` is the other side's answer to it.

    `by_silence` marks a confirmation that was not said: the time to contest went by.
    """

    feedback_id: str
    act_id: str
    transfer_id: str
    kind: str
    sender: str
    sent_at: datetime
    outcome: str | None = None
    response: str | None = None
    by_silence: bool = False


class Chapter(Frozen):
    """What one family of acts keeps about a lead. Each family defines its own; `key` names it in the snapshot.

    Every member has a default: a lead without the chapter has the chapter as it is at the beginning.
    """

    key: ClassVar[str]


Ch = TypeVar("Ch", bound=Chapter)


class Lead(Frozen):
    """One lead, or one part of a lead that was split.

    `persons` and `events` are the tokens of those that the lead names: never a name, never a word of the text.
    `hidden_from` are the agencies upstream of a part that carries no transfer on: nothing may tell them of it unasked.
    `guests` are parties by invitation (participants, addressees of letters); `known_to` says who may know of an id
    that is neither a transfer nor a feedback (a consultation, a letter); `chapters` is what the families keep.
    `erased_by` is the act by which its content was destroyed.
    """

    lead_id: str
    lead_no: str
    state: LeadState
    origin: str
    holder: str
    place_code: str
    registered_at: datetime
    category: str | None = None
    persons: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    sealed: bool = False
    supervised: bool = False
    concerned: tuple[str, ...] = ()
    listed_to: tuple[str, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    feedback: tuple[Feedback, ...] = ()
    outcome: str | None = None
    split_from: str | None = None
    parts: tuple[str, ...] = ()
    merged_into: str | None = None
    hidden_from: tuple[str, ...] = ()
    guests: tuple[str, ...] = ()
    known_to: dict[str, tuple[str, ...]] = {}
    chapters: dict[str, dict[str, Any]] = {}
    erased_by: str | None = None

    def chapter(self, kind: type[Ch]) -> Ch:
        """Return what a family keeps about this lead."""
        return kind.model_validate(self.chapters.get(kind.key, {}))

    def with_chapter(self, chapter: Chapter) -> Self:
        """Return the lead with a family's chapter in the place of the earlier one."""
        return self.but(chapters={**self.chapters, chapter.key: chapter.model_dump(mode="json")})

    def invite(self, *nodes: str) -> Self:
        """Return the lead with more nodes that may know of it."""
        return self.but(guests=tuple(dict.fromkeys((*self.guests, *nodes))))

    def introduce(self, subject_id: str, *nodes: str) -> Self:
        """Return the lead with a subject (a consultation, a letter …) that these nodes may know of."""
        known = tuple(dict.fromkeys((*self.known_to.get(subject_id, ()), *nodes)))
        return self.but(known_to={**self.known_to, subject_id: known})

    @property
    def parties(self) -> frozenset[str]:
        """Every node that may know of the lead, in whatever detail."""
        legs = (node for leg in self.transfers for node in (leg.sender, leg.recipient))
        return frozenset((self.origin, self.holder, *self.listed_to, *self.guests, *legs)) - frozenset(self.concerned)

    def is_outside(self, node: str) -> bool:
        """Return whether a node has no part in the lead: nothing but an offer unsigned, withdrawn, or given back."""
        legs = [leg for leg in self.transfers if node in (leg.sender, leg.recipient)]
        roles = (self.origin, self.holder, *self.listed_to, *self.guests)
        return bool(legs) and node not in roles and all(_leaves_outside(leg, node) for leg in legs)

    def has_part(self, node: str) -> bool:
        """Return whether a node is a party of the lead with a part in it."""
        return node in self.parties and not self.is_outside(node)

    def as_known_by(self, node: str) -> Self:
        """Return the lead as a party may know it: an agency that gave it back, or lost the offer, as it stood then."""
        newest = next((leg for leg in reversed(self.transfers) if leg.recipient == node), None)
        if newest is None or newest.state is TransferState.OFFERED or not self.is_outside(node):
            return self
        given_back = newest.state is TransferState.RETURNED
        return self.but(
            state=LeadState.RETURNED if given_back else newest.resumes,
            holder=newest.sender,
            category=None,
            outcome=None,
            sealed=False,
            supervised=False,
            parts=(),
            merged_into=None,
        )

    def transfer(self, transfer_id: str) -> Transfer | None:
        return next((leg for leg in self.transfers if leg.transfer_id == transfer_id), None)

    def with_transfer(self, leg: Transfer) -> Self:
        """Return the lead with `leg` added, or in the place of the one with its id."""
        if self.transfer(leg.transfer_id) is None:
            return self.but(transfers=(*self.transfers, leg))
        return self.but(transfers=tuple(leg if old.transfer_id == leg.transfer_id else old for old in self.transfers))

    def message(self, feedback_id: str) -> Feedback | None:
        return next((message for message in self.feedback if message.feedback_id == feedback_id), None)

    def way_to(self, node: str) -> Transfer | None:
        """Return the newest leg by which the lead came to `node` and was signed for, or None.

        A leg that was given back counts only where there is no other: the lead did not stay by it.
        """
        signed = [leg for leg in self.transfers if leg.recipient == node and leg.receipted_at is not None]
        stayed = [leg for leg in signed if leg.state is not TransferState.RETURNED]
        # Of two legs of one moment the later act's: `max` takes the first that it meets.
        return max(reversed(stayed or signed), key=lambda leg: leg.offered_at, default=None)

    def upstream(self, node: str) -> tuple[str, ...]:
        """Return the nodes through whose hands the lead came to `node`, nearest first."""
        found: list[str] = []
        leg = self.way_to(node)
        while leg is not None and leg.sender not in found and leg.sender != node:
            found.append(leg.sender)
            leg = self.way_to(leg.sender)
        return tuple(found)

    def knows_transfer(self, node: str, leg: Transfer) -> bool:
        """Return whether `node` may know of a leg: its two sides, and the sender of the leg it carries on."""
        before = self.transfer(leg.came_by) if leg.came_by else None
        return node in (leg.sender, leg.recipient) or (before is not None and node == before.sender)


def _leaves_outside(leg: Transfer, node: str) -> bool:
    """Return whether a leg gives its side no part in the lead (any more)."""
    unsigned = leg.state is TransferState.OFFERED and leg.recipient == node
    return unsigned or leg.state in (TransferState.WITHDRAWN, TransferState.RETURNED)


class ActRef(Frozen):
    """An act or notice on record: who may read it, and the hash by which a later act may name it as `prev`.

    `contents` are the SHA-256 of an act's body and of the files that it encloses: what a volume can list.
    `sealed_for` are the nodes that a sealed part in it is for, whether or not they may read the act yet.
    """

    act_id: str
    act: str
    lead_id: str
    sender: str
    jws_sha256: str
    seq: int
    readers: tuple[str, ...]
    contents: tuple[str, ...] = ()
    sealed_for: tuple[str, ...] = ()


class Case(Frozen):
    """One root lead with all its parts, everything on record, and every deadline."""

    root_id: str
    leads: dict[str, Lead] = {}
    acts: tuple[ActRef, ...] = ()
    deadlines: tuple[Deadline, ...] = ()

    def open_deadlines(self, lead_id: str) -> Iterable[Deadline]:
        return (deadline for deadline in self.deadlines if deadline.lead_id == lead_id and deadline.stopped is None)

    @property
    def is_erased_in_part(self) -> bool:
        """Whether the content of any lead was erased: only then anybody may read less than is on record."""
        return any(lead.erased_by for lead in self.leads.values())

    def lineage(self, lead_id: str) -> tuple[str, ...]:
        """Return the lead and those that it was split from, nearest first."""
        found: list[str] = []
        step: str | None = lead_id
        while step is not None:
            found.append(step)
            step = self.leads[step].split_from
        return tuple(found)


def on_record(case: Case, *refs: ActRef) -> Case:
    """Return the case with acts or notices added to its record, in order."""
    return case.but(acts=(*case.acts, *refs))
