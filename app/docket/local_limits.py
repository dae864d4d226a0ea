"""Limits that an exchange sets otherwise for a place, from a file that its operator keeps."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.casework.limits import LIMITS, Limit, Limits, Unit
from app.errors import Source


class LocalRule(BaseModel):
    """One limit for the places whose division code begins with `place`, and the local document that sets it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    place: Annotated[str, Field(pattern=r"^[0-9]{2,12}$")]
    rule: str
    amount: Annotated[int, Field(ge=1, le=3650)]
    unit: Unit
    source: Annotated[str, Field(min_length=1, max_length=500)]


class LocalRules(BaseModel):
    """The file: a version, which every deadline started by these rules keeps, and the rules."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Annotated[str, Field(min_length=1, max_length=64)]
    rules: tuple[LocalRule, ...]


def read_limits(path: Path | None) -> Limits:
    """Return the table with the local rules of a JSON file, or the table alone. Raises `ValueError`, `OSError`."""
    if path is None:
        return Limits()
    written = LocalRules.model_validate_json(path.read_bytes())
    return Limits.of((one.place, _rule(number, one, written.version)) for number, one in enumerate(written.rules))


def _rule(number: int, local: LocalRule, version: str) -> Limit:
    known = LIMITS.get(local.rule)
    if known is None:
        raise ValueError(f"rules.{number} (place {local.place}): no deadline {local.rule} in the table")
    return Limit(local.rule, local.amount, local.unit, Source.local(local.source), known.title, known.title_zh, version)
