"""Cases of an act and its `X-JWS-Signature`: the files of each by its name; cases.tsv says what is wrong with it."""

import json
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from make.acts import Taken, document, sign
from make.keys import CIVIL, EXCHANGE, POLICE, Files
from make.story import STORY

from app.signing import b64url
from app.signing.keys import SigningKey

# The number of points of P-256 (NIST SP 800-186 section 3.2.1.3).
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
UNLIKE = "another-exchange"
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
Header = dict[str, Any]


def flipped(raw: bytes, place: int) -> bytes:
    """Return the bytes with one bit flipped."""
    return raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]


def token(header: Header | str, body: bytes, key: SigningKey, payload: Callable[[bytes], bytes] = bytes) -> str:
    """Return a detached JWS with any header at all; `payload` makes of the body what is signed."""
    text = header if isinstance(header, str) else json.dumps(header, separators=(",", ":"))
    protected = b64url.encode(text.encode())
    return f"{protected}..{b64url.encode(key.sign(protected.encode() + b'.' + payload(body)))}"


def encoded(body: bytes) -> bytes:
    """Return the body as a JWS with encoded payload signs it."""
    return b64url.encode(body).encode()


def act(body: bytes, jws: str) -> Files:
    return {"act.body": body, "act.jws": jws.encode()}


def header_cases(one: Taken, keys: dict[str, SigningKey]) -> dict[str, Files]:
    """Return the cases of a wrong or unusual protected header, each signed by the right key."""
    good = json.loads(b64url.decode(one.jws.partition(".")[0]))
    flat = json.dumps(good, separators=(",", ":"))
    headers: dict[str, Header | str] = {
        "header-member-missing": {name: value for name, value in good.items() if name != "jti"},
        "header-crit-missing": {name: value for name, value in good.items() if name != "crit"},
        "header-member-added": good | {"x": 1},
        "header-member-twice": flat.replace('"aud":', f'"aud":"{UNLIKE}","aud":'),
        "header-b64-true": good | {"b64": True},
        "header-iat-text": good | {"iat": str(good["iat"])},
        "header-jti-upper-case": good | {"jti": good["jti"].upper()},
        "alg-none": good | {"alg": "none"},
        "alg-of-another-key": good | {"alg": "ES256"},
        "aud-another-exchange": good | {"aud": UNLIKE},
        "typ-of-a-key-request": good | {"typ": "lead-key+jws"},
        "iss-another-agency": good | {"iss": POLICE},
        "alg-eddsa": good | {"alg": "EdDSA"},
        "header-in-another-order": json.dumps(dict(sorted(good.items()))),
    }
    key = keys[f"{CIVIL}.act"]
    return {name: act(one.body, token(header, one.body, key)) for name, header in headers.items()}


def token_cases(one: Taken, keys: dict[str, SigningKey]) -> dict[str, Files]:
    """Return the cases of a wrong body, a wrong signature, a wrong key, or a token of a wrong form."""
    body, key, auth, stranger = one.body, keys[f"{CIVIL}.act"], keys[f"{CIVIL}.auth"], keys[f"{EXCHANGE}.log"]
    protected, _, signature = one.jws.partition("..")
    good, raw = json.loads(b64url.decode(protected)), b64url.decode(signature)
    stray = signature[:-1] + _ALPHABET[_ALPHABET.index(signature[-1]) ^ 1]
    plain = signature.replace("-", "+").replace("_", "/")
    tokens = {
        "signature-one-bit": f"{protected}..{b64url.encode(flipped(raw, 7))}",
        "signature-of-body-alone": f"{protected}..{b64url.encode(key.sign(body))}",
        "signature-of-encoded-body": token(good, body, key, encoded),
        "payload-attached": f"{protected}.{b64url.encode(body)}.{signature}",
        "padding": f"{protected}..{signature}==",
        "stray-bits": f"{protected}..{stray}",
        "alphabet": f"{protected}..{plain}",
        "key-to-log-in": token(good | {"kid": auth.kid}, body, auth),
        "key-unknown": token(good | {"kid": stranger.kid}, body, stranger),
    }
    return {
        "body-one-bit": act(flipped(body, 100), one.jws),
        "body-line-feed": act(body + b"\n", one.jws),
        **{name: act(body, wrong) for name, wrong in tokens.items()},
    }


def es256_cases(one: Taken) -> dict[str, Files]:
    """Return the cases of the two ways in which one ECDSA signature has several texts."""
    protected, _, signature = one.jws.partition("..")
    raw = b64url.decode(signature)
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    mirrored = raw[:32] + (P256_ORDER - s).to_bytes(32, "big")
    return {
        "es256-der": act(one.body, f"{protected}..{b64url.encode(encode_dss_signature(r, s))}"),
        "es256-other-s": act(one.body, f"{protected}..{b64url.encode(mirrored)}"),
    }


def prev_cases(first: Taken, keys: dict[str, SigningKey]) -> dict[str, Files]:
    """Return the case of an act that names the act before it by the digest of its body."""
    body = document(STORY[1], json.loads(first.receipt)["body_sha256"])
    return {"prev-of-body": act(body, sign(STORY[1], body, keys[f"{CIVIL}.act"]))}
