"""The acts and notices of a bundle, verified one by one: act, receipt, log entry, place in the log, enclosures."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from app.bundles.verifying.files import BundleRefused, Files
from app.bundles.verifying.log_proofs import LogProofs
from app.bundles.verifying.node_keys import NodeKeys
from app.signing import strict_json
from app.signing.jws import VerifiedJws, read_header, verify_detached
from app.signing.keys import PublicKey
from app.transparency.entries import act_entry, notice_entry

_FOLDER = re.compile(r"acts/([0-9]{3,})-([a-z._]+)")
_NOTICE = frozenset(("act.body", "act.jws", "entry.bin", "entry.tlog-proof"))
_ACT = _NOTICE | {"receipt.json", "receipt.jws"}


class ActReader:
    """Reads the acts in the order of their numbers, which is that of the log.

    Afterwards `tokens` are the digests of what is there, `withheld` of what it refers to and is not there before it.
    """

    def __init__(
        self,
        files: Files,
        keys: Mapping[str, PublicKey],
        proofs: LogProofs,
        exchange: str,
        nodes: Mapping[str, NodeKeys],
    ) -> None:
        self._files, self._keys, self._proofs, self._exchange, self._nodes = files, keys, proofs, exchange, nodes
        self._last = -1
        self._lead: str | None = None
        self.folders: set[str] = set()
        self.tokens: set[str] = set()
        self._ids: set[str] = set()
        self.withheld: set[str] = set()
        self.attachments: set[str] = set()
        self.signed_by_exchange: set[str] = set()
        self.signed_by_nodes: dict[str, set[str]] = {}
        self.disputed: set[str] = set()

    def read(self) -> None:
        """Verify all; raise `BundleRefused`, or `Problem` for a malformed document."""
        self.folders = {name.rpartition("/")[0] for name in self._files.names if name.startswith("acts/")}
        matches = [_FOLDER.fullmatch(folder) for folder in self.folders]
        numbered = sorted((int(match[1]), match[2]) for match in matches if match)
        if {f"acts/{number:03d}-{act}" for number, act in numbered} != self.folders:
            raise BundleRefused("a folder in acts has an impossible name")
        for expected, (number, act) in enumerate(numbered, 1):
            if number != expected:
                raise BundleRefused(f"act {expected} is missing")
            folder = f"acts/{number:03d}-{act}"
            try:
                self._act(folder, act)
            except (KeyError, TypeError, ValueError) as error:
                raise BundleRefused(f"{folder}: a member is missing or malformed: {error}") from error

    def _act(self, folder: str, act: str) -> None:
        there = {name.rpartition("/")[2] for name in self._files.names if name.startswith(folder + "/")}
        file = {name: self._files.read(f"{folder}/{name}") for name in sorted(there)}
        notice = act.startswith("notice.")
        if there != (_NOTICE if notice else _ACT):
            raise BundleRefused(f"{folder} has not the files of an act")
        token = file["act.jws"].decode("ascii")
        kid = read_header(token).kid
        if kid not in self._keys:
            raise BundleRefused(f"{folder}: the key of the act is missing")
        signed = verify_detached(token, file["act.body"], self._keys[kid])
        if signed.header.jti in self._ids:
            raise BundleRefused(f"{folder}: an act of this id is there already")
        self._ids.add(signed.header.jti)
        body = strict_json.loads(file["act.body"])
        self._require_document(folder, act, body, signed)
        entry = (
            notice_entry(jws=token, body=signed.body)
            if notice
            else act_entry(
                jws=token,
                body=signed.body,
                receipt=file["receipt.json"],
                receipt_jws=file["receipt.jws"].decode("ascii"),
            )
        )
        if entry != file["entry.bin"]:
            raise BundleRefused(f"{folder}: the log entry is not that of this act")
        index = self._proofs.index_of(entry, file["entry.tlog-proof"])
        if index <= self._last:
            raise BundleRefused(f"{folder}: the acts are not in the order of the log")
        self._last = index
        if notice:
            self._notice(folder, signed, body)
        else:
            self._sent(folder, signed, index)
            self._receipt(folder, signed, body, file)
        self._chain(folder, signed, body)
        self._enclosures(folder, body.get("attachments", []))

    def _require_document(self, folder: str, act: str, body: Any, signed: VerifiedJws) -> None:
        self._lead = self._lead or body["lead_id"]
        if (body["act"], body["sender"], body["lead_id"]) != (act, signed.header.iss, self._lead):
            raise BundleRefused(f"{folder}: act, sender or lead differ from what is signed")

    def _notice(self, folder: str, signed: VerifiedJws, body: Any) -> None:
        header = signed.header
        if (header.typ, header.iss) != ("lead-notice+jws", self._exchange) or body["recipients"] != [header.aud]:
            raise BundleRefused(f"{folder} is no notice of the exchange")
        self.signed_by_exchange.add(header.kid)

    def _sent(self, folder: str, signed: VerifiedJws, index: int) -> None:
        header = signed.header
        if (header.typ, header.aud) != ("lead-act+jws", self._exchange) or header.iss not in self._nodes:
            raise BundleRefused(f"{folder} is no act for this exchange by a node whose keys are here")
        record = self._nodes[header.iss].require(header.kid, index)
        self.signed_by_nodes.setdefault(header.iss, set()).add(header.kid)
        if record.compromised_from is not None:
            self.disputed.add(f"key {header.kid} of {header.iss} was reported compromised")

    def _receipt(self, folder: str, signed: VerifiedJws, body: Any, file: Mapping[str, bytes]) -> None:
        token = file["receipt.jws"].decode("ascii")
        kid = read_header(token).kid
        if kid not in self._keys:
            raise BundleRefused(f"{folder}: the key of the receipt is missing")
        header = verify_detached(
            token, file["receipt.json"], self._keys[kid], typ="lead-receipt+jws", iss=self._exchange, aud=body["sender"]
        ).header
        receipt = strict_json.loads(file["receipt.json"])
        checkpoint = self._proofs.checkpoint
        meant = {
            "receipt": "1",
            "exchange": self._exchange,
            "act_id": signed.header.jti,
            "act": body["act"],
            "act_jws_sha256": signed.sha256,
            "body_sha256": hashlib.sha256(signed.body).hexdigest(),
            "body_length": len(signed.body),
            "lead_id": body["lead_id"],
            "key_event": self._nodes[body["sender"]].keys[signed.header.kid].number,
            "log_origin": checkpoint.origin if checkpoint else None,
        }
        if header.jti != signed.header.jti or any(receipt[name] != value for name, value in meant.items()):
            raise BundleRefused(f"{folder}: the receipt is not that of this act")
        self.signed_by_exchange.add(kid)

    def _chain(self, folder: str, signed: VerifiedJws, body: Any) -> None:
        prev = body["prev"]
        if prev is None and body["act"] != "lead.register" and not body["act"].startswith("notice."):
            raise BundleRefused(f"{folder} refers to no act before it")
        if prev is not None and _digest(prev) not in self.tokens:
            self.withheld.add(prev)
        self.tokens.add(signed.sha256)

    def _enclosures(self, folder: str, enclosed: Any) -> None:
        for one in enclosed:
            name = f"attachments/{_digest(one['sha256'])}"
            if name not in self._files.names or self._files.measure(name) != (one["sha256"], one["size"]):
                raise BundleRefused(f"{folder}: {name} is missing or of another size")
            self.attachments.add(one["sha256"])


def _digest(value: Any) -> str:
    if not isinstance(value, str) or re.fullmatch("[0-9a-f]{64}", value) is None:
        raise ValueError("not a SHA-256")
    return value
