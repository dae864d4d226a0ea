"""What the routes of the register ask for, set on the application when it is assembled."""

from typing import Annotated, cast

from fastapi import Depends, Request

from app.config import Settings
from app.registry.directory import Directory
from app.registry.exchange_keys import ExchangeKeys


def _exchange_id(request: Request) -> str:
    return cast(Settings, request.app.state.settings).exchange_id


def _exchange_keys(request: Request) -> ExchangeKeys:
    return cast(ExchangeKeys, request.app.state.exchange_keys)


def _directory(request: Request) -> Directory:
    return cast(Directory, request.app.state.directory)


ExchangeId = Annotated[str, Depends(_exchange_id)]
OwnKeys = Annotated[ExchangeKeys, Depends(_exchange_keys)]
Register = Annotated[Directory, Depends(_directory)]
