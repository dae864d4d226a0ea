"""Wire shapes of the register: what a request may hold, and what an answer holds."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator

from app.casework.kinds import Kind, Level
from app.casework.values import Content, Id, Instant, Label, NodeId

Purpose = Literal["act", "auth", "seal"]
Reason = Literal["superseded", "lost", "compromised"]
Kid = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]
Proof = Annotated[str, StringConstraints(max_length=2200)]
# [0-9], not \d: pydantic's \d takes the digits of every script, and the database would refuse them.
DivisionCode = Annotated[str, StringConstraints(pattern=r"^([0-9]{6}|[0-9]{9}|[0-9]{12})$")]


class OfferedKey(Content):
    """A public key that a node wants registered."""

    purpose: Purpose
    jwk: dict[str, Any] = Field(description="public JWK: Ed25519, P-256 or SM2; X25519 for `seal`")
    proof: Proof | None = Field(
        default=None, description="detached JWS by this key; needed for `act` and `auth`, none for `seal`"
    )


class Enrolment(Content):
    """The first keys of a node, signed by one of the `act` keys in it."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[\x21-\x7e]+$")]
    node_id: NodeId
    keys: Annotated[tuple[OfferedKey, ...], Field(min_length=1, max_length=20)]


class MoreKeys(Content):
    """Further keys of a node; each proof is over the ASCII bytes of the request's `jti`."""

    keys: Annotated[tuple[OfferedKey, ...], Field(min_length=1, max_length=20)]


class Revocation(Content):
    """The end of a key. `compromised_from`, for `compromised` only: since when it may have been misused."""

    kid: Kid
    reason: Reason
    compromised_from: Instant | None = None


class Cancellation(Content):
    """The end of an enrolment that waits, by a key of the node that is still good."""

    enrolment_id: Id
    reason: Label | None = None


class NewNode(Content):
    """An agency to be registered; `parent` is null at the top."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "example": {
                "node_id": "police-990121",
                "kind": "police",
                "name": "测试县公安局",
                "division_code": "990121",
                "level": "county",
                "parent": None,
            }
        },
    )

    node_id: NodeId
    kind: Kind
    name: Label
    division_code: DivisionCode
    level: Level
    parent: NodeId | None = None
    sector: Label | None = None

    @field_validator("parent")
    @classmethod
    def _is_another(cls, parent: str | None, info: ValidationInfo) -> str | None:
        if parent is not None and parent == info.data.get("node_id"):
            raise ValueError("a node is not its own parent")
        return parent


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class NodeShown(Answer):
    node_id: str
    kind: Kind
    name: str
    division_code: str
    level: Level
    parent: str | None
    sector: str | None


class SignedRequestShown(Answer):
    """A signed request, byte for byte; `log_index` is null until the log has numbered its event."""

    jws: str
    body: str = Field(description="base64url of the exact bytes")
    log_index: int | None


class RevocationShown(Answer):
    key_event: int
    at: datetime
    reason: Reason
    compromised_from: datetime | None


class KeyShown(Answer):
    """A key as the exchange has it; the requests that prove it stand with the key by itself."""

    kid: str
    purpose: Purpose
    jwk: dict[str, Any]
    key_event: int
    registered_at: datetime
    revoked: RevocationShown | None


class KeyPage(Answer):
    items: list[KeyShown]
    next: str | None


class RevocationWithRequest(RevocationShown):
    request: SignedRequestShown


class KeyWithRequests(KeyShown):
    """A key with the registration that an `act` key signed for it: pin that key, and believe no one else."""

    registration: SignedRequestShown
    revoked: RevocationWithRequest | None


class NodePage(Answer):
    items: list[NodeShown]
    next: str | None


class OfferedShown(Answer):
    kid: str
    purpose: Purpose


class PendingShown(Answer):
    """An enrolment that would replace the keys of a node; nothing has changed yet while its state is `pending`.

    It takes effect at `effective_from` if a second registrar has confirmed it by then, or else when one does.
    """

    enrolment_id: str
    node_id: str
    state: Literal["pending", "effective", "cancelled", "rejected", "expired"]
    requested_at: datetime
    effective_from: datetime
    expires_at: datetime
    issued_by: str = Field(description="the registrar who issued the code, and cannot confirm")
    confirmed_by: str | None
    confirmed_at: datetime | None
    keys: list[OfferedShown]
    request: SignedRequestShown


class PendingPage(Answer):
    items: list[PendingShown]
    next: str | None


class NodeWithKeys(NodeShown):
    """A node by itself; `enrolment` waits to replace its keys, and a valid `act` key can cancel it by its id."""

    keys: list[KeyShown] = Field(description="those that are valid, at most 16 a purpose")
    enrolment: PendingShown | None


class RegisteredKey(Answer):
    kid: str
    purpose: Purpose
    key_event: int


class Enrolled(Answer):
    """What an enrolling agency pins: the exchange's own key set (RFC 7517)."""

    node: NodeShown
    keys: list[RegisteredKey]
    jwks: dict[str, Any]


class EnrolmentPending(PendingShown):
    """The answer where keys are to be replaced: not yet. The agency pins the exchange's own key set (RFC 7517)."""

    jwks: dict[str, Any]


class KeysAdded(Answer):
    keys: list[RegisteredKey]


class KeyRevoked(Answer):
    kid: str
    purpose: Purpose
    key_event: int
    revoked_at: datetime


class Exchange(Answer):
    """Where things are, for a client that knows only this exchange's address."""

    exchange: str
    version: str
    jwks_uri: str
    token_endpoint: str
    log_origin: str
    log_vkey: str
    former_log_vkeys: list[str]
    witness_vkey: str
    former_witness_vkeys: list[str]
    docs: str
