"""What an exchange may settle for its places about a verification: the checklist of a report, and the seats that sign.

By default there is no checklist (三有一无 is defined nowhere, so none is invented here), three seats of any title sign,
and none of them is the legal review. The practice by which a report was taken stays with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from app.casework.case import Chapter, Frozen
from app.casework.values import Label, Token

MOST_SEATS = 9


class Seat(Frozen, extra="forbid"):
    """One seat of the chain and the titles that may sign on it; none named: any title."""

    titles: Annotated[tuple[Label, ...], Field(max_length=20)] = ()


class Practice(Frozen, extra="forbid"):
    """The item codes of the checklist, the seats in their order, and the number of the one that is the legal review."""

    version: Annotated[str, Field(min_length=1, max_length=64)] = "default-1"
    checklist: Annotated[tuple[Token, ...], Field(max_length=100)] = ()
    seats: Annotated[tuple[Seat, ...], Field(min_length=1, max_length=MOST_SEATS)] = (Seat(), Seat(), Seat())
    legal_review: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if len(set(self.checklist)) != len(self.checklist):
            raise ValueError("each item of the checklist stands once")
        if self.legal_review is not None and self.legal_review > len(self.seats):
            raise ValueError("the legal review is one of the seats")
        return self


DEFAULT = Practice()


@dataclass(frozen=True, slots=True)
class Practices:
    """The practices of an exchange: the default, and others for places by the start of their code; `""` is all."""

    local: Mapping[str, Practice] = field(default_factory=dict)

    def at(self, place_code: str) -> Practice:
        """Return the practice that holds at a place: that of the smallest area around it."""
        around = [code for code in self.local if place_code.startswith(code)]
        return self.local[max(around, key=len)] if around else DEFAULT


class Practised(Chapter):
    """By which practice each report on a lead was taken, by the report's act: all that can decide it again later."""

    key: ClassVar[str] = "practice"
    by_report: dict[str, Practice] = Field(default_factory=dict)
