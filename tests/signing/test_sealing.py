"""Sealed parts: they open for their key, in their place, to what was committed to, and in no other way."""

import base64
import json
from typing import Any

import pytest
from joserfc.jwe import JWERegistry, encrypt_compact
from joserfc.jwk import OKPKey

from app.errors import WeakKey
from app.signing.keys import generate_private, load_seal_jwk, private_to_pem
from app.signing.sealing import (
    Context,
    NotOpened,
    SealingKey,
    commitment,
    generate_sealing,
    identity_of,
    load_sealing_pem,
    salted,
    seal,
    sealing_to_pem,
    unseal,
)

CONTEXT = Context("township-990121101", "police-990121", "019ccd10-0000-7000-8000-000000000001")
IDENTITY = {"name": "马某某", "phone": "0990-5550199"}


def sealed(key: SealingKey, plaintext: bytes) -> bytes:
    return seal(plaintext, load_seal_jwk(key.public_jwk), CONTEXT)


def test_a_sealed_part_opens_to_what_was_sealed_and_has_the_fixed_header() -> None:
    key, plaintext = generate_sealing(), salted(IDENTITY)
    part = sealed(key, plaintext)
    opened = unseal(part, key, CONTEXT, commitment(plaintext))
    assert opened == plaintext
    assert identity_of(opened) == IDENTITY
    header = json.loads(base64.urlsafe_b64decode(part.split(b".")[0] + b"=="))
    assert header.pop("epk").keys() == {"kty", "crv", "x"}
    fixed = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM", "kid": key.kid, "iss": CONTEXT.iss}
    assert header == {**fixed, "aud": CONTEXT.aud, "lead_id": CONTEXT.lead_id}


def test_the_same_identity_is_committed_to_otherwise_each_time() -> None:
    assert commitment(salted(IDENTITY)) != commitment(salted(IDENTITY))


def test_every_flipped_bit_of_a_character_keeps_a_sealed_part_shut() -> None:
    key, plaintext = generate_sealing(), salted(IDENTITY)
    part = sealed(key, plaintext)
    for place in range(len(part)):
        flipped = bytearray(part)
        flipped[place] ^= 1
        with pytest.raises(NotOpened):
            unseal(bytes(flipped), key, CONTEXT, commitment(plaintext))


@pytest.mark.parametrize("place", ["iss", "aud", "lead_id"])
def test_a_part_of_another_act_is_refused(place: str) -> None:
    key, plaintext = generate_sealing(), salted(IDENTITY)
    wrong = {name: getattr(CONTEXT, name) for name in ("iss", "aud", "lead_id")} | {place: "another-one"}
    with pytest.raises(NotOpened):
        unseal(sealed(key, plaintext), key, Context(**wrong), commitment(plaintext))


def test_another_key_and_another_commitment_are_refused() -> None:
    key, plaintext = generate_sealing(), salted(IDENTITY)
    with pytest.raises(NotOpened):
        unseal(sealed(key, plaintext), generate_sealing(), CONTEXT, commitment(plaintext))
    with pytest.raises(NotOpened):
        unseal(sealed(key, plaintext), key, CONTEXT, commitment(salted(IDENTITY)))


@pytest.mark.parametrize(
    "other", [{"alg": "ECDH-ES"}, {"enc": "A128GCM"}, {"zip": "DEF"}, {"cty": "json"}, {"iss": None}]
)
def test_a_part_of_another_form_is_refused_even_from_the_right_sender(other: dict[str, Any]) -> None:
    key, plaintext = generate_sealing(), salted(IDENTITY)
    header = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM", "kid": key.kid, "iss": CONTEXT.iss, "aud": CONTEXT.aud}
    header = {name: value for name, value in {**header, "lead_id": CONTEXT.lead_id, **other}.items() if value}
    loose = JWERegistry(
        algorithms=["ECDH-ES+A256KW", "ECDH-ES", "A256GCM", "A128GCM", "DEF"], strict_check_header=False
    )
    part = encrypt_compact(header, plaintext, OKPKey.import_key(dict(key.public_jwk)), registry=loose)
    with pytest.raises(NotOpened):
        unseal(part.encode(), key, CONTEXT, commitment(plaintext))


@pytest.mark.parametrize("garbage", [b"", b".", b"....", b"e30....", b"bnVsbA....", b"\xff.a.b.c.d", b"a" * 70000])
def test_what_is_no_jwe_is_refused(garbage: bytes) -> None:
    with pytest.raises(NotOpened):
        unseal(garbage, generate_sealing(), CONTEXT, "0" * 64)


def test_a_plaintext_that_is_no_identity_is_refused_and_one_too_long_is_not_made() -> None:
    for plaintext in (b"", b"x" * 32, b"x" * 32 + b"[]", b"x" * 32 + b'{"a":1,"a":2}'):
        with pytest.raises(NotOpened):
            identity_of(plaintext)
    with pytest.raises(ValueError, match="32 KiB"):
        salted({"text": "字" * 20_000})
    largest = salted({"text": "x" * 32_000})
    key = generate_sealing()
    assert unseal(sealed(key, largest), key, CONTEXT, commitment(largest)) == largest


def test_a_seal_key_is_kept_as_pem_and_no_other_key_passes_for_one() -> None:
    key = generate_sealing()
    assert load_sealing_pem(sealing_to_pem(key)) == key
    assert "PRIVATE" not in repr(key)
    for pem in (b"", b"no pem", private_to_pem(generate_private("Ed25519"))):
        with pytest.raises(WeakKey):
            load_sealing_pem(pem)
