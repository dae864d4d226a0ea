"""What a problem's `type` resolves to: every slug, its status and its meaning in both languages."""

from collections.abc import Iterable
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from app import errors, problems

router = APIRouter(tags=["problems"])


class Problem(BaseModel):
    """RFC 9457 problem details. Clients ignore members they do not know."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["/problems/wrong-state"])
    title: str
    status: int
    detail: str
    instance: str
    rule: str | None = Field(default=None, description="the rule that forbids it")
    source: Literal["law", "local", "default"] | None = Field(default=None, description="authority of the rule")
    source_text: str | None = Field(default=None, description="where the rule stands")
    errors: list[dict[str, str]] | None = Field(default=None, description="each place that does not fit")


class ProblemType(BaseModel):
    """One kind of refusal; `example` is what it looks like."""

    slug: str
    status: int
    title: str
    title_zh: str
    example: Problem


def _kinds(kind: type[errors.Problem]) -> Iterable[type[errors.Problem]]:
    for child in kind.__subclasses__():
        yield child
        yield from _kinds(child)


def catalogue() -> dict[str, ProblemType]:
    """Return every kind of problem by slug. A subclass with its parent's slug is shown as the parent."""
    found: dict[str, ProblemType] = {}
    for kind in _kinds(errors.Problem):
        example = Problem(
            type=f"/problems/{kind.slug}",
            title=kind.title,
            status=kind.status,
            detail="…",
            instance="/v1/leads",
        )
        shown = ProblemType(
            slug=kind.slug, status=kind.status, title=kind.title, title_zh=kind.title_zh, example=example
        )
        found.setdefault(kind.slug, shown)
    return found


@router.get("/problems", operation_id="list_problems", summary="Kinds of refusals · 拒绝类型一览")
async def list_problems() -> list[ProblemType]:
    """Every kind of refusal that this service answers."""
    return sorted(catalogue().values(), key=lambda shown: (shown.status, shown.slug))


@router.get(
    "/problems/{slug}",
    operation_id="get_problem",
    summary="One kind of refusal · 拒绝类型说明",
    responses=problems.documented(errors.NotFound),
)
async def get_problem(slug: str) -> ProblemType:
    """What the `type` of a problem document resolves to."""
    shown = catalogue().get(slug)
    if shown is None:
        raise errors.NotFound
    return shown
