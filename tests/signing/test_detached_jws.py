"""The detached JWS: one form is read, everything else is a bad signature."""

import hashlib
import hmac
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import BadSignature, WeakKey
from app.signing import b64url, jws, keys
from app.signing.algorithms import Alg
from tests.signing.forging import ALGS, BODY, IAT, JTI, WHO, forge, members, refused, sign

KEYS = {alg: keys.generate_private(alg) for alg in ALGS}
ED = KEYS["Ed25519"]
EC = KEYS["ES256"]
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
each_alg = pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
each_pair = pytest.mark.parametrize("key", [KEYS[alg] for alg in ALGS[1:]], ids=ALGS[1:])


@each_alg
@pytest.mark.parametrize("body", [BODY, b"", b"a.b..c", bytes(range(256)), b"plain", b"\r\n"], ids=repr)
def test_what_is_signed_verifies_whatever_the_body(key: keys.PrivateKey, body: bytes) -> None:
    token = sign(key, body)
    verified = jws.verify_detached(token, body, key.public)
    assert (verified.body, verified.token) == (body, token)
    assert verified.sha256 == hashlib.sha256(token.encode()).hexdigest()
    assert verified.header == jws.read_header(token)
    assert verified.header == jws.Header(key.alg, key.kid, **WHO, iat=IAT, jti=JTI)
    assert jws.verify_detached(jws.read(token), body, key.public_jwk) == verified


@each_alg
def test_the_header_has_the_members_of_the_protocol_in_its_order(key: keys.PrivateKey) -> None:
    protected = b64url.decode(sign(key).split("..")[0])
    assert list(json.loads(protected)) == ["alg", "kid", "typ", "iss", "aud", "iat", "jti", "b64", "crit"]
    assert protected == json.dumps(members(key), separators=(",", ":")).encode()


@each_alg
def test_every_flipped_bit_of_the_token_is_refused(key: keys.PrivateKey) -> None:
    token = sign(key).encode()
    for bit in range(len(token) * 8):
        flipped = bytearray(token)
        flipped[bit // 8] ^= 1 << bit % 8
        refused(flipped.decode("latin-1"), key)


@patient
@given(st.binary(min_size=1, max_size=300), st.sampled_from(sorted(KEYS)), st.data())
def test_any_flipped_bit_of_the_body_is_refused(body: bytes, alg: Alg, data: st.DataObject) -> None:
    key = KEYS[alg]
    token = sign(key, body)
    bit = data.draw(st.integers(0, len(body) * 8 - 1))
    flipped = bytearray(body)
    flipped[bit // 8] ^= 1 << bit % 8
    refused(token, key, bytes(flipped))
    refused(token, key, body + b"\n")
    refused(token, key, body[:-1])


def test_the_older_name_of_ed25519_is_read_as_the_same() -> None:
    verified = jws.verify_detached(forge(members(ED, alg="EdDSA"), ED), BODY, ED.public)
    assert verified.header.alg == "Ed25519"
    refused(forge(members(EC, alg="EdDSA"), EC), EC)


def test_the_algorithm_comes_from_the_key_and_never_from_the_header() -> None:
    refused(forge(members(ED, alg="ES256", kid=EC.kid), ED), EC)
    for key in KEYS.values():
        for other in set(ALGS) - {key.alg}:
            refused(forge(members(key, alg=other), key), key)
    # The classic confusion: a MAC keyed with what everyone knows. HS512 even has the length of a signature.
    for alg in ("HS512", "Ed25519"):
        protected = b64url.encode(json.dumps(members(ED, alg=alg)).encode())
        secret = b64url.decode(ED.public_jwk["x"])
        mac = hmac.digest(secret, protected.encode() + b"." + BODY, "sha512")
        refused(f"{protected}..{b64url.encode(mac)}", ED)


@each_alg
def test_another_key_verifies_nothing_even_under_the_same_name(key: keys.PrivateKey) -> None:
    other = keys.generate_private(key.alg)
    refused(sign(other), key)
    refused(forge(members(other, kid=key.kid), other), key)
    refused(sign(key), other)


@pytest.mark.parametrize("named", ["typ", "iss", "aud"])
def test_an_expectation_that_is_stated_must_be_met(named: str) -> None:
    token = sign(ED)
    assert jws.verify_detached(token, BODY, ED.public, **WHO).header.jti == JTI
    for wrong in (WHO[named] + "x", ""):
        with pytest.raises(BadSignature):
            jws.verify_detached(token, BODY, ED.public, **(WHO | {named: wrong}))


@each_pair
def test_signatures_of_two_numbers_are_64_bytes_and_der_is_refused(key: keys.PrivateKey) -> None:
    protected, signature = sign(key).split("..")
    raw = b64url.decode(signature)
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    refused(f"{protected}..{b64url.encode(encode_dss_signature(r, s))}", key)
    for degenerate in (
        bytes(64),
        bytes(32) + raw[32:],
        raw[:32] + bytes(32),
        b"\xff" * 64,
        raw[32:] + raw[:32],
    ):
        refused(f"{protected}..{b64url.encode(degenerate)}", key)


@each_pair
def test_a_small_r_or_s_keeps_its_leading_zeros(key: keys.PrivateKey) -> None:
    bodies = (str(number).encode() for number in range(5_000))
    signed = ((body, sign(key, body)) for body in bodies)
    body, token = next((body, token) for body, token in signed if 0 in jws.read(token).signature[::32])
    assert len(jws.read(token).signature) == 64
    assert jws.verify_detached(token, body, key.public).body == body


def test_an_es256_token_has_a_twin_so_its_digest_is_no_identity() -> None:
    token = sign(EC)
    protected, signature = token.split("..")
    raw = b64url.decode(signature)
    twin = raw[:32] + (P256_ORDER - int.from_bytes(raw[32:], "big")).to_bytes(32, "big")
    one = jws.verify_detached(token, BODY, EC.public)
    two = jws.verify_detached(f"{protected}..{b64url.encode(twin)}", BODY, EC.public)
    assert one.sha256 != two.sha256
    assert (one.header.iss, one.header.jti) == (two.header.iss, two.header.jti)


def test_a_twin_of_an_ed25519_signature_is_refused() -> None:
    protected, signature = sign(ED).split("..")
    raw = b64url.decode(signature)
    order = 2**252 + 27742317777372353535851937790883648493
    shifted = (int.from_bytes(raw[32:], "little") + order).to_bytes(32, "little")
    refused(f"{protected}..{b64url.encode(raw[:32] + shifted)}", ED)


def test_a_weak_key_given_as_jwk_verifies_nothing() -> None:
    neutral = {"kty": "OKP", "crv": "Ed25519", "x": b64url.encode((1).to_bytes(32, "little"))}
    protected = b64url.encode(json.dumps(members(ED, kid=keys.thumbprint(neutral))).encode())
    with pytest.raises(WeakKey):
        jws.verify_detached(f"{protected}..{b64url.encode((1).to_bytes(64, 'little'))}", BODY, neutral)


def test_every_refusal_says_the_same() -> None:
    answers = set()
    for token in ("", sign(EC), sign(ED, b"other"), forge(members(ED, jti="1"), ED)):
        with pytest.raises(BadSignature) as caught:
            jws.verify_detached(token, BODY, ED.public)
        answers.add((caught.value.detail, caught.value.detail_zh, str(caught.value.members)))
    assert len(answers) == 1
