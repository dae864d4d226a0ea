"""What a command may fail of, said in one line. Anything else is a bug and keeps its traceback."""

from json import JSONDecodeError

import httpx
from cryptography.exceptions import InvalidTag
from pydantic import ValidationError

from app.client import Refused, Unanswered, Unproven
from app.embedded_postgres import ServerNotStarted
from app.errors import Problem


class CommandFailed(Exception):
    """The reason, for the person at the terminal."""


EXPECTED = (
    CommandFailed,
    Refused,
    Unanswered,
    Unproven,
    Problem,
    ServerNotStarted,
    httpx.HTTPError,
    OSError,
    JSONDecodeError,
    InvalidTag,
    ValidationError,
)


def one_line(failure: BaseException) -> str:
    """Return the reason on one line. A setting is named, its value is not: it may be a secret."""
    if isinstance(failure, ValidationError):
        wrong = [f"LEADBRIDGE_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in failure.errors()]
        return "; ".join(wrong)
    if isinstance(failure, OSError) and failure.filename:
        return f"{failure.filename}: {failure.strerror}"
    if isinstance(failure, InvalidTag):
        return "the master key is not the one that wrapped what this database holds"
    return " ".join(str(failure).split()) or type(failure).__name__
