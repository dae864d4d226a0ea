"""Wire shapes of the reads (docs/protocol.md section 5). Every time is RFC 3339 in the exchange's time zone."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from app.casework.case import LeadState, TransferState

Time = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
Uuid = Annotated[str, WithJsonSchema({"type": "string", "format": "uuid"})]


class Shown(BaseModel):
    model_config = ConfigDict(frozen=True)


Authority = Literal["law", "local", "default"]


class LeadDeadline(Shown):
    rule: str
    due: Time
    node: str
    source: Authority
    source_text: str
    started: Time
    breached: Time | None
    provisional: bool = Field(description="the calendar of that year is not official yet")


class LeadShown(Shown):
    """A lead as one of its parties may know it: the exchange's own projection, never content."""

    lead_id: Uuid
    lead_no: str
    root_id: Uuid
    state: LeadState
    sealed: bool
    category: str | None
    origin: str
    holder: str
    transfer_id: Uuid | None = Field(description="the caller's own leg: the newest it received, else sent")
    parts: list[Uuid] = Field(description="the parts that the caller may know of")
    merged_into: Uuid | None
    outcome: str | None
    registered_at: Time
    deadlines: list[LeadDeadline]
    erased_by: Uuid | None = Field(description="the act by which its content was erased; category and outcome went too")


class LeadPage(Shown):
    items: list[LeadShown]
    next: str | None


class TimelineItem(Shown):
    act_id: Uuid
    act: str
    lead_id: Uuid
    sender: str
    received_at: Time
    log_index: int | None = Field(description="null until the log has numbered the act")


class Timeline(Shown):
    items: list[TimelineItem]
    next: str | None


class StoredAct(Shown):
    """An act or notice as kept; `body` and `receipt` are base64url of the exact bytes. A notice has no receipt."""

    jws: str
    body: str | None = Field(description="null once the content of the lead was erased")
    erased_by: Uuid | None = Field(description="the act `lead.erase` that erased it; null while it stands")
    receipt: str | None
    receipt_jws: str | None
    log_index: int | None


class TransferShown(Shown):
    transfer_id: Uuid
    lead_id: Uuid
    sender: str
    recipient: str
    state: TransferState
    route: str
    disclosure: str
    offered_at: Time
    receipted_at: Time | None
    came_by: Uuid | None = Field(description="the leg that this one carries on, if the caller may know of it")


class FeedbackShown(Shown):
    feedback_id: Uuid
    transfer_id: Uuid | None = Field(description="null for an agency that was told besides and may not know the leg")
    lead_id: Uuid
    kind: str
    sender: str
    sent_at: Time
    response: str | None = Field(description="null until answered, and for all but the two sides of the transfer")
    by_silence: bool = Field(description="the time to contest went by, so the conclusion counts as confirmed")
    act_id: Uuid = Field(description="the act `feedback.send`, which holds the text")


class InboxShown(Shown):
    seq: int
    act_id: Uuid
    act: str
    lead_id: Uuid | None
    sender: str
    received_at: Time
    log_index: int


class InboxPage(Shown):
    items: list[InboxShown]
    next: str | None = Field(description="the last `seq` of a full page; null when there is no more now")


class DeadlineShown(Shown):
    rule: str
    title: str
    source: Authority
    source_text: str
    lead_id: Uuid
    started: Time
    due: Time
    stopped: Time | None = Field(description="when what was owed was done; only a breached one is still listed then")
    suspended: Time | None = Field(description="since when it stands still; `due` moves when it runs again")
    warned: Time | None = Field(description="when the newest warning was said")
    breached: Time | None = Field(description="the due time that went by; never taken back")
    provisional: bool = Field(description="counted without the official calendar of a year; moves when it is known")


class DeadlinePage(Shown):
    items: list[DeadlineShown]
    next: str | None
