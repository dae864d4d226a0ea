"""Whom a reader trusts: a C2SP tlog-policy with `exchange <id> <thumbprint>` and `node <id> <thumbprint>` lines."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.transparency.policy import Policy, PolicyError, parse_policy

_PIN = re.compile(r"(exchange|node)[ \t]+([a-z][a-z0-9-]{2,62})[ \t]+([A-Za-z0-9_-]{43})")
_KIND = re.compile(r"[ \t]*(exchange|node)(?:[ \t]|$)")


@dataclass(frozen=True, slots=True)
class Trust:
    """The log and its witnesses, and the thumbprints by which exchanges and nodes are known."""

    policy: Policy
    exchanges: Mapping[str, frozenset[str]]
    nodes: Mapping[str, frozenset[str]]


def parse_trust(text: str) -> Trust:
    """Return whom a policy file trusts; raise `PolicyError` with the number of the line that is wrong."""
    pins: dict[str, dict[str, frozenset[str]]] = {"exchange": {}, "node": {}}
    rest = []
    for number, line in enumerate(text.split("\n"), 1):
        rest.append("" if _KIND.match(line) else line)
        if not _KIND.match(line):
            continue
        match = _PIN.fullmatch(line.strip(" \t"))
        if match is None:
            raise PolicyError(f"line {number}: an id and a thumbprint are needed")
        kind, name, kid = match.groups()
        pins[kind][name] = pins[kind].get(name, frozenset()) | {kid}
    return Trust(parse_policy("\n".join(rest)), pins["exchange"], pins["node"])
