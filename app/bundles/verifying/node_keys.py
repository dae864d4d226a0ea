"""Step 5 of a verification, the key events of the agencies: whose each key was, from where to where in the log."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.bundles.verifying.files import BundleRefused, Files
from app.bundles.verifying.log_proofs import PROOF, LogProofs
from app.bundles.verifying.signatures import signed_by_known_key
from app.errors import Problem
from app.signing import strict_json, typ
from app.signing.jws import VerifiedJws
from app.signing.keys import PublicKey, thumbprint
from app.transparency.entries import HEAD, key_entry

FILES = ("entry.bin", PROOF, "request.body", "request.jws")
_FOLDER = re.compile(r"key-events/([a-z][a-z0-9-]{2,62})-([0-9]{3,})/")


@dataclass(slots=True)
class KeyLife:
    """A key of a node: registered by key event `number` at place `since` of the log, revoked at `until` if ever.

    `signed` is the last place of a request that it signed.
    """

    purpose: str
    number: int
    since: int
    until: int | None = None
    compromised_from: str | None = None
    signed: int = -1


@dataclass(slots=True)
class NodeKeyring:
    """The keys of one node in the order of its key events. `pinned` are the keys that lead back to a pinned key."""

    events: int = 0
    keys: dict[str, KeyLife] = field(default_factory=dict)
    pinned: set[str] = field(default_factory=set)

    def require(self, kid: str, place: int) -> KeyLife:
        """Return the act key that was valid at a place in the log; else raise `BundleRefused`."""
        key = self.keys.get(kid)
        if key is None or key.purpose != "act" or key.since >= place:
            raise BundleRefused(f"key {kid} was not registered before log index {place}")
        if key.until is not None and key.until <= place:
            raise BundleRefused(f"key {kid} was revoked before log index {place}")
        return key


@dataclass(frozen=True, slots=True)
class _Event:
    node: str
    number: int
    kid: str
    purpose: str
    event: str
    place: int


class KeyHistory:
    """Reads the events in order. They prove that these events were logged, not that no later event was."""

    def __init__(
        self, files: Files, keys: Mapping[str, PublicKey], proofs: LogProofs, exchange: str, pins: Mapping[str, Any]
    ) -> None:
        self._files, self._keys, self._proofs, self._exchange, self._pins = files, keys, proofs, exchange, pins
        self.nodes: dict[str, NodeKeyring] = {}

    def read(self) -> dict[str, NodeKeyring]:
        """Return the keys of every node; raise `BundleRefused` if an event is wrong or out of its order."""
        folders = {name[: name.rindex("/") + 1] for name in self._files.names if name.startswith("key-events/")}
        # Those of the exchange itself are another chain: `app.bundles.verifying.exchange_keys`.
        own = re.compile(f"key-events/{re.escape(self._exchange)}-[0-9]{{3,}}/")
        folders = {folder for folder in folders if own.fullmatch(folder) is None}
        found = []
        for folder in folders:
            match = _FOLDER.fullmatch(folder)
            if match is None or folder != f"key-events/{match[1]}-{int(match[2]):03d}/":
                raise BundleRefused(f"{folder} is no folder of a key event")
            found.append((match[1], int(match[2]), folder))
        for node, number, folder in sorted(found):
            try:
                self._key_event(node, number, folder)
            except (Problem, KeyError, TypeError, ValueError) as error:
                raise BundleRefused(f"{folder}: {error}") from error
        return self.nodes

    def _key_event(self, node: str, number: int, folder: str) -> None:
        keyring = self.nodes.setdefault(node, NodeKeyring())
        if number != keyring.events + 1:
            raise BundleRefused(f"key event {keyring.events + 1} of {node} is missing")
        keyring.events = number
        token = self._files.read(folder + "request.jws").decode("ascii")
        body = self._files.read(folder + "request.body")
        document = strict_json.loads(body)
        signed = signed_by_known_key(self._keys, token, body, iss=node, aud=self._exchange)
        self._may_ask(keyring, node, signed, document)
        event = self._key_entry(node, number, folder, token)
        enrolment = signed.header.typ == typ.ENROLMENT
        if not enrolment:
            self._in_order(keyring.keys[signed.header.kid], event)
        if event.event == "register":
            self._register(keyring, event, signed, document)
        elif enrolment:
            self._replace(keyring, event, document)
        else:
            self._revoke(keyring, event, document)

    def _may_ask(self, keyring: NodeKeyring, node: str, signed: VerifiedJws, document: Any) -> None:
        kid = signed.header.kid
        match signed.header.typ:
            case typ.ENROLMENT:
                if _offered(document).get(kid) != "act" or document["node_id"] != node:
                    raise BundleRefused("the enrolment is not signed by one of its own act keys")
            case typ.KEY:
                key = keyring.keys.get(kid)
                if key is None or key.purpose != "act" or key.until is not None:
                    raise BundleRefused("the request is not signed by an act key of the node that was valid")
            case _:
                raise BundleRefused("the request is of a wrong type")

    def _key_entry(self, node: str, number: int, folder: str, token: str) -> _Event:
        raw = self._files.read(folder + "entry.bin")
        entry = strict_json.loads(raw.removeprefix(HEAD))
        kid, purpose, event = entry["kid"], entry["purpose"], entry["event"]
        meant = key_entry(node=node, kid=kid, purpose=purpose, event=event, key_event=number, request_jws=token)
        if raw != meant or event not in ("register", "revoke"):
            raise BundleRefused("the log entry is not that of this event")
        place = self._proofs.place_of(raw, self._files.read(folder + PROOF))
        return _Event(node, number, kid, purpose, event, place)

    def _in_order(self, signer: KeyLife, event: _Event) -> None:
        """By the order of the log, whatever the numbers say."""
        if signer.since >= event.place:
            raise BundleRefused("the key of the request was not registered before it")
        signer.signed = max(signer.signed, event.place)

    def _register(self, keyring: NodeKeyring, event: _Event, signed: VerifiedJws, document: Any) -> None:
        if _offered(document).get(event.kid) != event.purpose or event.kid in keyring.keys:
            raise BundleRefused("the request does not register this key")
        keyring.keys[event.kid] = KeyLife(event.purpose, event.number, event.place)
        pins = self._pins.get(event.node, frozenset())
        if event.kid in pins or signed.header.kid in keyring.pinned | pins:
            keyring.pinned.add(event.kid)

    def _replace(self, keyring: NodeKeyring, event: _Event, document: Any) -> None:
        """A later enrolment ends every key that the node had; none of those that it brought itself."""
        if event.kid in _offered(document):
            raise BundleRefused("the enrolment does not replace this key")
        self._end_key(keyring, event)

    def _revoke(self, keyring: NodeKeyring, event: _Event, document: Any) -> None:
        if document["kid"] != event.kid:
            raise BundleRefused("the request does not revoke this key")
        key = self._end_key(keyring, event)
        if document["reason"] == "compromised":
            key.compromised_from = document.get("compromised_from") or "an unknown time"

    def _end_key(self, keyring: NodeKeyring, event: _Event) -> KeyLife:
        key = keyring.keys.get(event.kid)
        if key is None or key.until is not None or key.since >= event.place:
            raise BundleRefused("the key was not valid when it was revoked")
        if key.purpose != event.purpose:
            raise BundleRefused("the request does not revoke this key")
        if key.signed > event.place:
            raise BundleRefused("the key signed a key event after it was revoked")
        key.until = event.place
        return key


def _offered(document: Any) -> dict[str, str]:
    """Return the thumbprint and the purpose of each key that a request brings."""
    return {thumbprint(key["jwk"]): key["purpose"] for key in document["keys"]}
