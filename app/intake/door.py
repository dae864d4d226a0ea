"""The door for acts: straight from the server to intake, past the framework's routing.

The routes of `app.intake.routes` describe the acts and would serve them as well. Their way through the framework
costs as much as verifying the signature; this one answers with the same bytes.
"""

from typing import cast
from urllib.parse import quote

from fastapi import FastAPI, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.casework.acts import CATALOGUE, ActType
from app.errors import Problem
from app.intake.intake import Intake
from app.problems import problem_response

ID_AT = 3  # /v1/leads/{lead_id}/…: the one id of an act's path stands here


class ActDoor:
    """ASGI middleware that takes every POST to an act's endpoint and leaves the rest to the application."""

    def __init__(self, app: ASGIApp, service: FastAPI) -> None:
        self._app = app
        self._service = service
        self._acts: dict[tuple[str, ...], tuple[ActType, str]] = {}
        for kind in CATALOGUE.values():
            steps = kind.path.split("/")
            name = steps[ID_AT].strip("{}") if len(steps) > ID_AT else ""
            self._acts[_without_id(steps)] = (kind, name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            steps = scope["path"].split("/")
            found = self._acts.get(_without_id(steps))
            if found is not None:
                kind, name = found
                scope["path_params"] = {name: steps[ID_AT]} if name else {}
                await self._take(kind, scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _take(self, kind: ActType, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await cast(Intake, self._service.state.intake).receive(kind, request)
        except Problem as problem:
            response = problem_response(problem, request.headers.get("accept-language"), quote(scope["path"]))
        await response(scope, receive, send)


def _without_id(steps: list[str]) -> tuple[str, ...]:
    return (*steps[:ID_AT], "", *steps[ID_AT + 1 :]) if len(steps) > ID_AT else tuple(steps)
