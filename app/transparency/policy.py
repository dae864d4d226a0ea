"""Whom to trust (c2sp.org/tlog-policy): logs, witnesses, and how many witnesses are enough. Pure."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from app.transparency.note import COSIGNATURE, ED25519, NoteError, Verifier, parse_vkey

_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


class PolicyError(ValueError):
    """A policy file that cannot be read; the text names the line."""


@dataclass(frozen=True, slots=True)
class PolicyWitness:
    """A witness; `url` is its submission prefix, where the policy gives one."""

    name: str
    verifier: Verifier
    url: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """At least `least` of `members`, each the name of a witness or of another group."""

    least: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy file. `quorum` is None where no cosignature is asked for."""

    logs: tuple[Verifier, ...] = ()
    witnesses: tuple[PolicyWitness, ...] = ()
    groups: Mapping[str, Group] = field(default_factory=dict)
    quorum: str | None = None

    @property
    def verifiers(self) -> list[Verifier]:
        return [witness.verifier for witness in self.witnesses]

    def is_quorum(self, signers: Collection[Verifier]) -> bool:
        """Tell whether these cosignatures, verified already, are enough."""
        there = {witness.name for witness in self.witnesses if witness.verifier in signers}
        # A group names only what stands above it, so one pass in the order of the file decides all.
        for name, group in self.groups.items():
            if len(there.intersection(group.members)) >= group.least:
                there.add(name)
        return self.quorum is None or self.quorum in there


class _Reader:
    def __init__(self) -> None:
        self.logs: list[Verifier] = []
        self.witnesses: list[PolicyWitness] = []
        self.groups: dict[str, Group] = {}
        self.quorums: list[str | None] = []
        self.names: set[str] = {"none"}
        self.members: set[str] = set()

    def read(self, words: list[str]) -> None:
        match words:
            case ["log", vkey, *rest] if len(rest) <= 1:
                self.logs.append(self._key(vkey, ED25519, self.logs))
            case ["witness", name, vkey, *rest] if len(rest) <= 1:
                key = self._key(vkey, COSIGNATURE, [witness.verifier for witness in self.witnesses])
                self._define(name)
                self.witnesses.append(PolicyWitness(name, key, rest[0] if rest else None))
            case ["group", name, least, *members] if members:
                self._group(name, least, members)
            case ["quorum", name] if name in self.names and not self.quorums:
                self.quorums.append(None if name == "none" else name)
            case _:
                raise PolicyError("unknown, repeated or incomplete")

    def _key(self, vkey: str, kind: int, others: list[Verifier]) -> Verifier:
        key = parse_vkey(vkey)
        if key.kind != kind:
            raise PolicyError("the key is of a type for another use")
        if key.public in {other.public for other in others}:
            raise PolicyError("the key is there already")
        return key

    def _define(self, name: str) -> None:
        if name in self.names:
            raise PolicyError("the name is taken")
        self.names.add(name)

    def _group(self, name: str, least: str, members: list[str]) -> None:
        counted = {"all": str(len(members)), "any": "1"}.get(least, least)
        known = self.names - self.members - {"none"}
        if len(set(members)) < len(members) or not known.issuperset(members):
            raise PolicyError("a member is unknown, or counts twice")
        if not re.fullmatch("[1-9][0-9]{0,3}", counted) or int(counted) > len(members):
            raise PolicyError("the number is not between 1 and the number of members")
        self.members.update(members)
        self._define(name)
        self.groups[name] = Group(int(counted), tuple(members))


def parse_policy(text: str) -> Policy:
    """Return the policy that a file's text states; raise `PolicyError` with the number of the line that is wrong."""
    if _FORBIDDEN.search(text):
        raise PolicyError("the policy has control characters")
    reader = _Reader()
    for number, line in enumerate(text.split("\n"), 1):
        words = [word for word in re.split("[ \t]+", line) if word]
        if not words or words[0].startswith("#"):
            continue
        try:
            reader.read(words)
        except (PolicyError, NoteError) as error:
            raise PolicyError(f"line {number}: {error}") from error
    if not reader.quorums:
        raise PolicyError("the policy has no quorum line")
    return Policy(tuple(reader.logs), tuple(reader.witnesses), reader.groups, reader.quorums[0])
