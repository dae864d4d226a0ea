"""What a command may fail of, said in one line. Anything else is a bug and keeps its traceback."""

from json import JSONDecodeError

import httpx
from cryptography.exceptions import InvalidTag
from pydantic import ValidationError

from app.client import Erased, Refused, Unanswered, Unproven
from app.embedded_postgres import ServerNotStarted
from app.errors import Problem
from app.vault import UnusableMasterKey


class CommandFailed(Exception):
    """The reason, for the person at the terminal; in Chinese too where it is the operator who must do something."""

    def __init__(self, reason: str, reason_zh: str = "") -> None:
        super().__init__(reason)
        self.reason_zh = reason_zh


EXPECTED = (
    CommandFailed,
    Erased,
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
    UnusableMasterKey,
)
WRONG_KEY = CommandFailed(
    "the master key is not the one that wrapped what this database holds",
    "主密钥不是加密本数据库所用的那一把",
)


def one_line(failure: BaseException) -> str:
    """Return the reason on one line, in English and then, where there is one, in Chinese.

    A setting is named, its value is not: it may be a secret.
    """
    if isinstance(failure, InvalidTag):
        failure = WRONG_KEY
    chinese = ""
    if isinstance(failure, CommandFailed | UnusableMasterKey):
        chinese = failure.reason_zh
    elif isinstance(failure, Problem):
        chinese = failure.detail_zh
    elif isinstance(failure, ValidationError):
        chinese = "配置项有误"
    return " / ".join(filter(None, (_in_english(failure), chinese)))


def _in_english(failure: BaseException) -> str:
    if isinstance(failure, ValidationError):
        wrong = [f"LEADBRIDGE_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in failure.errors()]
        return "; ".join(wrong)
    if isinstance(failure, OSError) and failure.filename:
        return f"{failure.filename}: {failure.strerror}"
    return " ".join(str(failure).split()) or type(failure).__name__
