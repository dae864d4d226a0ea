"""One act before its case: what a rule may ask and demand, in the order in which refusals are judged."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from app.casework.allowed import NOT_ENDED, Allowed
from app.casework.calendar import Calendar
from app.casework.case import ENDED, ActRef, Case, Feedback, Lead, Transfer
from app.casework.deadlines import Deadline
from app.casework.document import Act
from app.casework.kinds import Node, Nodes
from app.casework.limits import Limits
from app.casework.records.erasure import erased_for
from app.casework.records.practice import Practice, Practices
from app.casework.rules import SELF_INTEREST
from app.casework.values import Content
from app.errors import ForbiddenAct, InvalidDocument, NotFound, UnknownPrev, WrongState

C = TypeVar("C", bound=Content)
DEADLINES = UUID("5b0f8d4e-6a53-4c0e-9d39-1f6d1c0a7e11")


@dataclass(frozen=True, slots=True)
class Given:
    """What the rules are told from outside: time, register, calendar, limits and practices, fresh lead numbers.

    `known_leads` are those of the other leads named in the act that its sender may know of, with their states;
    `merged_erased` says whether the content of the lead that this one was merged into is erased.
    """

    now: datetime
    nodes: Nodes
    zone: ZoneInfo
    calendar: Calendar = field(default_factory=Calendar)
    lead_nos: tuple[str, ...] = ()
    known_leads: Mapping[str, str] = field(default_factory=dict)
    merged_erased: bool = False
    limits: Limits = field(default_factory=Limits)
    practices: Practices = field(default_factory=Practices)


@dataclass(frozen=True, slots=True)
class Scene(Generic[C]):
    """An act, the case that it is about, and what is given. Every `require_*` raises the refusal or returns.

    `allowed` is what the table of acts says of the states in which the act is taken.
    """

    case: Case
    act: Act[C]
    given: Given
    allowed: Allowed = NOT_ENDED

    @property
    def now(self) -> datetime:
        return self.given.now

    @property
    def sender(self) -> Node:
        return self.given.nodes[self.act.sender]

    @property
    def content(self) -> C:
        return self.act.content

    @property
    def lead(self) -> Lead:
        """Return the act's lead. Raises `NotFound` if there is none or the sender may not know of it."""
        lead = self.case.leads.get(self.act.lead_id)
        if lead is None or self.act.sender not in lead.parties:
            raise NotFound
        return lead

    def transfer(self, transfer_id: str) -> Transfer:
        """Return a leg of the lead. Raises `NotFound` if the sender may not know of it."""
        leg = self.lead.transfer(transfer_id)
        if leg is None or not self.lead.knows_transfer(self.act.sender, leg):
            raise NotFound
        return leg

    def message(self, feedback_id: str) -> Feedback:
        """Return a feedback on the lead. Raises `NotFound` unless the sender knows its leg or may read its act."""
        found = self.lead.message(feedback_id)
        if found is None:
            raise NotFound
        if not any(ref.act_id == found.act_id and self.act.sender in ref.readers for ref in self.case.acts):
            self.transfer(found.transfer_id)
        return found

    def require_known(self, path_ids: Iterable[str]) -> None:
        """Raise `NotFound` unless the sender may know of the lead and of everything that the endpoint names."""
        _ = self.lead
        for name in path_ids:
            match name:
                case "transfer_id":
                    self.transfer(getattr(self.content, name))
                case "feedback_id":
                    self.message(getattr(self.content, name))
                case "lead_id":
                    pass
                case _:
                    self.require_introduced(getattr(self.content, name))

    def require_introduced(self, subject_id: str) -> None:
        """Raise `NotFound` unless the sender may know of a consultation, a letter or the like on this lead."""
        if self.act.sender not in self.lead.known_to.get(subject_id, ()):
            raise NotFound

    def require_part(self) -> None:
        """Raise `ForbiddenAct` for whoever only has an offer before it, lost the offer, or gave the lead back."""
        if not self.lead.has_part(self.act.sender):
            raise ForbiddenAct(
                "An offer that is unsigned or withdrawn, or a lead given back, gives no part in it.",
                "移送尚未签收、已经撤回或者已经退回的单位，不得在该线索上办理此项。",
            )

    def require_content(self) -> None:
        """Raise `WrongState` if the content of the lead is erased for the sender."""
        if self.case.is_erased_in_part and erased_for(self.case, self.act.sender, self.act.lead_id) is not None:
            raise WrongState(
                "The content of the lead was erased; nothing follows any more.", "该线索内容已销毁，不再办理。"
            )

    def require_holder(self) -> None:
        self.require_role(self.act.sender == self.lead.holder, "holder of the lead", "线索承办单位")

    def require_role(self, holds: bool, role: str, role_zh: str) -> None:
        if not holds:
            raise ForbiddenAct(f"Only the {role} may do this.", f"只有{role_zh}可以办理。")

    def require_recipients(self, *wanted: str, optional: Iterable[str] = ()) -> None:
        """Demand that the act is addressed to exactly `wanted`, and perhaps to some of `optional`; then its `prev`.

        A node that the lead turned out to concern drops out of the set: the act goes on without it.
        """
        named = self.act.document.recipients
        concerned = set(self.lead.concerned)
        if len(set(named)) != len(named) or not set(wanted) - concerned <= set(named) <= {*wanted, *optional}:
            raise InvalidDocument(
                "The recipients are not the set that this act implies.", "收文机关与本文书应有的收文机关不一致。"
            )
        self.require_prev()
        if concerned & set(named):
            raise SELF_INTEREST.violated()

    def require_no_recipients(self) -> None:
        """Demand that the act stays inside: it is addressed to nobody."""
        if self.act.document.recipients:
            raise InvalidDocument("This act is addressed to nobody: [].", "本文书不应有收文机关，应为 []。")

    def require_prev(self) -> None:
        """Demand that `prev` names an act or notice on this lead, or on one it came from, that the sender has seen.

        Then the states begin: a lead that ended takes only what its kind of act is still taken for.
        """
        prev = self.act.document.prev
        lineage = self.case.lineage(self.act.lead_id)
        if not any(
            ref.jws_sha256 == prev and ref.lead_id in lineage and self.act.sender in ref.readers
            for ref in reversed(self.case.acts)
        ):
            raise UnknownPrev(
                "`prev` names no act on this lead that the sender has seen.", "前序文书不是本单位在该线索上见过的文书。"
            )
        state = self.lead.state
        if state in ENDED and state not in self.allowed.ever:
            raise WrongState(
                f"The lead is {state} and does not take {self.act.name} any more.",
                f"线索当前状态为 {state}，不再办理 {self.act.name}。",
            )

    def require_state(self) -> None:
        """Raise `WrongState` unless the lead stands in a state in which the table takes the act."""
        states = self.allowed.at(self)
        if self.lead.state not in states:
            raise WrongState(
                f"The lead is {self.lead.state}; this act needs {_any_of(states)}.",
                f"线索当前状态为 {self.lead.state}，本行为要求 {_any_of(states)}。",
            )

    def require_leg(self, leg: Transfer) -> None:
        """Raise `WrongState` unless a transfer stands in a state in which the table takes the act."""
        if leg.state not in self.allowed.transfer:
            raise WrongState(
                f"The transfer is {leg.state}; this act needs {_any_of(self.allowed.transfer)}.",
                f"移送当前状态为 {leg.state}，本行为要求 {_any_of(self.allowed.transfer)}。",
            )

    def require_not_concerned(self, *nodes: str) -> None:
        if set(nodes) & set(self.lead.concerned):
            raise SELF_INTEREST.violated()

    def node(self, node_id: str) -> Node:
        """Return a registered node named in the document; raises `InvalidDocument` if there is none."""
        found = self.given.nodes.get(node_id)
        if found is None:
            raise InvalidDocument(f"No node {node_id} is registered.", f"未登记的单位：{node_id}。")
        return found

    def other_node(self, node_id: str) -> Node:
        """Return a registered node other than the sender, as `node` does."""
        if node_id == self.act.sender:
            raise InvalidDocument("An agency does not send to itself.", "不能向本单位发送。")
        return self.node(node_id)

    @property
    def practice(self) -> Practice:
        """Return how the sender's place wants reports to be written and signed."""
        return self.given.practices.at(self.sender.division_code)

    def start(
        self,
        rule: str,
        node: str,
        subject: str,
        *,
        lead_id: str | None = None,
        amount: int | None = None,
        after: datetime | None = None,
        until: datetime | None = None,
    ) -> Deadline:
        """Return a deadline on the act's lead or on a part of it, that starts now, or `after` the end of another.

        An act may say itself how many units of the rule (`amount`), or until when (`until`).
        """
        limit = self.given.limits.rule(rule, self.given.nodes[node].division_code)
        deadline = Deadline(
            deadline_id=str(uuid5(DEADLINES, f"{self.act.act_id}:{rule}:{node}:{subject}")),
            rule=rule,
            node=node,
            lead_id=lead_id or self.act.lead_id,
            subject=subject,
            amount=limit.amount if amount is None else amount,
            unit=limit.unit,
            source=limit.source.kind,
            source_text=limit.source.text,
            version=limit.version,
            started=after or self.now,
            due=after or self.now,
            fixed=until,
        )
        return deadline.retold(self.given.zone, self.given.calendar)

    def suspend(self, node: str, *rules: str) -> tuple[Deadline, ...]:
        """Return the deadlines of a node on the lead, of the given rules, standing still from now on."""
        found = self._deadlines_of(node, rules)
        return tuple(deadline.pause(self.now) for deadline in found if deadline.pause(self.now) is not deadline)

    def resume(self, node: str, *rules: str) -> tuple[Deadline, ...]:
        """Return the deadlines of a node that stand still on the lead, running again with the time that was left."""
        return tuple(
            deadline.resume(self.now, self.given.zone, self.given.calendar)
            for deadline in self._deadlines_of(node, rules)
            if deadline.stands_still
        )

    def _deadlines_of(self, node: str, rules: Iterable[str]) -> Iterable[Deadline]:
        return (
            deadline
            for deadline in self.case.open_deadlines(self.act.lead_id)
            if deadline.node == node and deadline.rule in rules
        )

    def running(self, subject: str, *rules: str) -> frozenset[str]:
        """Return the ids of the open deadlines of a subject, of the given rules or of all."""
        return frozenset(
            deadline.deadline_id
            for deadline in self.case.open_deadlines(self.act.lead_id)
            if deadline.subject == subject and (not rules or deadline.rule in rules)
        )

    def seen_by(self, node: str) -> Iterable[ActRef]:
        """Return the acts on the lead (not notices, which speak to one node) that a node may read."""
        return (
            ref
            for ref in self.case.acts
            if ref.lead_id == self.act.lead_id and node in ref.readers and not ref.act.startswith("notice.")
        )


def _any_of(states: Iterable[str]) -> str:
    return " | ".join(str(state) for state in states)
