"""SM2 with SM3: the standard's example, other implementations both ways, and what a machine without it says."""

import gc
import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gmalg
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from app.errors import WeakKey
from app.signing import b64url, jws, keys, sm2
from app.signing.libcrypto import Libcrypto, Unavailable
from tests.cli.command_line import environment
from tests.signing.forging import BODY, refused, sign

pytestmark = pytest.mark.skipif(not sm2.available(), reason=f"SM2 unavailable: {sm2.unavailable()}")
VECTORS = Path(__file__).parents[1] / "vectors"
EXAMPLE = json.loads((VECTORS / "sm2-standard/sm2_sign_gmt0003_5.json").read_text())
TONGSUO = (VECTORS / "tongsuo/evppkey_sm2.txt").read_text()
STATM = Path("/proc/self/statm")
NO_PROVIDER = """
openssl_conf = init
[init]
providers = providers
[providers]
null = null
[null]
activate = 1
"""


def fresh() -> keys.PrivateKey:
    return keys.generate_private("SM2-SM3")


def example_point() -> tuple[bytes, bytes]:
    raw = bytes.fromhex(EXAMPLE["public_key"])
    return raw[1:33], raw[33:]


def jwk(x: int | bytes, y: int | bytes) -> dict[str, str]:
    x, y = (value if isinstance(value, bytes) else value.to_bytes(32, "big") for value in (x, y))
    return {"kty": "EC", "crv": "SM2", "x": b64url.encode(x), "y": b64url.encode(y)}


def openssl(*arguments: str | Path) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=False, timeout=30)


def oracle(key: keys.PrivateKey) -> gmalg.SM2:
    point = b"\x04" + b"".join(key.handle.public_key().coordinates)
    return gmalg.SM2(key.handle.secret(), sm2.DISTINGUISHING_ID, point)


def test_the_example_of_the_standard_verifies_and_its_key_is_the_one_printed() -> None:
    key = sm2.Sm2PrivateKey(bytes.fromhex(EXAMPLE["private_key"]))
    assert key.public_key().coordinates == example_point()
    signature, message = bytes.fromhex(EXAMPLE["r"] + EXAMPLE["s"]), EXAMPLE["message_ascii"].encode()
    key.public_key().verify(signature, message)
    for wrong, about in ((signature, message + b" "), (signature[32:] + signature[:32], message)):
        with pytest.raises(InvalidSignature):
            key.public_key().verify(wrong, about)


def test_a_key_of_tongsuos_tests_is_written_as_it_was_read_and_verifies_their_signatures(tmp_path: Path) -> None:
    begin, end = TONGSUO.index("-----BEGIN"), TONGSUO.index("-----END PRIVATE KEY-----\n") + 26
    pem = TONGSUO[begin:end].encode()
    key = keys.load_private_pem(pem)
    assert keys.private_to_pem(key) == pem
    (tmp_path / "public.pem").write_bytes(keys.public_to_pem(key.public))
    cases = [case for case in TONGSUO.split("\n\n") if case.startswith("Verify") and "Result" not in case]
    assert len(cases) == 2
    for case in cases:
        members = dict(line.split(" = ") for line in case.splitlines())
        (tmp_path / "digest").write_bytes(bytes.fromhex(members["Input"]))
        (tmp_path / "signature").write_bytes(bytes.fromhex(members["Output"]))
        files: list[str | Path] = ["-inkey", tmp_path / "public.pem", "-in", tmp_path / "digest"]
        verified = openssl("pkeyutl", "-verify", "-pubin", *files, "-sigfile", tmp_path / "signature")
        assert verified.returncode == 0, verified.stderr


def test_gmalg_verifies_what_is_signed_here_and_the_other_way_round() -> None:
    for _ in range(5):
        key = fresh()
        signature = key.handle.sign(BODY)
        assert oracle(key).verify(BODY, signature[:32], signature[32:])
        r, s = oracle(key).sign(BODY)
        key.public.handle.verify(r.rjust(32, b"\0") + s.rjust(32, b"\0"), BODY)


def test_another_distinguishing_id_verifies_nothing() -> None:
    key = fresh()
    point = b"\x04" + b"".join(key.public.handle.coordinates)
    r, s = gmalg.SM2(key.handle.secret(), b"8765432187654321", point).sign(BODY)
    with pytest.raises(InvalidSignature):
        key.public.handle.verify(r.rjust(32, b"\0") + s.rjust(32, b"\0"), BODY)


