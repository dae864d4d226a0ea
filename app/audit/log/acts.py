"""One act or notice held against its signatures, its receipt and its place in the log. Pure."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.audit.contradiction import Contradiction
from app.audit.register.key_book import Keys
from app.bodies import WINDOW_SECONDS
from app.errors import Problem
from app.signing import strict_json, typ
from app.signing.jws import Header, read, verify_detached
from app.signing.keys import PublicKey
from app.stored import StoredRow
from app.transparency.entries import HEAD, act_entry, notice_entry

# Two processes' clocks.
TOLERANCE = timedelta(minutes=5)
# What an act may be dated beside the clock of whoever took it, and a commit that waited.
SIGNED_WITHIN = timedelta(seconds=WINDOW_SECONDS) + TOLERANCE


@dataclass(frozen=True, slots=True)
class Examined:
    """An act or notice whose row is what was signed; `late` if it was logged later than its receipt promised.

    That is no contradiction: the exchange says so itself, and a clock that was set forward looks the same.
    """

    document: Any
    late: bool = False


@dataclass(frozen=True, slots=True)
class Examiner:
    """Holds acts against the keys of their signers, for one exchange and its log."""

    keys: Keys
    exchange: str
    log_origin: str

    def act(self, row: StoredRow, body: bytes, *, signatures: bool) -> Examined:
        """Return an act or notice, examined; raise `Contradiction` unless its row was signed and is or will be logged.

        `row` has the `place` of the act in log or queue, and its `entry` there. Without `signatures` nothing is
        verified under a key: the digests in the log entry still bind every byte.
        """
        key = str(row["act_id"])
        if hashlib.sha256(body).digest() != row["body_sha256"]:
            raise Contradiction("act", key, "the body is not the one that was signed")
        try:
            return self._examine(key, row, body, signatures=signatures)
        except Problem as problem:
            raise Contradiction("act", key, "a signature does not verify, or a document is malformed") from problem
        except (KeyError, TypeError, ValueError, UnicodeEncodeError) as error:
            raise Contradiction("act", key, "a signed document lacks a member or has a malformed one") from error

    def _examine(self, key: str, row: StoredRow, body: bytes, *, signatures: bool) -> Examined:
        token, document = read(row["jws"]), strict_json.loads(body)
        header = token.header
        is_notice = row["receipt"] is None
        if (header.jti, header.iss, header.kid) != (key, row["sender"], row["kid"]):
            raise Contradiction("act", key, "id, sender or key are not those of its signature")
        if (document["act"], document["lead_id"], document["sender"]) != (
            row["act"],
            row["lead_id"] and str(row["lead_id"]),
            header.iss,
        ):
            raise Contradiction("act", key, "act, lead or sender are not those of its document")
        signer, number = self._signer(key, row, header, is_notice=is_notice)
        if signatures:
            verify_detached(token, body, signer)
        late = False
        if is_notice:
            if document["recipients"] != [header.aud]:
                raise Contradiction("act", key, "the notice speaks to another node than it was signed for")
            _require_time(key, row, document["issued_at"], "issued_at")
        else:
            late = self._receipt(key, row, body, number, signatures=signatures)
        _require_signed_then(key, row, header)
        self._entry(key, row, body, is_notice=is_notice)
        return Examined(document, late)

    def erased(self, row: StoredRow, addressed: Sequence[str], *, signatures: bool) -> Examined:
        """Return an act or notice whose body was erased, examined by what stays; raise `Contradiction` as `act` does.

        Its signature cannot be verified any more: receipt and log entry bind the digests of both. Whom an act addressed
        stood in the body, and is taken from whoever was told (`addressed`); a notice says it in its signature.
        """
        key = str(row["act_id"])
        try:
            header, late = read(row["jws"]).header, False
            if (header.jti, header.iss, header.kid) != (key, row["sender"], row["kid"]):
                raise Contradiction("act", key, "id, sender or key are not those of its signature")
            is_notice = row["receipt"] is None
            _, number = self._signer(key, row, header, is_notice=is_notice)
            if not is_notice:
                late = self._receipt(key, row, None, number, signatures=signatures)
            _require_signed_then(key, row, header)
            _require_digests(key, row)
        except Problem as problem:
            raise Contradiction("act", key, "a signature does not verify, or a document is malformed") from problem
        except (KeyError, TypeError, ValueError, UnicodeEncodeError) as error:
            raise Contradiction("act", key, "a signed document lacks a member or has a malformed one") from error
        return Examined({"recipients": [header.aud] if is_notice else list(addressed)}, late)

    def _signer(self, key: str, row: StoredRow, header: Header, *, is_notice: bool) -> tuple[PublicKey, int]:
        if is_notice:
            if (header.typ, header.iss) != (typ.NOTICE, self.exchange):
                raise Contradiction("act", key, "it has no receipt and is no notice of the exchange")
            return self.keys.of_exchange("signing", header, key, row["place"]), 0
        if (header.typ, header.aud) != (typ.ACT, self.exchange):
            raise Contradiction("act", key, "it was not signed as an act for this exchange")
        return self.keys.of_node(header.iss, header.kid, row["place"], key)

    def _receipt(self, key: str, row: StoredRow, body: bytes | None, number: int, *, signatures: bool) -> bool:
        """Return whether the act was logged later than its receipt promised."""
        receipt = strict_json.loads(row["receipt"])
        meant = {
            "receipt": "1",
            "exchange": self.exchange,
            "act_id": key,
            "act": row["act"],
            "act_jws_sha256": hashlib.sha256(row["jws"].encode("ascii")).hexdigest(),
            "body_sha256": row["body_sha256"].hex(),
            "body_length": receipt["body_length"] if body is None else len(body),
            "lead_id": str(row["lead_id"]),
            "key_event": number,
            "log_origin": self.log_origin,
        }
        for name, value in meant.items():
            if receipt[name] != value:
                raise Contradiction("act", key, f"the receipt's {name} is not that of the act")
        _require_time(key, row, receipt["received_at"], "received_at")
        for name, purpose in (("receipt_jws", "signing"), ("receipt_jws_sm2", "sm2")):
            if row[name] is not None or name == "receipt_jws":
                self._receipt_jws(key, row, name, purpose, signatures=signatures)
        return row["logged_at"] is not None and row["logged_at"] > datetime.fromisoformat(receipt["log_by"])

    def _receipt_jws(self, key: str, row: StoredRow, name: str, purpose: str, *, signatures: bool) -> None:
        token = read(row[name])
        header = token.header
        meant = (typ.RECEIPT, self.exchange, row["sender"], key)
        if (header.typ, header.iss, header.aud, header.jti) != meant:
            raise Contradiction("act", key, f"{name} signs the receipt of another act")
        if abs(header.iat - row["received_at"].timestamp()) > 1:
            raise Contradiction("act", key, f"{name} was signed at another time than the receipt says")
        signer = self.keys.of_exchange(purpose, header, key, row["place"])
        if signatures:
            verify_detached(token, row["receipt"], signer)

    def _entry(self, key: str, row: StoredRow, body: bytes, *, is_notice: bool) -> None:
        if is_notice:
            entry = notice_entry(jws=row["jws"], body=body)
        else:
            entry = act_entry(jws=row["jws"], body=body, receipt=row["receipt"], receipt_jws=row["receipt_jws"])
        if entry != row["entry"]:
            raise _other_entry(key, row)


def _other_entry(key: str, row: StoredRow) -> Contradiction:
    table, place = ("log_entry", row["log_index"]) if row["logged_at"] else ("unsequenced", row["ordinal"])
    return Contradiction(table, place, f"it is not the entry of act {key}")


def _require_digests(key: str, row: StoredRow) -> None:
    """Demand that an entry holds the digests of an act whose body was erased; that by SM3 nobody can compute again."""
    entry = strict_json.loads(row["entry"].removeprefix(HEAD))
    meant = {"act_jws_sha256": row["jws"].encode("ascii")}
    if row["receipt"] is not None:
        meant |= {"receipt_sha256": row["receipt"], "receipt_jws_sha256": row["receipt_jws"].encode("ascii")}
    digests = {name: hashlib.sha256(signed).hexdigest() for name, signed in meant.items()}
    digests |= {"t": "act" if row["receipt"] is not None else "notice", "body_sha256": row["body_sha256"].hex()}
    if entry != digests | {"body_sm3": entry["body_sm3"]}:
        raise _other_entry(key, row)


def _require_time(key: str, row: StoredRow, said: str, member: str) -> None:
    stored: datetime = row["received_at"]
    if datetime.fromisoformat(said) != stored.replace(microsecond=stored.microsecond // 1000 * 1000):
        raise Contradiction("act", key, f"received_at is not the {member} that was signed")
    if row["logged_at"] is not None and stored > row["logged_at"] + TOLERANCE:
        raise Contradiction("act", key, "it was received after it was logged")


def _require_signed_then(key: str, row: StoredRow, header: Header) -> None:
    """Demand that the time in the signature is that of the row, as near as it had to be when it came."""
    stored: datetime = row["received_at"]
    if abs(header.iat - stored.timestamp()) > SIGNED_WITHIN.total_seconds():
        raise Contradiction("act", key, "it was signed at quite another time than it is said to have been received")
