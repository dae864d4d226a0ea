"""How an exchange wants its places to write and sign reports, from a file that its operator keeps."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.casework.practice import DEFAULT, Practice, Practices, Seat
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
    places = [one.place for one in written.practices]
    if len(set(places)) != len(places):
        raise ValueError("each place has one practice")
    return Practices(
        {one.place: Practice(version=written.version, **one.model_dump(exclude={"place"})) for one in written.practices}
    )
