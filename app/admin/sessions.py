"""Tokens of people, and the dependencies that ask for a role."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Depends, Request, Security
from fastapi.security import OAuth2PasswordBearer

from app.admin.door import Door
from app.admin.people import Administrator, find_person
from app.deps import Engine, Now, parts
from app.errors import ForbiddenAct, Unauthenticated
from app.registry.deps import ExchangeId, OwnKeys
from app.registry.exchange_keys import ExchangeKeys
from app.signing import jwt, typ

ACCESS_TYP = typ.ACCESS
SESSION_SECONDS = 1800
Role = Literal["registrar", "auditor", "operator"]

_bearer = OAuth2PasswordBearer(
    tokenUrl="/v1/admin/token",
    scheme_name="AdministratorPassword",
    description="administrators: name and password · 管理员用户名和密码",
    auto_error=False,
)


def issue(person: Administrator, keys: ExchangeKeys, exchange_id: str, now: datetime) -> str:
    """Return a token of 30 minutes for a person whose password was just verified."""
    issued = int(now.timestamp())
    claims = {
        "iss": exchange_id,
        "aud": _audience(exchange_id),
        "sub": person.name,
        "scope": " ".join(person.roles),
        "iat": issued,
        "exp": issued + SESSION_SECONDS,
    }
    return jwt.sign(claims, keys.signing, typ=ACCESS_TYP)


def _audience(exchange_id: str) -> str:
    # An audience of its own: a person may bear the name of a node, and must not be taken for it.
    return f"{exchange_id}/admin"


async def administrator(
    token: Annotated[str | None, Security(_bearer)],
    engine: Engine,
    keys: OwnKeys,
    exchange_id: ExchangeId,
    now: Now,
) -> Administrator:
    """Return who bears the token, with the roles of this moment; raises Unauthenticated."""
    if token is None:
        raise Unauthenticated
    try:
        claims = jwt.verify_by_one(token, keys.token_keys, typ=ACCESS_TYP)
        jwt.require_times(claims, now())
    except jwt.BadToken as error:
        raise Unauthenticated from error
    if claims["aud"] != _audience(exchange_id):
        raise Unauthenticated
    person = await find_person(engine, claims["sub"])
    if person is None:
        raise Unauthenticated
    return person


AnyAdministrator = Annotated[Administrator, Depends(administrator)]


def require_role(role: Role) -> Callable[[Administrator], Awaitable[Administrator]]:
    """Return a dependency that gives the administrator, or raises ForbiddenAct without that role."""

    async def required(person: AnyAdministrator) -> Administrator:
        if role not in person.roles:
            raise ForbiddenAct(f"This needs the role {role}.", f"此操作需要 {role} 角色。")
        return person

    return required


Registrar = Annotated[Administrator, Depends(require_role("registrar"))]
Auditor = Annotated[Administrator, Depends(require_role("auditor"))]
Operator = Annotated[Administrator, Depends(require_role("operator"))]


def _door(request: Request) -> Door:
    return parts(request).of(Door)


TheDoor = Annotated[Door, Depends(_door)]
