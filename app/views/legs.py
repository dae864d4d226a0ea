"""One transfer, one feedback: what those who may know of it see."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from app.errors import NotFound
from app.vault import Vault
from app.views.acts import may_read
from app.views.cases import find_lead
from app.views.schemas import FeedbackShown, TransferShown


async def transfer(
    engine: AsyncEngine, vault: Vault, node: str, transfer_id: str, local: Callable[[datetime], str]
) -> TransferShown:
    """Return a leg; raise `NotFound` for all but its two sides and the sender of the leg that it carries on."""
    _, lead = await find_lead(engine, vault, node, "transfer", transfer_id)
    leg = lead.transfer(transfer_id)
    if leg is None or not lead.knows_transfer(node, leg):
        raise NotFound
    before = lead.transfer(leg.came_by) if leg.came_by else None
    return TransferShown(
        transfer_id=leg.transfer_id,
        lead_id=lead.lead_id,
        sender=leg.sender,
        recipient=leg.recipient,
        state=leg.state,
        route=leg.route,
        disclosure=leg.disclosure,
        offered_at=local(leg.offered_at),
        receipted_at=None if leg.receipted_at is None else local(leg.receipted_at),
        came_by=before.transfer_id if before and lead.knows_transfer(node, before) else None,
    )


async def feedback(
    engine: AsyncEngine, vault: Vault, node: str, feedback_id: str, local: Callable[[datetime], str]
) -> FeedbackShown:
    """Return a feedback; raise `NotFound` for whoever may not read the act that sent it."""
    _, lead = await find_lead(engine, vault, node, "feedback", feedback_id)
    message = lead.message(feedback_id)
    leg = lead.transfer(message.transfer_id) if message else None
    if message is None or leg is None or not await may_read(engine, node, message.act_id):
        raise NotFound
    # An agency upstream that was told of the feedback was not told the answer.
    response = message.response if node in (leg.sender, leg.recipient) else None
    return FeedbackShown(
        feedback_id=message.feedback_id,
        transfer_id=leg.transfer_id if lead.knows_transfer(node, leg) else None,
        lead_id=lead.lead_id,
        kind=message.kind,
        sender=message.sender,
        sent_at=local(message.sent_at),
        response=response,
        by_silence=message.by_silence and response is not None,
        act_id=message.act_id,
    )
