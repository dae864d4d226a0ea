"""The door for acts: straight from the server to the docket, past the framework's routing, and out with the answer.

The routes of `app.intake.routes` describe the acts and would serve them as well. Their way through the framework
costs as much as verifying the signature; this one answers with the same bytes.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request, Response
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import ASGIApp, Receive, Scope, Send

from app.bodies import signed_request
from app.casework.acts import CATALOGUE, ActType
from app.db import driver_connection
from app.deps import TimeSource, parts_of
from app.docket.docket import Docket
from app.docket.submission import Answer
from app.errors import ClassifiedMaterial, Overloaded, Problem, TooManyRequests
from app.intake.receive import examine, verify
from app.problems import problem_response
from app.registry.directory import Directory, SignedByNode
from app.registry.shares import Gate
from app.registry.voice import Voice
from app.signing import typ
from app.transparency.entries import refused_classified_entry
from app.transparency.published import Published
from app.transparency.queue import Waiting, enqueue

ID_AT = 3  # /v1/leads/{lead_id}/…: the one id of an act's path stands here
ACTS = Counter("leadbridge_acts_total", "acts by type and outcome", ["act", "outcome"])
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes acts in and answers them."""

    engine: AsyncEngine
    directory: Directory
    docket: Docket
    voice: Voice
    clock: TimeSource
    published: Published
    gate: Gate

    async def receive(self, kind: ActType, request: Request) -> Response:
        """Return the receipt of an act (201, or 200 for a replay), or its refusal."""
        try:
            signed = await verify(await signed_request(request), self.directory, self.voice.exchange_id)
        except Problem as problem:
            ACTS.labels(kind.name, problem.slug).inc()
            raise
        try:
            async with self.gate.place(signed.key.node_id):
                answer = await self._take(kind, signed, dict(request.path_params))
        except Problem as problem:
            ACTS.labels(kind.name, problem.slug).inc()
            return self._refusal(problem, signed, request)
        ACTS.labels(kind.name, "replayed" if answer.replayed else "taken").inc()
        headers = {"X-JWS-Signature": answer.receipt_jws, **self.published.header}
        if answer.receipt_jws_sm2 is not None:
            headers["X-JWS-Signature-SM2"] = answer.receipt_jws_sm2
        if answer.replayed:
            headers["Idempotent-Replayed"] = "true"
        status = 200 if answer.replayed else 201
        return Response(answer.receipt, status, headers, media_type="application/json")

    async def _take(self, kind: ActType, signed: SignedByNode, path: dict[str, str]) -> Answer:
        header = signed.jws.header
        try:
            submission = examine(signed, kind, path, self.voice.zone, self.clock())
        except Problem as problem:
            # An act that was taken is recognised before anything but its signature is judged.
            stored = await self.docket.recall(header.jti, header.iss, signed.body_sha256)
            if stored is not None:
                return stored
            if isinstance(problem, ClassifiedMaterial):
                await self._log_classified(signed)
            raise
        return await self.docket.enter(submission)

    async def _log_classified(self, signed: SignedByNode) -> None:
        """Put the refusal into the log, without its body: that it came and was refused can be proven."""
        entry = refused_classified_entry(request_jws=signed.jws.token)
        async with driver_connection(self.engine) as connection:
            await enqueue(connection, Waiting("refused-classified", entry, self.clock()))
        _log.warning("classified material refused", node=signed.key.node_id)

    def _refusal(self, problem: Problem, signed: SignedByNode, request: Request) -> Response:
        """Return the refusal, signed by the exchange: the sender can prove what it was told."""
        header = signed.jws.header
        members: dict[str, Any] = {"act_id": header.jti, "act_jws_sha256": signed.jws.sha256}
        problem.members = {**problem.members, **members}
        response = problem_response(problem, request.headers.get("accept-language"), quote(request.scope["path"]))
        if not isinstance(problem, (Overloaded, TooManyRequests)):
            response.headers["X-JWS-Signature"] = self.voice.sign(
                bytes(response.body), typ.REFUSAL, aud=header.iss, jti=header.jti, now=self.clock()
            )
        return response


class ActDoor:
    """ASGI middleware that takes every POST to an act's endpoint and leaves the rest to the application."""

    def __init__(self, app: ASGIApp, service: FastAPI) -> None:
        self._app = app
        self._service = service
        self._intake: Intake | None = None  # found by the first act, then fixed
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
            response = await self._receiving().receive(kind, request)
        except Problem as problem:
            response = problem_response(problem, request.headers.get("accept-language"), quote(scope["path"]))
        await response(scope, receive, send)

    def _receiving(self) -> Intake:
        """Return the intake of the running service: it is there from when the lifespan has begun."""
        if self._intake is None:
            self._intake = parts_of(self._service).of(Intake)
        return self._intake


def _without_id(steps: list[str]) -> tuple[str, ...]:
    return (*steps[:ID_AT], "", *steps[ID_AT + 1 :]) if len(steps) > ID_AT else tuple(steps)
