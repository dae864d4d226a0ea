"""What the routes of the register ask for, set on the application when it is assembled."""

from typing import Annotated

from fastapi import Depends

from app.deps import TheParts
from app.registry.directory import Directory
from app.registry.exchange_keys import ExchangeKeys
from app.registry.shares import Shares
from app.registry.voice import Voice


def _exchange_id(found: TheParts) -> str:
    return found.settings.exchange_id


def _voice(found: TheParts) -> Voice:
    return found.of(Voice)


def _exchange_keys(found: TheParts) -> ExchangeKeys:
    return found.of(Voice).ring.keys


def _directory(found: TheParts) -> Directory:
    return found.of(Directory)


def _shares(found: TheParts) -> Shares:
    return found.of(Shares)


ExchangeId = Annotated[str, Depends(_exchange_id)]
OwnKeys = Annotated[ExchangeKeys, Depends(_exchange_keys)]
TheVoice = Annotated[Voice, Depends(_voice)]
Register = Annotated[Directory, Depends(_directory)]
TheShares = Annotated[Shares, Depends(_shares)]
