"""Is it alive, is it ready, what does it measure: `/healthz`, `/readyz`, `/metrics`."""

import asyncio
import hmac
import shutil
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app import locks
from app.config import Settings
from app.deps import Engine, Now, TheSettings
from app.errors import Unauthenticated
from app.migrate import newest_revision
from app.problems import documented

router = APIRouter(tags=["operations"])
LAG = Gauge("leadbridge_inbox_lag_seconds", "age of the oldest committed act without an inbox number")
WAITING = Gauge("leadbridge_unsequenced", "committed events without a place in the log")
PATIENCE = 3.0
LEAST_BYTES = 64 * 1024 * 1024


@router.get("/healthz", operation_id="is_alive", summary="Alive · 存活检查", response_model=None)
async def healthz() -> dict[str, str]:
    """200 as long as the process answers."""
    return {"status": "alive"}


@router.get(
    "/readyz",
    operation_id="is_ready",
    summary="Ready · 就绪检查",
    response_model=None,
    responses={503: {"description": "not ready; the body says what is missing · 未就绪"}},
)
async def readyz(engine: Engine, settings: TheSettings) -> Response:
    """200 when database, migrations, sequencer and room to write are there; 503 with what is missing."""
    checks: dict[str, Any] = {"database": False, "migrations": False, "sequencer": False, "writable": False}
    try:
        async with asyncio.timeout(PATIENCE), engine.connect() as connection:
            checks["database"] = True
            found = await connection.scalar(text("SELECT version_num FROM alembic_version"))
            checks["migrations"] = found == newest_revision()
            checks["sequencer"] = bool(
                await connection.scalar(
                    text(
                        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted "
                        "AND ((classid::bigint << 32) | objid::bigint) = :leader"
                    ),
                    {"leader": locks.SEQUENCER},
                )
            )
            read_only = await connection.scalar(text("SELECT current_setting('transaction_read_only')::boolean"))
            checks["writable"] = not read_only and _has_room(settings)
    except (OSError, SQLAlchemyError, TimeoutError):
        pass
    return JSONResponse(checks, 200 if all(checks.values()) else 503)


def _has_room(settings: Settings) -> bool:
    """Tell whether the folders of this service have room; the disk of a database elsewhere tells by its refusals."""
    attachments = settings.attachments or ""
    folders = {settings.data_dir, settings.data_dir if "://" in attachments else Path(attachments or settings.data_dir)}
    return all(shutil.disk_usage(folder).free >= LEAST_BYTES for folder in folders if folder.exists())


@router.get(
    "/metrics",
    operation_id="read_metrics",
    summary="Metrics · 指标",
    response_model=None,
    response_class=PlainTextResponse,
    responses=documented(Unauthenticated),
)
async def metrics(request: Request, engine: Engine, now: Now, settings: TheSettings) -> Response:
    """Prometheus text format: acts by type and outcome, queue depth, batch size, commit time, inbox lag.

    Where the operator has set a token, it must come as a bearer token.
    """
    token = settings.metrics_token
    sent = request.headers.get("authorization", "").encode()
    if token is not None and not hmac.compare_digest(sent, f"Bearer {token.get_secret_value()}".encode()):
        raise Unauthenticated
    try:
        async with asyncio.timeout(PATIENCE), engine.connect() as connection:
            row = (await connection.execute(text("SELECT count(*), min(committed_at) FROM unsequenced"))).one()
        WAITING.set(row[0])
        LAG.set(max(0.0, (now() - row[1]).total_seconds()) if row[1] else 0.0)
    except (OSError, SQLAlchemyError, TimeoutError):
        WAITING.set(float("nan"))
        LAG.set(float("nan"))
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
