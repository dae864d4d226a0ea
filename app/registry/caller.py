"""The dependency `Caller`: every read names who reads."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.deps import Now
from app.errors import Unauthenticated
from app.registry.deps import ExchangeId, OwnKeys, Register, TheShares
from app.registry.tokens import NodeCaller, verify_access

_bearer = HTTPBearer(
    scheme_name="NodeToken",
    bearerFormat="JWT",
    description="node token from `POST /v1/oauth/token` · 节点令牌",
    auto_error=False,
)


async def _caller(
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    directory: Register,
    keys: OwnKeys,
    exchange_id: ExchangeId,
    now: Now,
    request: Request,
    shares: TheShares,
) -> AsyncIterator[NodeCaller]:
    if credentials is None:
        raise Unauthenticated
    caller = await verify_access(credentials.credentials, directory, keys, exchange_id, now())
    # Held until the answer has been sent.
    async with shares.gate_of(request).place(caller.node_id):
        yield caller


Caller = Annotated[NodeCaller, Depends(_caller)]
