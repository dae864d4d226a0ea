"""An exchange that lies: it owns its keys and its log, and writes into a bundle whatever it likes.

What it cannot do is sign as an agency whose key the reader has pinned. Both verifiers have to hold it to that.
"""

import base64
import hashlib
import json
from pathlib import Path
from uuid import uuid4

import app.bundles
from app.signing.jws import sign_detached
from app.signing.keys import PrivateKey, generate_private, public_to_pem
from app.transparency.entries import act_entry, key_entry
from app.transparency.note import ED25519, sign_note, verifier_of
from app.transparency.tree import inclusion_path, leaf_hash, node_hash

EXCHANGE, NODE = "exchange-forged", "police-990121"
CARRIED = Path(app.bundles.__file__).parent


def token(body: bytes, key: PrivateKey, typ: str, *, iss: str = NODE, aud: str = EXCHANGE, jti: str = "") -> str:
    return sign_detached(body, key, typ=typ, iss=iss, aud=aud, iat=1, jti=jti or str(uuid4()))


class Forger:
    """Events and acts are logged in the order of the calls; `swap` lets the log say otherwise."""

    def __init__(self) -> None:
        self.exchange, self.log, self.pinned = (generate_private("Ed25519") for _ in range(3))
        self.second = generate_private("Ed25519")
        self.lead_id = str(uuid4())
        self.entries: list[bytes] = []
        self.places: list[int] = []
        self.folders: list[tuple[str, dict[str, bytes]]] = []
        self.keys = {self.exchange.kid: self.exchange}
        self.events = self.acts = 0
        self.last: str | None = None

    def _enter(self, folder: str, entry: bytes, files: dict[str, bytes]) -> None:
        self.places.append(len(self.entries))
        self.entries.append(entry)
        self.folders.append((folder, {**files, "entry.bin": entry}))

    def event(self, key: PrivateKey, event: str, body: bytes, request: str) -> None:
        self.events += 1
        self.keys[key.kid] = key
        entry = key_entry(
            node=NODE, kid=key.kid, purpose="act", event=event, key_event=self.events, request_jws=request
        )
        files = {"request.body": body, "request.jws": request.encode()}
        self._enter(f"key-events/{NODE}-{self.events:03d}", entry, files)

    def enrol(self, key: PrivateKey) -> None:
        body = json.dumps({"node_id": NODE, "keys": [{"purpose": "act", "jwk": key.public_jwk}]}).encode()
        self.event(key, "register", body, token(body, key, "lead-enrolment+jws"))

    def register(self, key: PrivateKey, by: PrivateKey) -> None:
        body = json.dumps({"keys": [{"purpose": "act", "jwk": key.public_jwk}]}).encode()
        self.event(key, "register", body, token(body, by, "lead-key+jws"))

    def revoke(self, key: PrivateKey, by: PrivateKey) -> None:
        body = json.dumps({"kid": key.kid, "reason": "lost"}).encode()
        self.event(key, "revoke", body, token(body, by, "lead-key+jws"))

    def act(self, key: PrivateKey, number: int, act_id: str = "") -> None:
        """An act by a key that key event `number` registered, with its receipt."""
        act, act_id = "lead.screen" if self.last else "lead.register", act_id or str(uuid4())
        document = {"act": act, "lead_id": self.lead_id, "sender": NODE, "prev": self.last, "nonce": str(uuid4())}
        body = json.dumps(document).encode()
        jws = token(body, key, "lead-act+jws", jti=act_id)
        self.last = hashlib.sha256(jws.encode()).hexdigest()
        self._answered(act, act_id, number, body, jws)

    def _answered(self, act: str, act_id: str, number: int, body: bytes, jws: str) -> None:
        says = {
            "receipt": "1",
            "exchange": EXCHANGE,
            "act_id": act_id,
            "act": act,
            "lead_id": self.lead_id,
            "act_jws_sha256": hashlib.sha256(jws.encode()).hexdigest(),
            "body_length": len(body),
            "body_sha256": hashlib.sha256(body).hexdigest(),
            "key_event": number,
            "log_origin": f"{EXCHANGE}/log",
        }
        receipt = json.dumps(says).encode()
        signed = token(receipt, self.exchange, "lead-receipt+jws", iss=EXCHANGE, aud=NODE, jti=act_id)
        self.acts += 1
        entry = act_entry(jws=jws, body=body, receipt=receipt, receipt_jws=signed)
        files = {"act.body": body, "act.jws": jws.encode(), "receipt.json": receipt, "receipt.jws": signed.encode()}
        self._enter(f"acts/{self.acts:03d}-{act}", entry, files)

    def again(self) -> None:
        """The newest act a second time, at a place of its own."""
        folder, files = self.folders[-1]
        self.acts += 1
        self._enter(f"acts/{self.acts:03d}{folder[8:]}", files["entry.bin"], files)

    def swap(self, one: int, other: int) -> None:
        """Let the log have two entries in the other order. The files keep their names and numbers."""
        self.entries[one], self.entries[other] = self.entries[other], self.entries[one]
        self.places[one], self.places[other] = self.places[other], self.places[one]

    def write(self, folder: Path) -> str:
        """Write the bundle; return a policy that pins the exchange, its log, and the agency's first key."""
        log = verifier_of(f"{EXCHANGE}/log", self.log, ED25519)
        policy = f"log {log}\nquorum none\nexchange {EXCHANGE} {self.exchange.kid}\nnode {NODE} {self.pinned.kid}\n"
        files = {"policy.txt": policy.encode(), "README": (CARRIED / "readme.txt").read_bytes()}
        files["verify.sh"] = (CARRIED / "verifying" / "verify.sh").read_bytes()
        files |= {f"keys/{kid}.pem": public_to_pem(key.public) for kid, key in self.keys.items()}
        for (at, parts), place in zip(self.folders, self.places, strict=True):
            files |= {f"{at}/{name}": content for name, content in parts.items()}
            files[f"{at}/entry.tlog-proof"] = self._proof(place)
        manifest = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)).encode()
        files["manifest.txt"] = manifest
        files["manifest.jws"] = token(manifest, self.exchange, "lead-manifest+jws", iss=EXCHANGE, aud=NODE).encode()
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        return policy

    def _proof(self, index: int) -> bytes:
        size = len(self.entries)
        text = f"{EXCHANGE}/log\n{size}\n{base64.b64encode(self._root(0, size)).decode()}\n"
        path = [base64.b64encode(self._root(*one)).decode() for one in inclusion_path(index, size)]
        note = f"{text}\n{sign_note(text, f'{EXCHANGE}/log', self.log)}\n"
        return "\n".join(["c2sp.org/tlog-proof@v1", f"index {index}", *path, "", note]).encode()

    def _root(self, start: int, end: int) -> bytes:
        if end - start == 1:
            return leaf_hash(self.entries[start])
        half = start + (1 << (end - start - 1).bit_length() - 1)
        return node_hash(self._root(start, half), self._root(half, end))
