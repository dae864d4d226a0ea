"""Keys: which are loaded, which are refused, and that each has one name."""

from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OKPKey

from app.errors import WeakKey
from app.signing import b64url, keys
from app.signing.algorithms import Alg
from tests.signing.forging import ALGS

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int]


def refused(jwk: Any) -> None:
    with pytest.raises(WeakKey) as caught:
        keys.load_public_jwk(jwk)
    assert caught.value.detail_zh
    coordinates = [value for name, value in jwk.items() if name in "xyd" and isinstance(value, str) and len(value) > 9]
    assert not any(value in caught.value.detail for value in coordinates)


def add(a: Point, b: Point) -> Point:
    """The addition law of edwards25519 (RFC 8032 section 5.1.4), affine: a second opinion beside the
    product's tests.
    """
    t = D * a[0] * b[0] * a[1] * b[1] % P
    x = (a[0] * b[1] + b[0] * a[1]) * pow(1 + t, -1, P) % P
    y = (a[1] * b[1] + a[0] * b[0]) * pow(1 - t, -1, P) % P
    return x, y


def torsion() -> list[Point]:
    """The eight points of small order: multiples of one of order 8, found by cofactor-clearing in reverse."""
    order = 2**252 + 27742317777372353535851937790883648493
    for y in range(2, 100):
        x2 = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
        x = pow(x2, (P + 3) // 8, P)
        x = x if x * x % P == x2 else x * pow(2, (P - 1) // 4, P) % P
        if x * x % P != x2:
            continue
        point, power, scalar = (0, 1), (x, y), order
        while scalar:
            point = add(point, power) if scalar & 1 else point
            power, scalar = add(power, power), scalar >> 1
        multiples = [(0, 1)]
        while (following := add(multiples[-1], point)) != (0, 1):
            multiples.append(following)
        if len(multiples) == 8:
            return multiples
    raise AssertionError("no generator found")


def low_order_encodings() -> list[bytes]:
    """Every 32 bytes that some decoder takes for a point of small order: both signs, and y + p where it
    still fits.
    """
    numbers = {y + shift for _, y in torsion() for shift in (0, P) if y + shift < 2**255}
    return [(y | sign << 255).to_bytes(32, "little") for y in sorted(numbers) for sign in (0, 1)]


def okp(raw: bytes, crv: str = "Ed25519") -> dict[str, str]:
    return {"kty": "OKP", "crv": crv, "x": b64url.encode(raw)}


def test_all_fourteen_encodings_of_low_order_points_are_refused() -> None:
    encodings = low_order_encodings()
    assert len(encodings) == 14
    for raw in encodings:
        refused(okp(raw))


def test_the_refusal_is_needed_because_one_signature_would_verify_everything() -> None:
    neutral = (1).to_bytes(32, "little")
    signature = neutral + bytes(32)
    for message in (b"one document", b"another document"):
        Ed25519PublicKey.from_public_bytes(neutral).verify(signature, message)
    refused(okp(neutral))


def test_points_that_are_not_canonical_or_not_on_the_curve_are_refused() -> None:
    for y in range(P, 2**255):
        refused(okp(y.to_bytes(32, "little")))
    off_curve = [y for y in range(2, 30) if pow((y * y - 1) * pow(D * y * y + 1, -1, P), (P - 1) // 2, P) != 1]
    assert off_curve
    for y in off_curve:
        refused(okp(y.to_bytes(32, "little")))


def test_p_256_points_off_the_curve_or_beyond_the_field_are_refused() -> None:
    good = keys.generate_private("ES256").public_jwk
    other = keys.generate_private("ES256").public_jwk
    refused(good | {"y": other["y"]})
    refused(good | {"x": b64url.encode(bytes(32)), "y": b64url.encode(bytes(32))})
    refused(good | {"x": b64url.encode(b"\xff" * 32)})


WRONG_MEMBERS: dict[str, list[object]] = {
    "kty": ["RSA", "oct", "EC", None, ["OKP"]],
    "crv": ["X25519", "Ed448", "P-256", {}],
    "x": [None, 1, b"x", "", "A" * 42, "A" * 44],
    "d": ["A" * 43, None],
    "k": ["A"],
    "jku": ["https://keys.example"],
    "x5u": ["https://keys.example"],
    "x5c": [[]],
    "kid": ["another", 1],
    "alg": ["ES256", None, []],
    "use": ["enc"],
    "key_ops": [["sign"], "verify", None],
}


@pytest.mark.parametrize("change", [{name: value} for name, wrong in WRONG_MEMBERS.items() for value in wrong], ids=str)
def test_a_public_jwk_that_is_not_exactly_one_is_refused(change: dict[str, object]) -> None:
    refused(keys.generate_private("Ed25519").public_jwk | change)


@pytest.mark.parametrize("missing", ["kty", "crv", "x", "y"])
def test_a_member_left_out_is_refused(missing: str) -> None:
    jwk = dict(keys.generate_private("ES256").public_jwk)
    del jwk[missing]
    refused(jwk)


def test_coordinates_have_one_spelling() -> None:
    x = keys.generate_private("Ed25519").public_jwk["x"]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    stray = x[:-1] + alphabet[alphabet.index(x[-1]) + 1]
    for spelled in (x + "=", x + "\n", " " + x, stray, x[:20] + "+" + x[20:], x[:20] + "\u00e9" + x[21:]):
        refused({"kty": "OKP", "crv": "Ed25519", "x": spelled})


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(["kty", "crv", "x", "y", "d", "kid"]), st.text() | st.none() | st.integers()))
def test_any_mapping_is_a_key_or_a_weak_key(jwk: dict[str, object]) -> None:
    with pytest.raises(WeakKey):
        keys.load_public_jwk(jwk)
    with pytest.raises(WeakKey):
        keys.load_seal_jwk(jwk)
    with pytest.raises(WeakKey):
        keys.load_private_jwk(jwk)


@pytest.mark.parametrize("alg", ALGS)
def test_labels_that_agree_are_dropped(alg: Alg) -> None:
    key = keys.generate_private(alg)
    labels = {"kid": key.kid, "alg": alg, "use": "sig", "key_ops": ["verify"], "ext": True, "label": "office"}
    loaded = keys.load_public_jwk(key.public_jwk | labels)
    assert loaded == key.public
    assert loaded.jwk == key.public_jwk
    assert {"kty", "crv", "x"} <= set(loaded.jwk) <= {"kty", "crv", "x", "y"}


def test_the_older_algorithm_name_is_no_contradiction() -> None:
    jwk = keys.generate_private("Ed25519").public_jwk
    assert keys.load_public_jwk(jwk | {"alg": "EdDSA"}).alg == "Ed25519"


@pytest.mark.parametrize("alg", ALGS)
def test_a_private_key_survives_jwk_and_pem(alg: Alg) -> None:
    key = keys.generate_private(alg)
    for again in (
        keys.load_private_jwk(keys.private_jwk(key)),
        keys.load_private_pem(keys.private_to_pem(key)),
    ):
        assert again == key
        assert keys.private_jwk(again) == keys.private_jwk(key)
    assert len({key, keys.generate_private(alg)}) == 2


@pytest.mark.parametrize("alg", ALGS)
def test_neither_repr_nor_public_half_shows_the_secret(alg: Alg) -> None:
    key = keys.generate_private(alg)
    secret = keys.private_jwk(key)["d"]
    assert secret not in repr(key) + repr(key.public) + repr(key.public_jwk)
    with pytest.raises(WeakKey) as caught:
        keys.load_public_jwk(keys.private_jwk(key))
    assert '"d"' in caught.value.detail
    assert secret not in caught.value.detail + caught.value.detail_zh


@pytest.mark.parametrize("alg", ALGS)
@pytest.mark.parametrize("secret", [b"", bytes(31), b"\xff" * 33])
def test_a_private_jwk_whose_secret_has_the_wrong_size_is_refused(alg: Alg, secret: bytes) -> None:
    with pytest.raises(WeakKey):
        keys.load_private_jwk(keys.generate_private(alg).public_jwk | {"d": b64url.encode(secret)})


@pytest.mark.parametrize("alg", ALGS)
def test_private_halves_of_two_keys_do_not_make_one(alg: Alg) -> None:
    one, two = keys.private_jwk(keys.generate_private(alg)), keys.private_jwk(keys.generate_private(alg))
    with pytest.raises(WeakKey):
        keys.load_private_jwk(one | {"d": two["d"]})


@pytest.mark.parametrize("scalar", [0, 2**256 - 1])
def test_a_p_256_scalar_outside_the_group_is_refused(scalar: int) -> None:
    jwk = keys.private_jwk(keys.generate_private("ES256"))
    with pytest.raises(WeakKey):
        keys.load_private_jwk(jwk | {"d": b64url.encode(scalar.to_bytes(32, "big"))})


def pem(key: Any, encryption: serialization.KeySerializationEncryption | None = None) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    encoded: bytes = key.private_bytes(serialization.Encoding.PEM, form, encryption or serialization.NoEncryption())
    return encoded


def test_a_pem_file_of_another_kind_is_refused() -> None:
    wrong = [
        b"",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        pem(rsa.generate_private_key(65537, 2048)),
        pem(ec.generate_private_key(ec.SECP384R1())),
        pem(X25519PrivateKey.generate()),
        pem(Ed25519PrivateKey.generate(), serialization.BestAvailableEncryption(b"word")),
        keys.public_to_pem(keys.generate_private("Ed25519").public),
    ]
    for content in wrong:
        with pytest.raises(WeakKey):
            keys.load_private_pem(content)


def test_thumbprints_are_those_of_another_implementation() -> None:
    okp_key, ec_key = keys.generate_private("Ed25519"), keys.generate_private("ES256")
    assert OKPKey.import_key({**okp_key.public_jwk}).thumbprint() == okp_key.kid
    assert ECKey.import_key({**ec_key.public_jwk}).thumbprint() == ec_key.kid
    with pytest.raises(WeakKey):
        keys.thumbprint({"kty": "RSA", "n": "AQ", "e": "AQAB"})


def test_a_seal_key_is_an_x25519_key_and_no_other() -> None:
    jwk = okp(X25519PrivateKey.generate().public_key().public_bytes_raw(), "X25519")
    key = keys.load_seal_jwk(jwk | {"use": "enc", "alg": "ECDH-ES+A256KW", "key_ops": []})
    assert (key.kid, key.jwk) == (OKPKey.import_key({**jwk}).thumbprint(), jwk)
    signing = keys.generate_private("Ed25519").public_jwk
    for wrong in (
        signing,
        jwk | {"d": jwk["x"]},
        jwk | {"use": "sig"},
        jwk | {"alg": "dir"},
        jwk | {"kid": "another"},
    ):
        with pytest.raises(WeakKey):
            keys.load_seal_jwk(wrong)
    refused(jwk)


def test_low_order_x25519_points_are_refused_in_every_encoding() -> None:
    # u-coordinates of the points of small order on the curve and its twist: images (1+y)/(1-y) of the
    # Edwards ones, and -1, which only the twist has.
    images = {(1 + y) * pow(1 - y, -1, P) % P for _, y in torsion() if y != 1} | {P - 1}
    assert len(images) == 5
    for u in {u + shift for u in images for shift in (0, P) if u + shift < 2**255}:
        for sign in (0, 1):
            with pytest.raises(WeakKey):
                keys.load_seal_jwk(okp((u | sign << 255).to_bytes(32, "little"), "X25519"))
    with pytest.raises(WeakKey, match="canonical"):
        keys.load_seal_jwk(okp((P + 9).to_bytes(32, "little"), "X25519"))
