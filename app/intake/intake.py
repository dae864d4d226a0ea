"""One act, from request to answer: verify, examine, enter in the docket, answer with a receipt or a signed refusal."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import Request, Response
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncEngine

from app.casework.acts.catalogue import ActType
from app.db import driver_connection
from app.deps import TimeSource
from app.docket.docket import Docket
from app.docket.issuer import Issuer
from app.docket.submission import Answer
from app.errors import ClassifiedMaterial, Overloaded, Problem
from app.intake.receive import Signed, examine, verify
from app.problems import problem_response
from app.registry.directory import Directory
from app.registry.requests import signed_request
from app.transparency.entries import refused_classified_entry
from app.transparency.published import Published
from app.transparency.queue import Waiting, enqueue

ACTS = Counter("leadbridge_acts_total", "acts by type and outcome", ["act", "outcome"])
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Intake:
    """The door for acts."""

    engine: AsyncEngine
    directory: Directory
    docket: Docket
    issuer: Issuer
    clock: TimeSource
    published: Published

    async def receive(self, kind: ActType, request: Request) -> Response:
        """Return the receipt of an act (201, or 200 for a replay), or its refusal."""
        try:
            signed = await verify(await signed_request(request), self.directory, self.issuer.exchange_id)
        except Problem as problem:
            ACTS.labels(kind.name, problem.slug).inc()
            raise
        try:
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

    async def _take(self, kind: ActType, signed: Signed, path: dict[str, str]) -> Answer:
        header = signed.jws.header
        try:
            submission = examine(signed, kind, path, self.issuer, self.clock())
        except Problem as problem:
            # An act that was taken is recognised before anything but its signature is judged.
            stored = await self.docket.recall(header.jti, header.iss, signed.body_sha256)
            if stored is not None:
                return stored
            if isinstance(problem, ClassifiedMaterial):
                await self._log_classified(signed)
            raise
        return await self.docket.enter(submission)

    async def _log_classified(self, signed: Signed) -> None:
        """Put the refusal into the log, without its body: that it came and was refused can be proven."""
        entry = refused_classified_entry(request_jws=signed.jws.token)
        async with driver_connection(self.engine) as connection:
            await enqueue(connection, Waiting("refused-classified", entry, self.clock()))
        _log.warning("classified material refused", node=signed.key.node_id)

    def _refusal(self, problem: Problem, signed: Signed, request: Request) -> Response:
        """Return the refusal, signed by the exchange: the sender can prove what it was told."""
        header = signed.jws.header
        members: dict[str, Any] = {"act_id": header.jti, "act_jws_sha256": signed.jws.sha256}
        problem.members = {**problem.members, **members}
        response = problem_response(problem, request.headers.get("accept-language"), quote(request.scope["path"]))
        if not isinstance(problem, Overloaded):
            response.headers["X-JWS-Signature"] = self.issuer.sign(
                bytes(response.body), "lead-refusal+jws", aud=header.iss, jti=header.jti, now=self.clock()
            )
        return response