RAW = ["-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678"]


def test_the_openssl_command_verifies_a_token_that_is_signed_here(tmp_path: Path) -> None:
    key = fresh()
    protected, encoded = sign(key).split("..")
    raw = b64url.decode(encoded)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    (tmp_path / "public.pem").write_bytes(keys.public_to_pem(key.public))
    (tmp_path / "signature").write_bytes(der)
    files: list[str | Path] = ["-inkey", tmp_path / "public.pem", "-in", tmp_path / "message"]
    for body, good in ((BODY, True), (BODY + b" ", False)):
        (tmp_path / "message").write_bytes(protected.encode() + b"." + body)
        answer = openssl("pkeyutl", "-verify", "-pubin", *RAW, *files, "-sigfile", tmp_path / "signature")
        assert (answer.returncode == 0) is good, answer.stderr


@pytest.mark.parametrize(
    "made_by",
    [["genpkey", "-algorithm", "SM2"], ["ecparam", "-name", "SM2", "-genkey"]],
    ids=["PKCS8", "SEC1"],
)
def test_a_key_and_a_signature_that_openssl_made_are_good_here(made_by: list[str], tmp_path: Path) -> None:
    assert openssl(*made_by, "-out", tmp_path / "key.pem").returncode == 0
    key = keys.load_private_pem((tmp_path / "key.pem").read_bytes())
    assert (key.alg, key.public_jwk["crv"]) == ("SM2-SM3", "SM2")
    assert jws.verify_detached(sign(key), BODY, key.public_jwk).header.kid == key.kid
    (tmp_path / "message").write_bytes(BODY)
    made = openssl("pkeyutl", "-sign", *RAW, "-inkey", tmp_path / "key.pem", "-in", tmp_path / "message")
    assert made.returncode == 0, made.stderr
    r, s = decode_dss_signature(made.stdout)
    key.public.handle.verify(r.to_bytes(32, "big") + s.to_bytes(32, "big"), BODY)


def test_openssl_reads_the_key_that_is_written_here(tmp_path: Path) -> None:
    key = fresh()
    (tmp_path / "key.pem").write_bytes(keys.private_to_pem(key))
    shown = openssl("pkey", "-in", tmp_path / "key.pem", "-pubout")
    assert shown.stdout == keys.public_to_pem(key.public)
    # Its public half alone is no signing key, nor is one under a password, nor one on another curve.
    locked = openssl("pkey", "-in", tmp_path / "key.pem", "-aes128", "-passout", "pass:word")
    for wrong in (shown.stdout, locked.stdout, openssl("ecparam", "-name", "secp256k1", "-genkey").stdout):
        assert wrong
        with pytest.raises(WeakKey):
            keys.load_private_pem(wrong)


def test_points_off_the_curve_beyond_the_field_or_on_p_256_are_refused() -> None:
    x, y = example_point()
    assert keys.load_public_jwk(jwk(x, y)).alg == "SM2-SM3"
    p256 = keys.generate_private("ES256").public_jwk
    for wrong in (
        jwk(x, x),
        jwk(0, 0),
        jwk(int.from_bytes(x, "big") ^ 1, y),
        jwk(b"\xff" * 32, y),
        jwk(sm2.PRIME, y),
        p256 | {"crv": "SM2"},
        jwk(x, y) | {"crv": "P-256"},
        jwk(x, y) | {"alg": "ES256"},
        jwk(x, y) | {"d": "A" * 43},
    ):
        with pytest.raises(WeakKey):
            keys.load_public_jwk(wrong)


@pytest.mark.parametrize("number", [0, sm2.ORDER - 1, sm2.ORDER, 2**256 - 1])
def test_a_private_number_outside_its_range_is_refused(number: int) -> None:
    with pytest.raises(WeakKey):
        keys.load_private_jwk(keys.private_jwk(fresh()) | {"d": b64url.encode(number.to_bytes(32, "big"))})
    with pytest.raises(ValueError, match="range"):
        sm2.Sm2PrivateKey(number.to_bytes(32, "big"))


def test_the_largest_private_number_signs() -> None:
    key = sm2.Sm2PrivateKey((sm2.ORDER - 2).to_bytes(32, "big"))
    key.public_key().verify(key.sign(BODY), BODY)


