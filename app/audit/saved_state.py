"""How far an earlier audit came. It saves signatures, and remembers heads; nothing else is taken from it.

The file holds a size of the log and the root at that size, and the heads of the logs that were witnessed then: none
of these may have gone back since. The next audit reads every row again all the same: below
that size the digests in the log must be those of the rows, and the tree must have that root. What it does not do
again is to verify signatures below it. So whoever can write the file can hide a signature that never was good, and
nothing that was changed since: keep it where the exchange cannot write, and audit without it now and then.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.audit.witnessed_logs import Head

VERSION = 1


class MalformedState(ValueError):
    """A file that is no state of an audit of this exchange."""


@dataclass(frozen=True, slots=True)
class State:
    """Up to `size` every signature was verified, in a log whose tree had `root` then.

    `witnessed` are the heads of others' logs, by origin.
    """

    exchange: str
    size: int
    root: bytes
    witnessed: Mapping[str, Head] = field(default_factory=dict)


def read_state(path: Path, exchange: str) -> State | None:
    """Return what an earlier audit left, None if there was none; raise `MalformedState`."""
    try:
        saved = json.loads(path.read_text("utf-8"))
        heads = saved["witnessed"].items()
        witnessed = {origin: Head(int(size), bytes.fromhex(root)) for origin, (size, root) in heads}
        state = State(saved["exchange"], int(saved["size"]), bytes.fromhex(saved["root"]), witnessed)
    except FileNotFoundError:
        return None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise MalformedState(f"{path} is no state of an audit") from error
    if saved.get("audit") != VERSION or state.exchange != exchange or state.size < 0 or len(state.root) != 32:
        raise MalformedState(f"{path} is no state of an audit of {exchange}")
    return state


def write_state(path: Path, state: State) -> None:
    """Write it whole or not at all."""
    draft = path.with_name(f"{path.name}.new")
    members = {"audit": VERSION, "exchange": state.exchange, "size": state.size, "root": state.root.hex()}
    heads = {origin: [head.size, head.root.hex()] for origin, head in state.witnessed.items()}
    draft.write_text(json.dumps({**members, "witnessed": heads}) + "\n", "utf-8")
    draft.replace(path)
