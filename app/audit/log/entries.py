"""Log entries that are no act's: each says what it is, and no more is known of some of them."""

from typing import Any, Final

from app.audit.contradiction import Contradiction
from app.errors import MalformedJson
from app.signing import strict_json
from app.transparency.entries import HEAD

_SAID: Final = {
    "key": "key",
    "revocation": "key",
    "refused-classified": "refused-classified",
    "access-log": "access-log",
}


def kind_of(entry: bytes, table: str, key: object) -> Any:
    """Return what an entry says that it is; raise `Contradiction` about its row if it says nothing."""
    try:
        return strict_json.loads(entry.removeprefix(HEAD))["t"]
    except (MalformedJson, KeyError, TypeError) as error:
        raise Contradiction(table, key, "it is no entry of a log of this kind") from error


def require_kind(entry: bytes, kind: str, table: str, key: object) -> None:
    """Demand of an entry in the queue that names no act that it needs none and is what the queue says."""
    if kind not in _SAID:
        raise Contradiction(table, key, "it is that of an act, and names none")
    if kind_of(entry, table, key) != _SAID[kind]:
        raise Contradiction(table, key, f"it is no entry of kind {kind}")
