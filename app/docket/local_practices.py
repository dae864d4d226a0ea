"""How an exchange wants its places to write and sign reports, from a file that its operator keeps."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.casework.records.practice import DEFAULT, Practice, Practices, Seat
from app.casework.values import Token


class LocalPractice(BaseModel):
    """The practice of the places whose division code begins with `place`; without `place`, of all others.

    What is left out is as by default. `legal_review` is the number of a seat.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    place: Annotated[str, Field(pattern=r"^([0-9]{2,12})?$")] = ""
    checklist: tuple[Token, ...] = DEFAULT.checklist
    seats: tuple[Seat, ...] = DEFAULT.seats
    legal_review: int | None = DEFAULT.legal_review


class LocalPractices(BaseModel):
    """The file: a version, which every report taken by it keeps, and one practice for each place."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Annotated[str, Field(min_length=1, max_length=64)]
    practices: tuple[LocalPractice, ...]


def read_practices(path: Path | None) -> Practices:
    """Return the practices of a JSON file, or the default alone. Raises `ValueError`, `OSError`."""
    if path is None:
        return Practices()
    written = LocalPractices.model_validate_json(path.read_bytes())
    practices: dict[str, Practice] = {}
    for number, one in enumerate(written.practices):
        if one.place in practices:
            raise ValueError(f"practices.{number}: each place has one practice, and {_place(one)} has another")
        practices[one.place] = _practice(number, one, written.version)
    return Practices(practices)


def _practice(number: int, one: LocalPractice, version: str) -> Practice:
    try:
        return Practice(version=version, **one.model_dump(exclude={"place"}))
    except ValidationError as wrong:
        (first, *_) = wrong.errors()
        where = ".".join(map(str, ("practices", number, *first["loc"])))
        raise ValueError(f"{where} ({_place(one)}): {first['msg']}") from wrong


def _place(one: LocalPractice) -> str:
    return f"place {one.place}" if one.place else "everywhere else"
