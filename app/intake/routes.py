"""One route for each act, made from the table of acts: the API page shows schema, example and refusals of each."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request, Response

from app import errors
from app.bodies import signed_body
from app.casework.acts import CATALOGUE
from app.casework.acts.catalogue import ActType
from app.casework.case import LeadState
from app.casework.limits import number
from app.casework.receipt import Receipt
from app.deps import parts
from app.intake.door import Intake
from app.problems import documented

LEAD_ID = "019ccd10-0000-7000-8000-000000000002"
TOWN, POLICE = "township-990121101", "police-990121"
_LETTERHEADS: dict[str, dict[str, Any]] = {
    TOWN: {"document_no": "甲政移〔2026〕1号", "signatory": {"name": "赵某某", "title": "镇长"}},
    POLICE: {"document_no": "测公函〔2026〕1号", "signatory": {"name": "孙某某", "title": "局长"}},
}
REFUSALS: tuple[type[errors.Problem], ...] = (
    errors.MalformedJson,
    errors.BadSignature,
    errors.StaleIat,
    errors.RevokedKey,
    errors.ForbiddenAct,
    errors.NotFound,
    errors.ActIdReused,
    errors.IdTaken,
    errors.UnknownPrev,
    errors.WrongState,
    errors.PayloadTooLarge,
    errors.UnsupportedMediaType,
    errors.ClassifiedMaterial,
    errors.WrongEndpoint,
    errors.MissingAttachment,
    errors.TooManyRequests,
    errors.Overloaded,
)


def act_routes() -> APIRouter:
    """Return the routes of every act in the catalogue."""
    router = APIRouter(tags=["acts"])
    for kind in sorted(CATALOGUE.values(), key=lambda one: one.path):
        router.add_api_route(
            kind.path,
            _endpoint(kind),
            methods=["POST"],
            status_code=201,
            operation_id=kind.operation_id,
            summary=" · ".join(kind.title),
            description=_description(kind),
            response_model=None,
            responses=_responses(kind),
            openapi_extra=_request(kind),
        )
    return router


def _endpoint(kind: ActType) -> Callable[[Request], Awaitable[Response]]:
    async def receive_act(request: Request) -> Response:
        return await parts(request).of(Intake).receive(kind, request)

    return receive_act


def _description(kind: ActType) -> str:
    kinds = ", ".join(sorted(kind.kinds))
    lines = [
        f"`{kind.name}`: {(kind.rule.__doc__ or '').strip()}",
        f"**Who · 谁可以办理**: {' · '.join(kind.who)}; kinds: {kinds}.",
        *([] if kind.opens_case else [f"**Lead in state · 线索状态**: {_states(kind)}."]),
        f"**Recipients · 收文单位**: {' · '.join(kind.recipients)}.",
        *_deadlines(kind),
        f"**What follows · 后果**: {kind.follows[0]} {kind.follows[1]}",
    ]
    rules = [
        f"* `{rule.rule}` ({rule.source.kind}: {rule.source.text}): {rule.text} {rule.text_zh}" for rule in kind.rules
    ]
    return "\n\n".join(lines) + ("\n\n**Rules · 规则**\n\n" + "\n".join(rules) if rules else "")


def _states(kind: ActType) -> str:
    """Return the states of the lead, and of the transfer where the act asks for one; conditions stand in the guide."""
    ever = [state for state in LeadState if state in kind.allowed.ever]
    missing = [state for state in LeadState if state not in kind.allowed.ever]
    lead = (
        ", ".join(ever)
        if len(ever) <= len(missing)
        else f"not · 不含 {', '.join(missing)}"
        if missing
        else "every · 任何"
    )
    transfer = f"; transfer · 移送: {', '.join(kind.allowed.transfer)}" if kind.allowed.transfer else ""
    return lead + transfer


def _deadlines(kind: ActType) -> list[str]:
    """Return which limits the act may start and end, by the numbers that the wire knows."""
    said = [
        f"{label}: {', '.join(sorted({number(rule) for rule in rules}))}"
        for label, rules in (("starts · 起算", kind.starts), ("ends · 终止", kind.ends))
        if rules
    ]
    return [f"**Deadlines · 期限**: {'; '.join(said)}."] if said else []


def _responses(kind: ActType) -> dict[int | str, dict[str, Any]]:
    refusals = (*REFUSALS, errors.RuleViolated) if kind.rules else REFUSALS
    signature = {
        "X-JWS-Signature": {
            "description": "the exchange's detached JWS over the answer",
            "schema": {"type": "string"},
        }
    }
    second = {
        "X-JWS-Signature-SM2": {
            "description": "the same by SM2, where the exchange is configured so",
            "schema": {"type": "string"},
        }
    }
    replayed = {"Idempotent-Replayed": {"schema": {"type": "string", "const": "true"}}}
    return {
        200: {
            "model": Receipt,
            "description": "The first receipt again, for the same act · 重复提交，返回首次回执",
            "headers": signature | second | replayed,
        },
        201: {"model": Receipt, "description": "The receipt · 回执", "headers": signature | second},
        **documented(*refusals),
    }


def _request(kind: ActType) -> dict[str, Any]:
    request = signed_body(kind.document)
    media = request["requestBody"]["content"]["application/json"]
    # The model is shared by every act; at this endpoint only one name, and one kind of `prev`, is ever taken.
    members = media["schema"]["properties"]
    members["act"] |= {"const": kind.name}
    no_prev, digest = {"type": "null"}, {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    members["prev"] = {"title": "Prev", **(no_prev if kind.opens_case else digest)}
    media["example"] = example_body(kind)
    request["parameters"] = [
        *(
            {
                "name": name,
                "in": "path",
                "required": True,
                "description": "as in the body · 与报文中一致",
                "schema": {"type": "string", "format": "uuid"},
            }
            for name in kind.path_ids
        ),
        *request["parameters"],
    ]
    request["x-act"] = kind.name
    return request


def with_whole_examples(document: dict[str, Any]) -> dict[str, Any]:
    """Return an OpenAPI document with the examples of the acts as they are: FastAPI leaves out every null.

    A `lead.register` without its `prev` is refused.
    """
    for kind in CATALOGUE.values():
        media = document["paths"][kind.path]["post"]["requestBody"]["content"]["application/json"]
        media["example"] = example_body(kind)
    return document


def example_body(kind: ActType) -> dict[str, Any]:
    """Return a whole fictional document around the act's example content."""
    sender = TOWN if "township" in kind.kinds else POLICE
    # What is named by a transfer or a feedback goes to its other side; what names an agency goes to that one.
    two_sided = bool(kind.path_ids) and "lead_id" not in kind.path_ids
    recipients = {kind.example[name] for name in ("to",) if name in kind.example}
    recipients |= {TOWN, POLICE} - {sender} if two_sided else set()
    return {
        "act": kind.name,
        "lead_id": LEAD_ID,
        "sender": sender,
        "recipients": sorted(recipients),
        "issued_at": "2026-03-02T10:00:00+08:00",
        **_LETTERHEADS[sender],
        "title": kind.title[1],
        "urgency": "normal",
        "classification": "none",
        "handler": {"name": "钱某某", "phone": "0000-0000001"},
        "prev": None if kind.opens_case else "0" * 64,
        "nonce": "AAAAAAAAAAAAAAAAAAAAAA",
        "content": kind.example,
        "attachments": [],
    }
