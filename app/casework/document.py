"""The signed document: the members that every act has, and the act as rules see it (docs/protocol.md section 2.3)."""

from dataclasses import dataclass
from typing import Annotated, Generic, Literal, Self, TypeVar

from pydantic import Field, StringConstraints, model_validator

from app.casework.names import PersonName
from app.casework.values import Content, Count, DocumentNo, Id, Instant, Label, NodeId, Sha256, misfit

C = TypeVar("C", bound=Content)

# RFC 6838 section 4.2: type and subtype, without parameters.
_MEDIA_NAME = r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"
_MEDIA_TYPE = rf"^{_MEDIA_NAME}/{_MEDIA_NAME}$"


class Signatory(Content):
    """签发人: the person who answers for the document."""

    name: PersonName
    title: Label


class Contact(Content):
    """承办人: the person to call about it; an office telephone number."""

    name: PersonName
    phone: Label


class Attachment(Content):
    """An enclosed file, named by its SHA-256; the bytes are uploaded beforehand."""

    sha256: Sha256
    size: Annotated[Count, Field(ge=0, le=512 * 1024 * 1024)]
    media_type: Annotated[str, StringConstraints(pattern=_MEDIA_TYPE)]
    name: Label
    pages: Annotated[Count, Field(ge=0)] | None = None


class Sealed(Content):
    """A JWE that only one recipient can open, named by the SHA-256 of its compact form."""

    recipient: NodeId
    kid: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]
    sha256: Sha256


class Document(Content, Generic[C]):
    """One act as its sender wrote and signed it."""

    act: str
    lead_id: Id
    sender: NodeId
    recipients: Annotated[tuple[NodeId, ...], Field(max_length=200)]
    issued_at: Instant
    document_no: DocumentNo | None = None
    title: Label | None = None
    urgency: Literal["normal", "urgent"] = "normal"
    classification: Literal["none"]
    signatory: Signatory
    handler: Contact
    prev: Sha256 | None
    nonce: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{22,64}$")]
    content: C
    attachments: Annotated[tuple[Attachment, ...], Field(max_length=500)] = ()
    sealed: Annotated[tuple[Sealed, ...], Field(max_length=100)] = ()
    sealed_commitment: Sha256 | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """The SHA-256 of every file that the document names, sealed parts included."""
        return (*(file.sha256 for file in self.attachments), *(file.sha256 for file in self.sealed))

    @model_validator(mode="after")
    def _sealed_wholly(self) -> Self:
        if bool(self.sealed) != (self.sealed_commitment is not None):
            raise misfit(
                "sealed_commitment_missing",
                "`sealed` and `sealed_commitment` stand together or not at all",
                "sealed 与 sealed_commitment 应当同时填写或者同时省略",
            )
        if len({part.recipient for part in self.sealed}) != len(self.sealed):
            raise misfit(
                "recipient_repeated", "There is one sealed part for each recipient", "每个接收单位只能有一个密封件"
            )
        parts = {part.sha256 for part in self.sealed}
        if len(parts) != len(self.sealed) or parts & {file.sha256 for file in self.attachments}:
            raise misfit(
                "file_repeated",
                "A sealed part is named once, and is no attachment besides",
                "每个密封件只列一次，且不得同时列为附件",
            )
        return self


@dataclass(frozen=True, slots=True)
class Act(Generic[C]):
    """A verified act: the document, and how its signature names it."""

    act_id: str
    jws_sha256: str
    document: Document[C]

    @property
    def name(self) -> str:
        return self.document.act

    @property
    def lead_id(self) -> str:
        return self.document.lead_id

    @property
    def sender(self) -> str:
        return self.document.sender

    @property
    def content(self) -> C:
        return self.document.content
