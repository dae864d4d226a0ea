"""What a route may ask for: the clock and the engine, both set on the application when it is assembled."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncEngine

type_clock = Callable[[], datetime]


def clock(request: Request) -> type_clock:
    """Return the service's clock: a callable that gives an aware UTC datetime."""
    return cast(type_clock, request.app.state.clock)


def engine(request: Request) -> AsyncEngine:
    return cast(AsyncEngine, request.app.state.engine)


Clock = Annotated[Callable[[], datetime], Depends(clock)]
Engine = Annotated[AsyncEngine, Depends(engine)]
