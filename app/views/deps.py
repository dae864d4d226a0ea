"""What the reading routes ask for, and the checks that all of them share."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, Path, Query, Request, Response

from app.casework.values import UUID_PATTERN
from app.docket.issuer import Issuer
from app.errors import NotFound
from app.registry.caller import Caller
from app.vault import Vault
from app.views.inbox_wait import Inboxes

_UUID = re.compile(UUID_PATTERN)


def _vault(request: Request) -> Vault:
    return cast(Vault, request.app.state.vault)


def _inboxes(request: Request) -> Inboxes:
    return cast(Inboxes, request.app.state.inboxes)


def _local(request: Request) -> Callable[[datetime], str]:
    return cast(Issuer, request.app.state.issuer).local


def uuids_in_path(request: Request, _: Caller) -> None:
    """Raise `NotFound` for a path id that is no UUID; who speaks is judged first."""
    if any(_UUID.fullmatch(value) is None for value in request.path_params.values()):
        raise NotFound


def never_stored(response: Response) -> None:
    """Keep answers out of every cache: they hold what only this caller may know."""
    response.headers["Cache-Control"] = "no-store"


def _number_key(request: Request) -> bytes:
    return cast(bytes, request.app.state.number_key)


NumberKey = Annotated[bytes, Depends(_number_key)]
OpenVault = Annotated[Vault, Depends(_vault)]
Waiting = Annotated[Inboxes, Depends(_inboxes)]
LocalTime = Annotated[Callable[[datetime], str], Depends(_local)]
PathId = Annotated[str, Path(json_schema_extra={"format": "uuid"})]
Limit = Annotated[int, Query(ge=1, le=200, description="items a page")]
Cursor = Annotated[str | None, Query(max_length=100, description="`next` of the page before")]
