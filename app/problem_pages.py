"""What a problem's `type` resolves to: every slug, its status, its cause and what to do, in both languages."""

import json
from collections.abc import Iterable
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from app import errors, problems
from app.problem_causes import CAUSES

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
    """One kind of refusal: why it comes, what to do, and what one looks like."""

    slug: str
    status: int
    title: str
    title_zh: str
    cause: str
    cause_zh: str
    remedy: str
    remedy_zh: str
    example: Problem


def catalogue() -> dict[str, ProblemType]:
    """Return every kind of problem by slug, in the order of status and slug."""
    return {kind.slug: _shown(kind) for kind in kinds_of_problems()}


def example(kind: type[errors.Problem], language: str) -> dict[str, Any]:
    """Return what a refusal of a kind looks like on the wire, to whoever asks for `language` (`en`, `zh-CN`)."""
    said = CAUSES[kind.slug]
    problem = kind(*said.detail) if said.detail else kind()  # type: ignore[call-arg]
    problem.rule, problem.source = said.rule, said.source
    problem.errors, problem.members = said.errors, dict(said.members)
    body: dict[str, Any] = json.loads(problems.problem_body(problem, language, "/v1/leads"))
    return body


def kinds_of_problems() -> list[type[errors.Problem]]:
    """Return every kind of refusal, by status and slug. A subclass with its parent's slug is shown as the parent."""
    first = {kind.slug: kind for kind in reversed(list(_kinds(errors.Problem)))}
    return sorted(first.values(), key=lambda kind: (kind.status, kind.slug))


def _kinds(kind: type[errors.Problem]) -> Iterable[type[errors.Problem]]:
    for child in kind.__subclasses__():
        yield child
        yield from _kinds(child)


def _shown(kind: type[errors.Problem]) -> ProblemType:
    said = CAUSES[kind.slug]
    return ProblemType(
        slug=kind.slug,
        status=kind.status,
        title=kind.title,
        title_zh=kind.title_zh,
        cause=said.cause[0],
        cause_zh=said.cause[1],
        remedy=said.remedy[0],
        remedy_zh=said.remedy[1],
        example=Problem(**example(kind, "en")),
    )


@router.get("/problems", operation_id="list_problems", summary="Kinds of refusals · 拒绝类型一览")
async def list_problems() -> list[ProblemType]:
    """Every kind of refusal that this service answers."""
    return list(catalogue().values())


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
