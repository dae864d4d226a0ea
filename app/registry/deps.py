"""What the routes of the register ask for, set on the application when it is assembled."""

from typing import Annotated, cast

from fastapi import Depends, Request

from app.config import Settings
from app.registry.directory import Directory
from app.registry.exchange_keys import ExchangeKeys
from app.registry.voice import Voice


def _exchange_id(request: Request) -> str:
    return cast(Settings, request.app.state.settings).exchange_id


def _voice(request: Request) -> Voice:
    return cast(Voice, request.app.state.voice)


def _exchange_keys(request: Request) -> ExchangeKeys:
    return _voice(request).ring.keys


def _directory(request: Request) -> Directory:
    return cast(Directory, request.app.state.directory)


ExchangeId = Annotated[str, Depends(_exchange_id)]
OwnKeys = Annotated[ExchangeKeys, Depends(_exchange_keys)]
TheVoice = Annotated[Voice, Depends(_voice)]
Register = Annotated[Directory, Depends(_directory)]
