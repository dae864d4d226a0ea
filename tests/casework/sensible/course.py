"""In which order a lead goes its way: what leads on from each state, what is said beside, what settles it."""

from app.casework.case import LeadState

# What brings a lead on its way, by its state: the first leads to its end, the others elsewhere.
COURSE: dict[LeadState, tuple[str, ...]] = {
    LeadState.REGISTERED: ("lead.screen",),
    LeadState.SCREENED: ("transfer.offer", "transfer.offer", "verification.assign", "lead.split", "lead.merge"),
    LeadState.IN_TRANSFER: ("transfer.receipt", "transfer.receipt", "transfer.receipt", "transfer.withdraw"),
    LeadState.RECEIVED: (
        *("transfer.accept",) * 4,
        "transfer.return",
        *("transfer.forward",) * 2,
        *("supplement.request",) * 2,
        "lead.split",
    ),
    LeadState.SUPPLEMENT_WANTED: ("supplement.answer",),
    LeadState.RETURNED: ("transfer.offer", "verification.assign"),
    LeadState.ACCEPTED: (*("verification.assign",) * 3, "feedback.send", "transfer.offer"),
    LeadState.VERIFYING: (*("verification.report",) * 3, "verification.measure", "verification.extend"),
    LeadState.SIGNING: ("signoff.sign",),
    LeadState.CONCLUDED: ("feedback.send", "feedback.send", "lead.recheck", "lead.clear"),
    LeadState.REPLIED: ("feedback.respond",),
    LeadState.CONFIRMED: ("lead.clear",),
    LeadState.CONTESTED: ("lead.recheck", "feedback.send"),
    LeadState.RECHECK: ("lead.recheck",),
    LeadState.CLEARED: ("lead.archive", "lead.archive", "lead.reopen"),
    LeadState.ARCHIVED: ("lead.reopen", "correction.note", "lead.erase"),
}
# What must be done before nothing stands open any more, in this order.
SETTLING = (
    "feedback.respond",
    "supplementary.complete",
    "consultation.answer",
    "consultation.minutes",
    "consultation.sign",
    "consultation.action",
    "consultation.close",
    "supervision.reply",
    "letter.reply",
    "protection.answer",
    "lead.recheck",
    "check.answer",
    "clarification.issue",
)
# What goes on beside the course of a lead.
BESIDE = (
    "consultation.convene",
    "consultation.convene",
    "consultation.opinion",
    "supplementary.return",
    "supplementary.return",
    "supervision.letter",
    "supervision.letter",
    "letter.send",
    "protection.request",
    "lead.recheck",
    "case.link",
    "identity.open",
)
