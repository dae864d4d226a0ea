"""A reader of transparency logs written from the C2SP pages alone: it imports nothing of the service.

tlog-tiles, tlog-checkpoint, signed-note, tlog-cosignature, tlog-proof; RFC 6962 sections 2.1.1 and 2.1.2.
"""

import base64
import hashlib
from dataclasses import dataclass

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


@dataclass(frozen=True)
class Head:
    origin: str
    size: int
    root: bytes
    signers: dict[str, int | None]


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def read_note(note: str, *vkeys: str) -> Head:
    """Verify every signature of a known key; unknown ones do not count."""
    text, lines = note.rsplit("\n\n", 1)
    text += "\n"
    signers: dict[str, int | None] = {}
    for line in lines.removesuffix("\n").split("\n"):
        dash, name, encoded = line.split(" ")
        assert dash == "—"
        raw = base64.b64decode(encoded, validate=True)
        for vkey in vkeys:
            known, key_id, key = vkey.split("+", 2)
            material = base64.b64decode(key)
            assert sha256(f"{known}\n".encode(), material)[:4].hex() == key_id
            if (known, bytes.fromhex(key_id)) == (name, raw[:4]):
                signers[name] = verify(material, raw[4:], text)
    origin, size, root = text.split("\n")[:3]
    return Head(origin, int(size), base64.b64decode(root, validate=True), signers)


def verify(material: bytes, signature: bytes, text: str) -> int | None:
    key, at, message = Ed25519PublicKey.from_public_bytes(material[1:]), None, text.encode()
    if material[0] == 4:
        at, signature = int.from_bytes(signature[:8], "big"), signature[8:]
        message = f"cosignature/v1\ntime {at}\n".encode() + message
    else:
        assert material[0] == 1
    key.verify(signature, message)
    return at


def mth(leaves: list[bytes]) -> bytes:
    if not leaves:
        return sha256()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return sha256(b"\x01", mth(leaves[:k]), mth(leaves[k:]))


def split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def path_root(index: int, size: int, leaf: bytes, path: list[bytes]) -> bytes:
    """RFC 6962 section 2.1.1, read backwards: fold the audit path of leaf `index`."""
    if size == 1:
        assert not path
        return leaf
    k = split(size)
    if index < k:
        return sha256(b"\x01", path_root(index, k, leaf, path[:-1]), path[-1])
    return sha256(b"\x01", path[-1], path_root(index - k, size - k, leaf, path[:-1]))


def tile_name(index: int, width: int) -> str:
    digits = f"{index:03d}"
    while len(digits) % 3:
        digits = "0" + digits
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    name = "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
    return name if width == 256 else f"{name}.p/{width}"


class Reader:
    def __init__(self, http: httpx.Client, vkey: str) -> None:
        self.http = http
        self.vkey = vkey

    def get(self, path: str) -> httpx.Response:
        answer = self.http.get("/log/" + path)
        assert answer.status_code == 200, (path, answer.text)
        return answer

    def checkpoint(self, *witnesses: str) -> Head:
        answer = self.get("checkpoint")
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        head = read_note(answer.content.decode(), self.vkey, *witnesses)
        assert self.vkey.split("+")[0] in head.signers
        assert head.origin == self.vkey.split("+")[0]
        return head

    def entries(self, size: int) -> list[bytes]:
        """Read every bundle of a tree of this size."""
        entries: list[bytes] = []
        while len(entries) < size:
            width = min(256, size - len(entries))
            answer = self.get("tile/entries/" + tile_name(len(entries) // 256, width))
            assert answer.headers["content-type"] == "application/octet-stream"
            assert "immutable" in answer.headers["cache-control"]
            bundle, found = answer.content, []
            while bundle:
                length = int.from_bytes(bundle[:2], "big")
                found.append(bundle[2 : 2 + length])
                bundle = bundle[2 + length :]
            assert len(found) == width
            entries += found
        return entries

    def check_tiles(self, leaves: list[bytes]) -> int:
        """Compare every hash of every tile with the leaves; return how many tiles there are."""
        row, level, read = leaves, 0, 0
        while row:
            for first in range(0, len(row), 256):
                wanted = row[first : first + 256]
                answer = self.get(f"tile/{level}/" + tile_name(first // 256, len(wanted)))
                assert answer.headers["content-type"] == "application/octet-stream"
                assert "immutable" in answer.headers["cache-control"]
                assert answer.content == b"".join(wanted)
                read += 1
            row = [mth(row[first : first + 256]) for first in range(0, len(row) - 255, 256)]
            level += 1
        return read