def test_unlike_es256_a_token_has_no_twin() -> None:
    key = fresh()
    protected, encoded = sign(key).split("..")
    raw = b64url.decode(encoded)
    twin = raw[:32] + (sm2.ORDER - int.from_bytes(raw[32:], "big")).to_bytes(32, "big")
    refused(f"{protected}..{b64url.encode(twin)}", key)


def test_signatures_of_many_threads_do_not_mix() -> None:
    key = fresh()

    def sign_and_verify(number: int) -> None:
        body = str(number).encode()
        signature = key.handle.sign(body)
        key.public.handle.verify(signature, body)
        with pytest.raises(InvalidSignature):
            key.public.handle.verify(signature, body + b" ")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(sign_and_verify, range(400)))


def resident() -> int:
    gc.collect()
    return int(STATM.read_text().split()[1]) * 4096


@pytest.mark.skipif(not STATM.exists(), reason="the system does not tell a process its memory this way")
def test_twenty_thousand_uses_leave_nothing_behind() -> None:
    good = sm2.generate()
    public, secret, signature = good.public_key().coordinates, good.secret(), good.sign(BODY)
    pem = good.pem()

    def failing(use: Callable[[], object], error: type[Exception]) -> None:
        with pytest.raises(error):
            use()

    def round_of_five() -> None:
        key = sm2.Sm2PublicKey(*public)
        key.verify(signature, BODY)
        failing(lambda: key.verify(signature, b""), InvalidSignature)
        failing(lambda: good.public_key().verify(bytes(64), BODY), InvalidSignature)
        sm2.load_pem(pem).sign(BODY)
        failing(lambda: sm2.Sm2PublicKey(public[1], public[0]), ValueError)

    for _ in range(300):
        round_of_five()
    before = resident()
    for _ in range(4_000):
        round_of_five()
    assert secret == good.secret()
    # One forgotten key or context of 500 bytes a round would be 2 MB.
    assert resident() - before < 1_500_000


def test_a_machine_without_a_fitting_library_is_told_why() -> None:
    with pytest.raises(Unavailable, match="no libcrypto"):
        Libcrypto(["libcrypto-that-is-not-there.so"])
    with pytest.raises(Unavailable, match="OpenSSL_version_num"):
        Libcrypto(["libc.so.6"])


def without_sm2(tmp_path: Path, program: str) -> "subprocess.CompletedProcess[str]":
    """Run a program under a libcrypto whose configuration leaves it no algorithm at all."""
    (tmp_path / "openssl.cnf").write_text(NO_PROVIDER)
    return subprocess.run(
        [sys.executable, "-c", program],
        env=environment(OPENSSL_CONF=str(tmp_path / "openssl.cnf")),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_where_libcrypto_cannot_keys_are_refused_clearly_and_other_algorithms_go_on(tmp_path: Path) -> None:
    program = f"""
from app.errors import WeakKey
from app.signing import keys, sm2
assert not sm2.available()
keys.load_public_jwk(keys.generate_private("Ed25519").public_jwk)
pem = {keys.private_to_pem(fresh())!r}
for use in (
    lambda: keys.load_public_jwk({fresh().public_jwk!r}),
    lambda: keys.load_private_jwk({keys.private_jwk(fresh())!r}),
    lambda: keys.load_private_pem(pem),
    lambda: keys.generate_private("SM2-SM3"),
):
    try:
        use()
    except WeakKey as refusal:
        print(refusal.detail)
"""
    answer = without_sm2(tmp_path, program)
    assert answer.returncode == 0, answer.stderr
    first, *others = answer.stdout.splitlines()
    assert "this exchange cannot verify SM2" in first
    assert len(others) == 3
    assert all(line.startswith("SM2 is not available: ") for line in others)


def test_where_libcrypto_cannot_the_service_says_so_and_does_not_start_with_sm2_receipts(tmp_path: Path) -> None:
    program = """
import asyncio
from app.config import Settings
from app.errors import WeakKey
from app.main import serve
try:
    asyncio.run(serve(Settings(sm2_receipts=True), database_url="postgresql://nowhere.invalid/x", worker=False))
except WeakKey as refusal:
    print(refusal.detail)
"""
    answer = without_sm2(tmp_path, program)
    assert answer.returncode == 0, answer.stderr
    assert [json.loads(line)["event"].split(":")[0] for line in answer.stderr.splitlines()] == ["SM2 unavailable"]
    assert "LEADBRIDGE_SM2_RECEIPTS" in answer.stdout
