"""The signed document: the members that every act has, and the act as rules see it (docs/protocol.md section 2.3)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, Self, TypeVar

from pydantic import Field, StringConstraints, model_validator

from app.casework.values import Content, Count, DocumentNo, Id, Instant, Label, NodeId, Sha256
from app.errors import ClassifiedMaterial, Source

C = TypeVar("C", bound=Content)

CLASSIFIED_VALUES = ("秘密", "机密", "绝密")
SECRETS_LAW = Source.law("保守国家秘密法 第三十一条: no state secrets on a system that is not built for them")
# The star of the mark in the shapes that keyboards give it, and blanks that nobody sees.
_STARS = "★☆⭐＊"
_MARK = re.compile(rf"(秘\s*密|机\s*密|绝\s*密)[\s\u200b-\u200d\u2060\ufeff]*[{_STARS}]")

# RFC 6838 section 4.2: type and subtype, without parameters.
_MEDIA_NAME = r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"
_MEDIA_TYPE = rf"^{_MEDIA_NAME}/{_MEDIA_NAME}$"


class Signatory(Content):
    """签发人: the person who answers for the document."""

    name: Label
    title: Label


class Contact(Content):
    """承办人: the person to call about it; an office telephone number."""

    name: Label
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
            raise ValueError("`sealed` and `sealed_commitment` stand together")
        if len({part.recipient for part in self.sealed}) != len(self.sealed):
            raise ValueError("one sealed part for each recipient")
        parts = {part.sha256 for part in self.sealed}
        if len(parts) != len(self.sealed) or parts & {file.sha256 for file in self.attachments}:
            raise ValueError("a sealed part is named once, and is no attachment besides")
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


def refuse_classified(body: Any, text: str) -> None:
    """Raise `ClassifiedMaterial` if the document says it is a state secret or bears such a mark in its text.

    `body` is the parsed JSON, `text` the raw body: without a star in it, written or escaped, no string bears a mark.
    """
    if isinstance(body, dict) and body.get("classification") in CLASSIFIED_VALUES:
        raise classified()
    if ("\\u" in text or any(star in text for star in _STARS)) and any(_MARK.search(found) for found in _strings(body)):
        raise classified()


def bears_secrecy_mark(text: str) -> bool:
    """Return whether a text bears the mark of a state secret, such as 机密★1年."""
    return _MARK.search(text) is not None


def classified() -> ClassifiedMaterial:
    return ClassifiedMaterial(
        "Material marked as a state secret must not enter this system. Nothing of it was kept. "
        "Use the classified channel.",
        "本系统不得处理标注国家秘密的材料，内容未予保存。请通过涉密渠道办理。",
        rule="R-SECRETS",
        source=SECRETS_LAW,
    )


def _strings(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from _strings(member)
    elif isinstance(value, list):
        for member in value:
            yield from _strings(member)
