"""Published examples: the good ones verify, and those of algorithms that are not spoken here are refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature

from app.errors import BadSignature, WeakKey
from app.signing import b64url, jws, keys
from app.signing.algorithms import ALGORITHMS

VECTORS = Path(__file__).parents[1] / "vectors"
COOKBOOK = VECTORS / "rfc7520-cookbook"
RFC_EXAMPLES = {
    name: case
    for file in ("rfc8037_rfc7797.json", "rfc7515.json")
    for name, case in json.loads((VECTORS / "rfc-jose" / file).read_bytes()).items()
}


def read(path: Path) -> Any:
    return json.loads(path.read_bytes())


def cookbook(folder: str) -> list[Any]:
    files = sorted((COOKBOOK / folder).glob("*.json"))
    assert files
    return [pytest.param(read(file), id=file.stem) for file in files]


@pytest.mark.parametrize(
    "case",
    [
        RFC_EXAMPLES["rfc8037_A4_jws"],
        RFC_EXAMPLES["rfc7515_A3_jws"],
        {
            "jwk": read(COOKBOOK / "curve25519" / "jws.json")["input"]["key"],
            "compact": read(COOKBOOK / "curve25519" / "jws.json")["output"]["compact"],
        },
    ],
    ids=["RFC 8037 A.4", "RFC 7515 A.3", "cookbook"],
)
def test_published_signatures_verify_and_are_no_detached_tokens(case: dict[str, Any]) -> None:
    private = keys.load_private_jwk(case["jwk"])
    signed, _, encoded = case["compact"].rpartition(".")
    signature = b64url.decode(encoded)
    verify = ALGORITHMS[private.alg].verify
    verify(private.public.handle, signature, signed.encode())
    with pytest.raises(InvalidSignature):
        verify(private.public.handle, signature, signed.encode() + b" ")
    with pytest.raises(BadSignature):
        jws.verify_detached(case["compact"], b"", private.public)


def test_ed25519_signs_the_published_bytes() -> None:
    case = RFC_EXAMPLES["rfc8037_A4_jws"]
    signed, _, encoded = case["compact"].rpartition(".")
    private = keys.load_private_jwk(case["jwk"])
    assert b64url.encode(ALGORITHMS["Ed25519"].sign(private.handle, signed.encode())) == encoded


def test_the_published_thumbprint_is_found() -> None:
    jwk = RFC_EXAMPLES["rfc8037_A4_jws"]["jwk"]
    assert keys.thumbprint(jwk) == RFC_EXAMPLES["rfc8037_A3_thumbprint_sha256"]
    assert keys.load_private_jwk(jwk).kid == RFC_EXAMPLES["rfc8037_A3_thumbprint_sha256"]


@pytest.mark.parametrize("jwk", cookbook("jwk"))
def test_keys_of_other_kinds_are_refused(jwk: dict[str, Any]) -> None:
    for load in (keys.load_public_jwk, keys.load_private_jwk, keys.load_seal_jwk):
        with pytest.raises(WeakKey):
            load(jwk)


@pytest.mark.parametrize("case", cookbook("jws") + cookbook("rfc7797"))
def test_tokens_of_other_algorithms_and_forms_are_refused(case: dict[str, Any]) -> None:
    signings = case["signing"] if isinstance(case["signing"], list) else [case["signing"]]
    tokens = [case["output"][name] for name in ("compact", "detached") if name in case["output"]]
    for signing in signings:
        protected = signing.get("protected_b64u", "")
        tokens += [f"{protected}..{signing['sig']}", f"{protected}..{'A' * 86}"]
    for token in tokens:
        with pytest.raises(BadSignature):
            jws.read_header(token)


def test_the_published_unencoded_payload_under_hmac_is_refused() -> None:
    case = RFC_EXAMPLES["rfc7797_4_2"]
    with pytest.raises(BadSignature):
        jws.read_header(case["detached"])
    with pytest.raises(WeakKey):
        keys.load_public_jwk({"kty": "oct", "k": case["hs256_key"]})


def test_published_x25519_keys_are_seal_keys() -> None:
    case = read(COOKBOOK / "curve25519" / "ecdh-es.json")
    for jwk in (case["input"]["key"], case["encrypting_key"]["epk"]):
        public = {name: jwk[name] for name in ("kty", "crv", "x")}
        assert keys.load_seal_jwk(public).jwk == public
