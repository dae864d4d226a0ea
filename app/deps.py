"""What a route may ask for: the parts of the running service, put on the application where it is assembled."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

from fastapi import Depends, FastAPI, Request
from sqlalchemy.ext.asyncio import AsyncEngine

from app.config import Settings
from app.vault import Vault

TimeSource = Callable[[], datetime]
P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Parts:
    """What every room of the service needs, by name, and what single rooms need, found by its class.

    `clock` gives an aware UTC datetime. `engine` is the writer's, which sees every row; `reader` is for `reading`: it
    sees what one node may know of, and without a node nothing. Made once at the start, never changed.
    """

    settings: Settings
    clock: TimeSource
    engine: AsyncEngine
    reader: AsyncEngine
    vault: Vault
    others: tuple[object, ...] = ()

    def of(self, kind: type[P]) -> P:
        """Return the part of a class; raise LookupError if the service was assembled without."""
        for part in self.others:
            if isinstance(part, kind):
                return part
        raise LookupError(f"the service has no {kind.__name__}")


def parts_of(app: FastAPI) -> Parts:
    """Return the parts of an application whose lifespan has begun: the one place where its state is read."""
    found = app.state.parts
    if not isinstance(found, Parts):
        raise TypeError("this application was not assembled")
    return found


def parts(request: Request) -> Parts:
    """Return the parts of the application that a request came to."""
    return parts_of(request.app)


TheParts = Annotated[Parts, Depends(parts)]


def _clock(found: TheParts) -> TimeSource:
    return found.clock


def _engine(found: TheParts) -> AsyncEngine:
    return found.engine


def _reader(found: TheParts) -> AsyncEngine:
    return found.reader


def _vault(found: TheParts) -> Vault:
    return found.vault


def _settings(found: TheParts) -> Settings:
    return found.settings


def _zone(found: TheParts) -> ZoneInfo:
    return found.settings.zone


Now = Annotated[TimeSource, Depends(_clock)]
Engine = Annotated[AsyncEngine, Depends(_engine)]
Reader = Annotated[AsyncEngine, Depends(_reader)]
OpenVault = Annotated[Vault, Depends(_vault)]
TheSettings = Annotated[Settings, Depends(_settings)]
Zone = Annotated[ZoneInfo, Depends(_zone)]
