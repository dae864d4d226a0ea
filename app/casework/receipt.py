"""What the exchange signs for having taken an act. Its members stand here in the order of the signed bytes."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class StartedDeadline(BaseModel):
    """A limit of time that the act started."""

    model_config = ConfigDict(extra="allow", frozen=True)

    rule: str
    due: str
    node: str


class Result(BaseModel):
    """Where the lead stands after the act, as the sender may know it."""

    model_config = ConfigDict(extra="allow", frozen=True)

    lead_no: str
    lead_state: str
    deadlines: tuple[StartedDeadline, ...]


class ArchiveResult(Result):
    """The same for `lead.archive`, with the first day on which the content may be erased; null: never."""

    retained_until: str | None


class Receipt(BaseModel):
    """What the exchange signs for having taken the act: `X-JWS-Signature`, `typ` `lead-receipt+jws`."""

    model_config = ConfigDict(extra="allow", frozen=True)

    receipt: Literal["1"] = "1"
    exchange: str
    act_id: str
    act: str
    act_jws_sha256: str
    body_sha256: str
    body_length: int
    lead_id: str
    received_at: str
    key_event: int
    log_origin: str
    log_by: str
    result: ArchiveResult | Result
