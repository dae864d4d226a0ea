"""One row of the ledger, from the case and from the acts that the node may read. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.casework.case import Case, Lead, Transfer
from app.casework.records.checks import Checks
from app.casework.records.prosecution import Prosecution
from app.casework.records.recheck import Rechecks
from app.casework.records.verification import TASK_LIMITS, Verification
from app.views.ledger_schemas import ERASED, SEALED, LedgerRow

Local = Callable[[datetime], str]


@dataclass(frozen=True, slots=True)
class ReadableAct:
    """An act that the node may read, and the document that its sender signed."""

    act_id: str
    act: str
    sender: str
    received_at: datetime
    document: dict[str, Any]

    @property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = self.document["content"]
        return content


def ledger_row(
    case: Case, lead: Lead, node: str, told: Sequence[ReadableAct], local: Local, now: datetime
) -> LedgerRow:
    """Return the row of a lead in the ledger of `node`, which is one of its parties.

    Of a lead that was reopened it shows the work since then; what was before stays in the acts.
    """
    lead = lead.as_known_by(node)
    if lead.sealed or lead.erased_by is not None:
        remark = SEALED if lead.erased_by is None else ERASED
        return LedgerRow(lead_id=None, lead_no=lead.lead_no, state=None, remark=remark)
    since = _since_reopened(case, lead, told)
    members = {
        "lead_id": lead.lead_id,
        "lead_no": lead.lead_no,
        "state": lead.state,
        "remark": _remark(lead),
        "category": lead.category,
        "holder": lead.holder,
        "outcome": lead.outcome,
        "days_overdue": _days_overdue(case, lead, node, now),
        **_source(lead, told, local),
        **_way(lead, node, told, local),
        **_work(case, lead, node, since, local),
        **_answer(lead, node, local),
        **_end(lead, told, since, local),
    }
    return LedgerRow.model_validate(members)


def _since_reopened(case: Case, lead: Lead, told: Sequence[ReadableAct]) -> list[ReadableAct]:
    reopened = max((ref.seq for ref in case.acts if (ref.act, ref.lead_id) == ("lead.reopen", lead.lead_id)), default=0)
    current = {ref.act_id for ref in case.acts if ref.seq > reopened}
    return [act for act in told if act.act_id in current]


def _newest(told: Sequence[ReadableAct], *acts: str) -> ReadableAct | None:
    return next((act for act in reversed(told) if act.act in acts), None)


def _remark(lead: Lead) -> str:
    said = ("supervised" if lead.supervised else "", "part" if lead.split_from is not None else "")
    return "; ".join(text for text in said if text)


def _source(lead: Lead, told: Sequence[ReadableAct], local: Local) -> dict[str, Any]:
    registered, screened = _newest(told, "lead.register"), _newest(told, "lead.screen")
    found: dict[str, Any] = {}
    if registered is not None:
        source = registered.content["source"]
        found = {
            "source_type": source["type"],
            "source_channel": source["channel"],
            "received_at": local(datetime.fromisoformat(source["received_at"])),
            "place_code": lead.place_code,
            "sectors": registered.content["sectors"],
            "persons": list(lead.persons),
        }
    if screened is not None:
        found |= {"screened_by": screened.sender, "screened_at": local(screened.received_at)}
    return found


def _way(lead: Lead, node: str, told: Sequence[ReadableAct], local: Local) -> dict[str, Any]:
    came, went = lead.way_to(node), _handed(lead, node)
    found: dict[str, Any] = {"handed_to": went.recipient if went else None}
    if came is not None:
        letters = [act for act in told if act.act in ("transfer.offer", "transfer.forward")]
        # The parts of a split lead carry the leg on under other ids: the letter is known by its two sides.
        letter = _newest([act for act in letters if act.content["to"] == node and act.sender == came.sender], *_OFFERS)
        found |= {
            "came_from": came.sender,
            "came_by_no": letter.document.get("document_no") if letter else None,
            "receipted_at": local(came.receipted_at) if came.receipted_at else None,
        }
    elif went is not None and went.receipted_at is not None:
        found["receipted_at"] = local(went.receipted_at)
    return found


_OFFERS = ("transfer.offer", "transfer.forward")


def _handed(lead: Lead, node: str) -> Transfer | None:
    sent = [leg for leg in lead.transfers if leg.sender == node]
    return max(reversed(sent), key=lambda leg: leg.offered_at, default=None)


def _work(case: Case, lead: Lead, node: str, told: Sequence[ReadableAct], local: Local) -> dict[str, Any]:
    """Return the columns of a verification: for the holder, and for an agency that may read the report."""
    if node != lead.holder and _newest(told, "verification.report") is None:
        return {}
    task, assigned = lead.chapter(Verification), _newest(told, "verification.assign")
    if not task.handlers:
        return {}
    limits = [
        deadline.due for deadline in case.deadlines if deadline.lead_id == lead.lead_id and deadline.rule in TASK_LIMITS
    ]
    return {
        "handlers": len(task.handlers),
        "task": assigned.act_id if assigned else None,
        "verify_by": local(limits[-1]) if limits else None,
        "extended": task.extended,
        "conclusion": task.conclusion,
        "signed_at": [local(signature.at) for signature in task.signatures],
    }


def _answer(lead: Lead, node: str, local: Local) -> dict[str, Any]:
    """The newest conclusion on a leg of the node, sent or received; one that was reopened is none."""
    for message in reversed(lead.feedback):
        leg = lead.transfer(message.transfer_id)
        stands = message.kind == "conclusion" and message.response != "reopened"
        if stands and leg is not None and node in (leg.sender, leg.recipient):
            return {"fed_back_at": local(message.sent_at), "response": message.response}
    return {}


def _end(lead: Lead, told: Sequence[ReadableAct], since: Sequence[ReadableAct], local: Local) -> dict[str, Any]:
    cleared, bound = _newest(told, "lead.clear"), _newest(told, "lead.archive")
    letters = [act.document.get("document_no") or act.content["letter_id"] for act in since if _letter(act, lead)]
    rechecked, checks = _newest(since, "lead.recheck"), lead.chapter(Checks)
    read = {act.act_id for act in told}
    linked = {act.content["case_no"] for act in told if act.act == "case.link"}
    return {
        "recheck": rechecked.content["decision"] if rechecked and Rechecks.key in lead.chapters else None,
        "supervision_nos": letters,
        "checks": [f"{answer.check}: {answer.answer}" for answer in checks.answers if answer.act_id in read],
        "case_nos": [reference.case_no for reference in lead.chapter(Prosecution).cases if reference.case_no in linked],
        "cleared_at": local(cleared.received_at) if cleared and lead.state in ("cleared", "archived") else None,
        "volume_no": bound.content["volume_no"] if bound and lead.state == "archived" else None,
    }


def _letter(known: ReadableAct, lead: Lead) -> bool:
    return known.act == "supervision.letter" and known.document["lead_id"] == lead.lead_id


def _days_overdue(case: Case, lead: Lead, node: str, now: datetime) -> int:
    """Return the most whole days by which a deadline of the node on this lead was or is exceeded."""
    late = [
        (deadline.stopped or now) - deadline.breached
        for deadline in case.deadlines
        if deadline.lead_id == lead.lead_id and deadline.node == node and deadline.breached is not None
    ]
    return max((deadline.days for deadline in late), default=0)
