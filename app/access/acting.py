"""Which person reads for an agency, and what for: the headers X-Acting-Person and X-Purpose."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import unquote_to_bytes

from fastapi import Depends, Header, Request

from app.errors import InvalidDocument

LONGEST = 200
_ENCODED = re.compile(r"(?:[\x21-\x24\x26-\x7e]|%[0-9A-Fa-f]{2})+")
_ABOUT = "percent-encoded UTF-8, at most 200 bytes · 百分号编码的 UTF-8"


@dataclass(frozen=True, slots=True)
class Acting:
    """The person who reads and the purpose, as far as the caller said them."""

    person: str | None
    purpose: str | None


def _acting(
    request: Request,
    x_acting_person: Annotated[str | None, Header(alias="X-Acting-Person", description=_ABOUT)] = None,
    x_purpose: Annotated[str | None, Header(alias="X-Purpose", description=_ABOUT)] = None,
) -> Acting:
    if any(len(request.headers.getlist(name)) > 1 for name in ("x-acting-person", "x-purpose")):
        raise _malformed()
    return Acting(decode(x_acting_person), decode(x_purpose))


def decode(value: str | None) -> str | None:
    """Return what a header says; raise `InvalidDocument` if it is malformed. The limit counts the decoded bytes."""
    if value is None:
        return None
    if _ENCODED.fullmatch(value) is None:
        raise _malformed()
    raw = unquote_to_bytes(value)
    try:
        said = raw.decode()
    except UnicodeDecodeError as error:
        raise _malformed() from error
    if len(raw) > LONGEST or not said.strip() or any(unicodedata.category(character) == "Cc" for character in said):
        raise _malformed()
    return said


def _malformed() -> InvalidDocument:
    return InvalidDocument(
        "X-Acting-Person and X-Purpose are percent-encoded UTF-8 of 1 to 200 bytes, each sent once.",
        "X-Acting-Person 与 X-Purpose 应为百分号编码的 UTF-8（1 至 200 字节），且各只出现一次。",
    )


ActingPerson = Annotated[Acting, Depends(_acting)]
