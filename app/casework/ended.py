"""What a lead still takes when it lives on elsewhere or is closed for good (PROTOCOL section 4, "Splitting"; D3)."""

from app.casework.case import LeadState
from app.errors import WrongState

ARCHIVED = frozenset({"correction.note", "lead.reopen", "lead.erase", "identity.open"})
# Protection, interference and the like do not wait for a state; what was asked before may still be answered.
_ALWAYS = frozenset(
    {
        "protection.request",
        "protection.answer",
        "interference.record",
        "clarification.issue",
        "correction.note",
        "identity.open",
        "lead.erase",
    }
)
_ANSWERS = frozenset(
    {
        "feedback.respond",
        "supervision.reply",
        "letter.reply",
        "supplementary.complete",
        "consultation.answer",
        "consultation.opinion",
        "consultation.minutes",
        "consultation.sign",
        "consultation.action",
        "consultation.close",
    }
)
STILL_TAKEN: dict[LeadState, frozenset[str]] = {
    LeadState.SPLIT: _ALWAYS | _ANSWERS,
    LeadState.MERGED: _ALWAYS | _ANSWERS,
    LeadState.ARCHIVED: ARCHIVED,
}


def require_taken(state: LeadState, act: str) -> None:
    """Raise `WrongState` if a lead that was split, merged or archived does not take the act any more."""
    taken = STILL_TAKEN.get(state)
    if taken is not None and act not in taken:
        raise WrongState(
            f"The lead is {state} and does not take {act} any more.", f"线索当前状态为 {state}，不再办理 {act}。"
        )
