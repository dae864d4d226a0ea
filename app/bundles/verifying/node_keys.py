"""The key events of the agencies in a bundle, verified: which key was whose, and from where to where in the log."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.bundles.verifying.files import BundleRefused, Files
from app.bundles.verifying.log_proofs import LogProofs
from app.errors import Problem
from app.signing import strict_json
from app.signing.jws import VerifiedJws, read_header, verify_detached
from app.signing.keys import PublicKey, thumbprint
from app.transparency.entries import HEAD, key_entry

FILES = ("entry.bin", "entry.tlog-proof", "request.body", "request.jws")
_FOLDER = re.compile(r"key-events/([a-z][a-z0-9-]{2,62})-([0-9]{3,})/")
_TYPES = ("lead-enrolment+jws", "lead-key+jws")


@dataclass(slots=True)
class KeyRecord:
    """A key of a node: registered by key event `number` at log index `since`, revoked at `until` if ever.

    `signed` is the greatest log index of a later request that it signed.
    """

    purpose: str
    number: int
    since: int
    until: int | None = None
    compromised_from: str | None = None
    signed: int = -1


@dataclass(slots=True)
class NodeKeys:
    """The keys of one node in the order of its key events. `pinned` are those that lead back to a pinned one."""

    events: int = 0
    keys: dict[str, KeyRecord] = field(default_factory=dict)
    pinned: set[str] = field(default_factory=set)

    def require(self, kid: str, at: int) -> KeyRecord:
        """Return the act key that was valid at a log index; else raise `BundleRefused`."""
        record = self.keys.get(kid)
        if record is None or record.purpose != "act" or record.since >= at:
            raise BundleRefused(f"key {kid} was not registered before log index {at}")
        if record.until is not None and record.until <= at:
            raise BundleRefused(f"key {kid} was revoked before log index {at}")
        return record


@dataclass(frozen=True, slots=True)
class _Event:
    node: str
    number: int
    kid: str
    purpose: str
    event: str
    index: int


class KeyHistory:
    """Reads the events in order. What they prove is that these events were logged, not that no later one was."""

    def __init__(
        self, files: Files, keys: Mapping[str, PublicKey], proofs: LogProofs, exchange: str, pins: Mapping[str, Any]
    ) -> None:
        self._files, self._keys, self._proofs, self._exchange, self._pins = files, keys, proofs, exchange, pins
        self.nodes: dict[str, NodeKeys] = {}

    def read(self) -> dict[str, NodeKeys]:
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
                self._take(node, number, folder)
            except (Problem, KeyError, TypeError, ValueError) as error:
                raise BundleRefused(f"{folder}: {error}") from error
        return self.nodes

    def _take(self, node: str, number: int, folder: str) -> None:
        known = self.nodes.setdefault(node, NodeKeys())
        if number != known.events + 1:
            raise BundleRefused(f"key event {known.events + 1} of {node} is missing")
        known.events = number
        token = self._files.read(folder + "request.jws").decode("ascii")
        body = self._files.read(folder + "request.body")
        document = strict_json.loads(body)
        signed = self._verify(known, node, token, body, document)
        event = self._event(node, number, folder, token)
        if signed.header.typ == "lead-key+jws":
            self._require_in_order(known.keys[signed.header.kid], event)
        if event.event == "register":
            self._register(known, event, signed, document)
        elif signed.header.typ == "lead-enrolment+jws":
            self._replace(known, event, document)
        else:
            self._revoke(known, event, document)

    def _verify(self, known: NodeKeys, node: str, token: str, body: bytes, document: Any) -> VerifiedJws:
        header = read_header(token)
        if header.typ not in _TYPES or header.kid not in self._keys:
            raise BundleRefused("the request is of a wrong type, or its key is missing")
        if header.typ == "lead-enrolment+jws":
            own = {thumbprint(one["jwk"]) for one in document["keys"] if one["purpose"] == "act"}
            if header.kid not in own or document["node_id"] != node:
                raise BundleRefused("the enrolment is not signed by one of its own act keys")
        else:
            record = known.keys.get(header.kid)
            if record is None or record.purpose != "act" or record.until is not None:
                raise BundleRefused("the request is not signed by an act key of the node that was valid")
        return verify_detached(token, body, self._keys[header.kid], aud=self._exchange, iss=node)

    def _require_in_order(self, signer: KeyRecord, event: _Event) -> None:
        """By the order of the log, whatever the numbers say."""
        if signer.since >= event.index:
            raise BundleRefused("the key of the request was not registered before it")
        signer.signed = max(signer.signed, event.index)

    def _event(self, node: str, number: int, folder: str, token: str) -> _Event:
        raw = self._files.read(folder + "entry.bin")
        entry = strict_json.loads(raw.removeprefix(HEAD))
        kid, purpose, event = entry["kid"], entry["purpose"], entry["event"]
        meant = key_entry(node=node, kid=kid, purpose=purpose, event=event, key_event=number, request_jws=token)
        if raw != meant or event not in ("register", "revoke"):
            raise BundleRefused("the log entry is not that of this event")
        index = self._proofs.index_of(raw, self._files.read(folder + "entry.tlog-proof"))
        return _Event(node, number, kid, purpose, event, index)

    def _register(self, known: NodeKeys, event: _Event, signed: VerifiedJws, document: Any) -> None:
        offered = {thumbprint(one["jwk"]): one["purpose"] for one in document["keys"]}
        if offered.get(event.kid) != event.purpose or event.kid in known.keys:
            raise BundleRefused("the request does not register this key")
        known.keys[event.kid] = KeyRecord(event.purpose, event.number, event.index)
        pins = self._pins.get(event.node, frozenset())
        if event.kid in pins or signed.header.kid in known.pinned | pins:
            known.pinned.add(event.kid)

    def _replace(self, known: NodeKeys, event: _Event, document: Any) -> None:
        """A later enrolment ends every key that the node had; none of those that it brought itself."""
        brought = {thumbprint(one["jwk"]) for one in document["keys"]}
        record = known.keys.get(event.kid)
        if record is None or event.kid in brought or record.purpose != event.purpose:
            raise BundleRefused("the enrolment does not replace this key")
        self._end(record, event)

    def _revoke(self, known: NodeKeys, event: _Event, document: Any) -> None:
        record = known.keys.get(event.kid)
        if document["kid"] != event.kid or record is None or record.purpose != event.purpose:
            raise BundleRefused("the request does not revoke this key")
        self._end(record, event)
        if document["reason"] == "compromised":
            record.compromised_from = document.get("compromised_from") or "an unknown time"

    def _end(self, record: KeyRecord, event: _Event) -> None:
        if record.until is not None or record.since >= event.index:
            raise BundleRefused("the key was not valid when it was revoked")
        if record.signed > event.index:
            raise BundleRefused("the key signed a key event after it was revoked")
        record.until = event.index
