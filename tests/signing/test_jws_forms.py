"""The one form of a token that is read: whatever differs is refused, even under a good signature."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.signing import b64url, jws, keys
from tests.signing.forging import ALGS, BODY, IAT, JTI, WHO, forge, members, refused, sign

KEYS = {alg: keys.generate_private(alg) for alg in ALGS}
ED = KEYS["Ed25519"]
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
each_alg = pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
# The wrong values below name ES256: for its own key one of them would be right.
not_es256 = pytest.mark.parametrize("key", [KEYS[alg] for alg in ALGS if alg != "ES256"])

SHAPES = (
    *(
        "{h}..{s}\n",
        " {h}..{s}",
        "{h}..{s} ",
        "{h}..{s}==",
        "{h}=..{s}",
        "{h}..{s}A",
        "{h}..{s}+",
        "{h}..",
        "",
    ),
    *(
        "{h}.{s}",
        "{h}...{s}",
        "{h}..{s}.",
        "..{s}",
        "{h}.{embedded}.{s}",
        "{h}.{body}.{s}",
        "{h}..{s}, {h}..{s}",
    ),
    *("{long}..{s}", "{h}..{short}"),
)
WRONG_MEMBERS: dict[str, list[object]] = {
    "alg": ["sm2-sm3", "SM2", "none", "HS256", "ES256", "ed25519", "", None, ["Ed25519"]],
    "kid": ["A" * 43, ED.kid + "\n", ED.kid[:-1], None, {}],
    "typ": ["JWT/", "", None, "lead-act+jws\0"],
    "iss": [
        "Township-990121101",
        "",
        ["township-990121101"],
        "a' or 1=1",
        "town\0ship",
        "township-990121101\n",
    ],
    "aud": [["exchange-local"], None, "https://exchange.example"],
    "iat": [True, False, -1, 1795420000.0, "1795420000", None, 2**53],
    "jti": [JTI.upper(), JTI.replace("-", ""), "{" + JTI + "}", "urn:uuid:" + JTI, JTI + "\n", "1", 1],
    "b64": [True, 0, None, "false"],
    "crit": [[], ["b64", "b64"], "b64", ["b64", "exp"], ["exp"], None, {"b64": True}],
    "jwk": [ED.public_jwk],
    "jku": ["https://keys.example"],
    "x5u": ["https://keys.example"],
    "x5c": [[]],
    "exp": [1],
    "cty": ["json"],
}
NOT_STRICT: dict[str, tuple[bytes, bytes]] = {
    "a member twice": (b'{"alg"', b'{"alg":"none","alg"'),
    "a member twice at the end": (b"]}", b'],"iat":1795420000}'),
    "NaN": (b"1795420000", b"NaN"),
    "overflow": (b"1795420000", b"1e999"),
    "not UTF-8": (b"lead-act", b"\xff"),
    "lone surrogate": (b"lead-act", b"\\ud800"),
    "unclosed": (b"]}", b"]"),
    "byte order mark": (b'{"alg"', b'\xef\xbb\xbf{"alg"'),
    "two values": (b"]}", b"]}{}"),
}
WRONG_ARGUMENTS: dict[str, list[object]] = {
    "typ": ['a"b', ""],
    "iss": ["police 990121"],
    "aud": ["公安", "exchange-local\n"],
    "jti": ["1", JTI.upper()],
    "iat": [-1, True, 1.5, 2**53],
}


def each(wrong: dict[str, list[object]]) -> list[dict[str, object]]:
    return [{member: value} for member, values in wrong.items() for value in values]


@each_alg
@pytest.mark.parametrize("shape", SHAPES)
def test_a_token_in_any_other_shape_is_refused(key: keys.PrivateKey, shape: str) -> None:
    header, signature = sign(key).split("..")
    parts = {"h": header, "s": signature, "short": signature[:-1], "long": "A" * 2049}
    refused(shape.format(**parts, embedded=b64url.encode(BODY), body=BODY.decode()), key)


@each_alg
def test_an_attached_payload_is_refused_though_it_is_what_was_signed(key: keys.PrivateKey) -> None:
    header, signature = sign(key, b"plain").split("..")
    refused(f"{header}.plain.{signature}", key, b"plain")


@each_alg
def test_stray_bits_in_the_last_character_are_refused(key: keys.PrivateKey) -> None:
    token = sign(key)
    for stray in range(1, 16):
        refused(token[:-1] + ALPHABET[ALPHABET.index(token[-1]) + stray], key)


@not_es256
def test_a_header_with_stray_bits_is_refused_though_they_were_signed(key: keys.PrivateKey) -> None:
    header = json.dumps(members(key)).encode()
    header += b" " * ((1 - len(header)) % 3)
    protected = b64url.encode(header)
    for spelled in (protected, protected[:-1] + ALPHABET[ALPHABET.index(protected[-1]) + 1]):
        signature = b64url.encode(key.handle.sign(spelled.encode() + b"." + BODY))
        if spelled == protected:
            jws.verify_detached(f"{spelled}..{signature}", BODY, key.public)
        else:
            refused(f"{spelled}..{signature}", key)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=200) | st.from_regex(r"[A-Za-z0-9_-]{1,80}\.\.[A-Za-z0-9_-]{85}[AQgw]", fullmatch=True))
def test_any_text_is_a_bad_signature_and_no_other_error(token: str) -> None:
    refused(token, ED)


@not_es256
@pytest.mark.parametrize("change", each(WRONG_MEMBERS), ids=str)
def test_any_deviation_of_the_header_is_refused(key: keys.PrivateKey, change: dict[str, object]) -> None:
    refused(forge(members(key, **change), key), key)


@not_es256
@pytest.mark.parametrize("missing", list(members(ED)))
def test_a_header_member_left_out_is_refused(key: keys.PrivateKey, missing: str) -> None:
    header = members(key)
    del header[missing]
    refused(forge(header, key), key)


@not_es256
@pytest.mark.parametrize(("old", "new"), NOT_STRICT.values(), ids=NOT_STRICT)
def test_a_header_that_is_not_strict_json_is_refused(key: keys.PrivateKey, old: bytes, new: bytes) -> None:
    raw = json.dumps(members(key), separators=(",", ":")).encode()
    assert raw.count(old) == 1
    refused(forge(raw.replace(old, new), key), key)


@not_es256
@pytest.mark.parametrize("raw", [b"null", b'"text"', b"[]", b"{}", b"0", b"[" * 1000], ids=repr)
def test_a_header_that_is_no_object_of_members_is_refused(key: keys.PrivateKey, raw: bytes) -> None:
    refused(forge(raw, key), key)


@not_es256
def test_order_and_spaces_of_the_header_are_the_signers_own(key: keys.PrivateKey) -> None:
    raw = json.dumps(dict(reversed(members(key).items())), indent=2).encode()
    assert jws.verify_detached(forge(raw, key), BODY, key.public).header.jti == JTI


@not_es256
@pytest.mark.parametrize("change", each(WRONG_ARGUMENTS), ids=str)
def test_nothing_is_signed_that_would_not_be_read(key: keys.PrivateKey, change: dict[str, Any]) -> None:
    arguments: dict[str, Any] = {**WHO, "iat": IAT, "jti": JTI} | change
    with pytest.raises(ValueError, match=r"protected header|iat"):
        jws.sign_detached(BODY, key, **arguments)
