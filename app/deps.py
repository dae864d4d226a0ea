"""What a route may ask for: the clock and the two engines, set on the application when it is assembled."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncEngine

TimeSource = Callable[[], datetime]


def clock(request: Request) -> TimeSource:
    """Return the service's clock: a callable that gives an aware UTC datetime."""
    return cast(TimeSource, request.app.state.clock)


def engine(request: Request) -> AsyncEngine:
    """Return the writer's engine, which sees every row."""
    return cast(AsyncEngine, request.app.state.engine)


def reader(request: Request) -> AsyncEngine:
    """Return the reader's engine, for `reading`: it sees what one node may know of, and without a node nothing."""
    return cast(AsyncEngine, request.app.state.reader)


Now = Annotated[TimeSource, Depends(clock)]
Engine = Annotated[AsyncEngine, Depends(engine)]
Reader = Annotated[AsyncEngine, Depends(reader)]
