"""What the reading routes ask for, and the checks that all of them share."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import Depends, Path, Query, Request, Response

from app.casework.values import is_id
from app.deps import TheParts, Zone
from app.docket.batch import Means
from app.errors import NotFound
from app.registry.caller import Caller
from app.times import local
from app.views.inbox_wait import Inboxes


def _inboxes(found: TheParts) -> Inboxes:
    return found.of(Inboxes)


def _local(zone: Zone) -> Callable[[datetime], str]:
    return partial(local, zone=zone)


def uuids_in_path(request: Request, _: Caller) -> None:
    """Raise `NotFound` for a path id that is no UUID; who speaks is judged first."""
    if any(not is_id(value) for value in request.path_params.values()):
        raise NotFound


def never_stored(response: Response) -> None:
    """Keep answers out of every cache: they hold what only this caller may know."""
    response.headers["Cache-Control"] = "no-store"


def _number_key(found: TheParts) -> bytes:
    return found.of(Means).index_key


NumberKey = Annotated[bytes, Depends(_number_key)]
Waiting = Annotated[Inboxes, Depends(_inboxes)]
LocalTime = Annotated[Callable[[datetime], str], Depends(_local)]
PathId = Annotated[str, Path(json_schema_extra={"format": "uuid"})]
Limit = Annotated[int, Query(ge=1, le=200, description="items a page")]
Cursor = Annotated[str | None, Query(max_length=100, description="`next` of the page before")]
