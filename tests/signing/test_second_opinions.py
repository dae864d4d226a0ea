"""Other implementations read what is signed here, and the other way round: joserfc, and the openssl
command.
"""

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from joserfc import jws as joserfc_jws
from joserfc.errors import BadSignatureError
from joserfc.jwk import ECKey, OKPKey

from app.signing import b64url, jws, keys
from tests.signing.forging import BODY, WHO, members, sign

KEYS = {alg: keys.generate_private(alg) for alg in ("Ed25519", "ES256")}
each_alg = pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)


def registry() -> joserfc_jws.JWSRegistry:
    return joserfc_jws.JWSRegistry(algorithms=["Ed25519", "ES256"], strict_check_header=False)


def foreign(key: keys.PrivateKey) -> OKPKey | ECKey:
    jwk: dict[str, str | list[str]] = {**keys.private_jwk(key)}
    return OKPKey.import_key(jwk) if key.alg == "Ed25519" else ECKey.import_key(jwk)


def openssl(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=False, timeout=30)


@each_alg
def test_joserfc_verifies_what_is_signed_here(key: keys.PrivateKey) -> None:
    token = sign(key)
    read = joserfc_jws.deserialize_compact(token, foreign(key), registry=registry(), payload=BODY)
    assert read.payload == BODY
    with pytest.raises(BadSignatureError):
        joserfc_jws.deserialize_compact(token, foreign(key), registry=registry(), payload=BODY + b" ")


@each_alg
def test_what_joserfc_signs_verifies_here(key: keys.PrivateKey) -> None:
    token = joserfc_jws.serialize_compact(members(key), BODY, foreign(key), registry=registry())
    assert jws.verify_detached(token, BODY, key.public_jwk, **WHO).header.kid == key.kid


def verify_with_openssl(alg: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    public, message, signature = folder / "public.pem", folder / "message", folder / "signature"
    if alg == "Ed25519":
        files: list[str | Path] = ["-inkey", public, "-in", message, "-sigfile", signature]
        return openssl("pkeyutl", "-verify", "-rawin", "-pubin", *files)
    return openssl("dgst", "-sha256", "-verify", public, "-signature", signature, message)


@each_alg
def test_the_openssl_command_verifies_what_is_signed_here(key: keys.PrivateKey, tmp_path: Path) -> None:
    protected, encoded = sign(key).split("..")
    signature = b64url.decode(encoded)
    if key.alg == "ES256":
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        signature = encode_dss_signature(r, s)
    (tmp_path / "public.pem").write_bytes(keys.public_to_pem(key.public))
    (tmp_path / "signature").write_bytes(signature)
    (tmp_path / "message").write_bytes(protected.encode() + b"." + BODY)
    good = verify_with_openssl(key.alg, tmp_path)
    assert good.returncode == 0, good.stderr
    (tmp_path / "message").write_bytes(protected.encode() + b"." + BODY + b" ")
    assert verify_with_openssl(key.alg, tmp_path).returncode != 0


@pytest.mark.parametrize(
    ("alg", "command"),
    [
        ("Ed25519", ["-algorithm", "ed25519"]),
        ("ES256", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
    ],
)
def test_a_key_that_openssl_made_signs_here(alg: str, command: list[str], tmp_path: Path) -> None:
    made = openssl("genpkey", *command, "-out", tmp_path / "key.pem")
    assert made.returncode == 0, made.stderr
    key = keys.load_private_pem((tmp_path / "key.pem").read_bytes())
    assert key.alg == alg
    assert jws.verify_detached(sign(key), BODY, key.public).header.kid == key.kid


@each_alg
def test_openssl_reads_the_pem_that_is_written_here(key: keys.PrivateKey, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(keys.private_to_pem(key))
    public = openssl("pkey", "-in", tmp_path / "key.pem", "-pubout")
    assert public.stdout == keys.public_to_pem(key.public)
