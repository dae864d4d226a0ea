"""The examples in other languages do what README.md says, against a real exchange."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.signing.jws import verify_detached
from app.signing.keys import generate_private, load_private_pem, private_to_pem
from tests.agencies import CAST, World, world
from tests.needs import need
from tests.server import EXCHANGE_ID

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
TOWN = "township-990121101"


@pytest.fixture
def jdk() -> None:
    need(shutil.which("java"), "no JDK here: sh tests/install_jdk.sh")


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[World]:
    with world(database_url, tmp_path / "data") as running:
        kind, name, division, level = CAST[TOWN]
        running.admin.create_node(TOWN, kind=kind, name=name, division_code=division, level=level)
        yield running


def run(*words: str | Path, cwd: Path) -> "subprocess.CompletedProcess[str]":
    # Whatever proxy the machine has, it does not lead to a server on this machine.
    env = os.environ | {"NO_PROXY": "*", "no_proxy": "*"}
    return subprocess.run(
        list(map(str, words)), cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False
    )


def first_act(site: World, home: Path, code: str) -> "subprocess.CompletedProcess[str]":
    return run("sh", EXAMPLES / "first_act.sh", site.url, TOWN, EXCHANGE_ID, code, "town", cwd=home)


def signer(*words: str | Path, cwd: Path) -> "subprocess.CompletedProcess[str]":
    return run("java", EXAMPLES / "LeadSigner.java", *words, cwd=cwd)


def test_an_agency_joins_and_acts_with_shell_curl_and_openssl_alone(site: World, tmp_path: Path) -> None:
    code = site.admin.enrolment_code(TOWN)["code"]
    done = first_act(site, tmp_path, code)
    assert (done.returncode, done.stderr) == (0, "")
    assert "is registered" in done.stdout
    assert "the same receipt, byte for byte" in done.stdout
    assert '"state":"registered"' in done.stdout
    assert (tmp_path / "town" / "act.pem").stat().st_mode & 0o077 == 0

    again = first_act(site, tmp_path, "used-already")
    assert (again.returncode, again.stderr) == (0, "")
    assert site.rows("SELECT count(*) FROM lead_entry WHERE node_id = :node", node=TOWN)[0][0] == 2


def test_the_shell_script_stops_at_a_wrong_code_and_says_why(site: World, tmp_path: Path) -> None:
    done = first_act(site, tmp_path, "not-a-code")
    assert done.returncode == 1
    assert "403" in done.stderr
    assert "/problems/enrolment-refused" in done.stderr
    assert not (tmp_path / "town" / "enrolled.json").exists()


def test_the_shell_script_believes_no_receipt_of_another_key(site: World, tmp_path: Path) -> None:
    first_act(site, tmp_path, site.admin.enrolment_code(TOWN)["code"])
    pinned = tmp_path / "town" / "enrolled.json"
    stranger = generate_private("Ed25519")
    # The exchange's key id stays, the key under it is a stranger's.
    head, mark, jwks = pinned.read_text().partition('"jwks"')
    pinned.write_text(head + mark + re.sub(r'"x":"[^"]+"', f'"x":"{stranger.public_jwk["x"]}"', jwks))
    done = first_act(site, tmp_path, "used-already")
    assert done.returncode == 1
    assert "not what its id says" in done.stderr


@pytest.mark.toolchain
@pytest.mark.usefixtures("jdk")
def test_the_next_act_comes_from_java(site: World, tmp_path: Path) -> None:
    shown = first_act(site, tmp_path, site.admin.enrolment_code(TOWN)["code"]).stdout
    path = re.search(r"POST (/v1/leads/\S+/screenings)", shown)
    assert path is not None
    home = tmp_path / "town"
    posted = signer("post", site.url, path[1], "act.pem", "screening.json", TOWN, EXCHANGE_ID, cwd=home)
    assert posted.returncode == 0, posted.stderr
    assert '"lead_state":"screened"' in posted.stdout

    receipt, jws = home / "screened.json", posted.stderr.strip()
    receipt.write_text(posted.stdout)
    assert signer("verify", "enrolled.json", receipt, jws, cwd=home).stdout == "verified\n"
    receipt.write_text(posted.stdout.replace("screened", "concluded"))
    assert signer("verify", "enrolled.json", receipt, jws, cwd=home).returncode == 1


@pytest.mark.toolchain
@pytest.mark.usefixtures("jdk")
def test_java_signs_as_the_service_reads(tmp_path: Path) -> None:
    (tmp_path / "ours.pem").write_bytes(private_to_pem(generate_private("Ed25519")))
    run("openssl", "genpkey", "-algorithm", "ED25519", "-out", "theirs.pem", cwd=tmp_path)
    body = '{"allegation":"虚构"}\n'.encode()
    (tmp_path / "body.json").write_bytes(body)
    jti = "019ccd10-0000-7000-8000-00000000000a"
    for name in ("ours.pem", "theirs.pem"):
        key = load_private_pem((tmp_path / name).read_bytes())
        assert signer("kid", name, cwd=tmp_path).stdout == key.kid + "\n"
        token = signer("sign", name, "body.json", TOWN, EXCHANGE_ID, jti, cwd=tmp_path).stdout.strip()
        signed = verify_detached(token, body, key.public, typ="lead-act+jws", iss=TOWN, aud=EXCHANGE_ID)
        assert signed.header.jti == jti
