"""Step 6 of a verification, the acts and notices: signature, document, receipt, log entry, place, key, chain, files."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from app.bundles.verifying.files import BundleRefused, Files
from app.bundles.verifying.log_proofs import PROOF, LogProofs
from app.bundles.verifying.node_keys import NodeKeyring
from app.bundles.verifying.signatures import signed_by_known_key
from app.signing import strict_json, typ
from app.signing.jws import VerifiedJws
from app.signing.keys import PublicKey
from app.transparency.entries import act_entry, notice_entry

_FOLDER = re.compile(r"acts/([0-9]{3,})-([a-z._]+)")
_NOTICE = frozenset(("act.body", "act.jws", "entry.bin", PROOF))
_ACT = _NOTICE | {"receipt.json", "receipt.jws"}


class ActChain:
    """The acts in the order of their numbers, which is that of the log.

    Once read, `tokens` are the digests of the acts that are there, and `withheld` the digests of acts that they refer
    to and that are not there before them.
    """

    def __init__(
        self,
        files: Files,
        keys: Mapping[str, PublicKey],
        proofs: LogProofs,
        exchange: str,
        nodes: Mapping[str, NodeKeyring],
    ) -> None:
        self._files, self._keys, self._proofs, self._exchange, self._nodes = files, keys, proofs, exchange, nodes
        self._newest = -1
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
        present = {name.rpartition("/")[2] for name in self._files.names if name.startswith(folder + "/")}
        file = {name: self._files.read(f"{folder}/{name}") for name in sorted(present)}
        notice = act.startswith("notice.")
        if present != (_NOTICE if notice else _ACT):
            raise BundleRefused(f"{folder} has not the files of an act")
        signed = signed_by_known_key(self._keys, file["act.jws"].decode("ascii"), file["act.body"])
        header = signed.header
        if header.jti in self._ids:
            raise BundleRefused(f"{folder}: an act of this id is there already")
        self._ids.add(header.jti)
        body = strict_json.loads(file["act.body"])
        self._document(folder, act, body, signed)
        if notice:
            self._notice(folder, signed, body)
            entry = notice_entry(jws=signed.token, body=signed.body)
        else:
            if (header.typ, header.aud) != (typ.ACT, self._exchange) or header.iss not in self._nodes:
                raise BundleRefused(f"{folder} is no act for this exchange by a node whose keys are here")
            self._receipt(folder, signed, body, file)
            receipt, receipt_jws = file["receipt.json"], file["receipt.jws"].decode("ascii")
            entry = act_entry(jws=signed.token, body=signed.body, receipt=receipt, receipt_jws=receipt_jws)
        if entry != file["entry.bin"]:
            raise BundleRefused(f"{folder}: the log entry is not that of this act")
        place = self._proofs.place_of(entry, file[PROOF])
        if place <= self._newest:
            raise BundleRefused(f"{folder}: the acts are not in the order of the log")
        self._newest = place
        if not notice:
            self._valid(signed, place)
        self._chain(folder, signed, body)
        self._enclosures(folder, body.get("attachments") or [])

    def _document(self, folder: str, act: str, body: Any, signed: VerifiedJws) -> None:
        self._lead = self._lead or body["lead_id"]
        if (body["act"], body["sender"], body["lead_id"]) != (act, signed.header.iss, self._lead):
            raise BundleRefused(f"{folder}: act, sender or lead differ from what is signed")

    def _notice(self, folder: str, signed: VerifiedJws, body: Any) -> None:
        header = signed.header
        if (header.typ, header.iss) != (typ.NOTICE, self._exchange) or body["recipients"] != [header.aud]:
            raise BundleRefused(f"{folder} is no notice of the exchange")
        self.signed_by_exchange.add(header.kid)

    def _receipt(self, folder: str, signed: VerifiedJws, body: Any, file: Mapping[str, bytes]) -> None:
        token, sender = file["receipt.jws"].decode("ascii"), signed.header.iss
        header = signed_by_known_key(
            self._keys, token, file["receipt.json"], typ=typ.RECEIPT, iss=self._exchange, aud=sender
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
            "key_event": self._nodes[sender].keys[signed.header.kid].number,
            "log_origin": checkpoint.origin if checkpoint else None,
        }
        if header.jti != signed.header.jti or any(receipt[name] != value for name, value in meant.items()):
            raise BundleRefused(f"{folder}: the receipt is not that of this act")
        self.signed_by_exchange.add(header.kid)

    def _valid(self, signed: VerifiedJws, place: int) -> None:
        """By the order of the log, not by any clock."""
        header = signed.header
        key = self._nodes[header.iss].require(header.kid, place)
        self.signed_by_nodes.setdefault(header.iss, set()).add(header.kid)
        if key.compromised_from is not None:
            self.disputed.add(f"key {header.kid} of {header.iss} was reported compromised")

    def _chain(self, folder: str, signed: VerifiedJws, body: Any) -> None:
        prev = body["prev"]
        if prev is None and body["act"] != "lead.register" and not body["act"].startswith("notice."):
            raise BundleRefused(f"{folder} refers to no act before it")
        if prev is not None and _digest(prev) not in self.tokens:
            self.withheld.add(prev)
        self.tokens.add(signed.sha256)

    def _enclosures(self, folder: str, attachments: Any) -> None:
        for attachment in attachments:
            sha256 = _digest(attachment["sha256"])
            name = f"attachments/{sha256}"
            if name not in self._files.names or self._files.measure(name) != (sha256, attachment["size"]):
                raise BundleRefused(f"{folder}: {name} is missing or of another size")
            self.attachments.add(sha256)


def _digest(value: Any) -> str:
    if not isinstance(value, str) or re.fullmatch("[0-9a-f]{64}", value) is None:
        raise ValueError("not a SHA-256")
    return value
