"""docs/vector: openssl alone checks it, its script makes it again, and a real exchange answers as it says."""

import csv
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.client.errors import Unproven
from app.client.exchange import Exchange
from app.registry.tokens import ASSERTION_TYPE
from app.signing import strict_json
from app.signing.jws import read_header
from app.transparency.policy import parse_policy
from app.transparency.proof import verify_proof
from app.transparency.tree import ProofError
from tests.agencies import World, world

ROOT = Path(__file__).resolve().parents[2]
VECTOR = ROOT / "docs" / "vector"
EXCHANGE, CIVIL, POLICE = "exchange-example", "civil-affairs-990121", "police-990121"
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
WRITTEN_BY_HAND = {"README.md", "README.zh-CN.md", "check.sh", "cases/cases.tsv"}
TOOLS = ["awk", "cat", "cmp", "cut", "dirname", "grep", "head", "ls", "mktemp", "mv", "od", "openssl"]
TOOLS += ["printf", "rm", "sed", "sh", "sort", "tail", "tr", "wc"]


def cases(*kinds: str) -> list[dict[str, str]]:
    with (VECTOR / "cases" / "cases.tsv").open(encoding="utf-8", newline="") as table:
        return [row for row in csv.DictReader(table, delimiter="\t") if row["what"] in kinds]


def read(name: str) -> bytes:
    return (VECTOR / name).read_bytes()


def files(folder: Path) -> dict[str, bytes]:
    """Return what the script makes, by path."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    ours = {name: path for name, path in found.items() if name not in WRITTEN_BY_HAND and not name.startswith("make/")}
    return {name: path.read_bytes() for name, path in ours.items()}


def check(folder: Path, tools: Path) -> "subprocess.CompletedProcess[str]":
    """Run the check with nothing in reach but the programs named above: no Python, none of our code."""
    if not tools.exists():
        tools.mkdir()
        for tool in TOOLS:
            where = shutil.which(tool)
            assert where is not None
            (tools / tool).symlink_to(where)
    words = [tools / "sh", VECTOR / "check.sh", folder]
    return subprocess.run(
        words, env={"PATH": str(tools)}, capture_output=True, text=True, errors="replace", timeout=120, check=False
    )


def test_openssl_and_a_shell_alone_check_every_step_and_refuse_every_bad_case(tmp_path: Path) -> None:
    done = check(VECTOR, tmp_path / "tools")
    assert (done.returncode, done.stderr) == (0, "")
    for row in cases("act", "prev", "receipt", "log", "proof", "assertion"):
        said = row["verdict"] if row["step"] == "-" else f"refused at {row['step']}: "
        assert f"\nok  case       {row['case']}: {said}" in done.stdout
    assert done.stdout.endswith("\nall is as it should be\n")


@pytest.mark.parametrize(
    "name",
    [
        "published-test-keys/police-990121.act/public.jwk",
        "acts/2-transfer.offer/act.body",
        "acts/1-lead.register/receipt.json",
        "log/checkpoint",
        "acts/3-transfer.receipt/entry.tlog-proof",
    ],
)
def test_the_check_notices_one_changed_byte(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "vector"
    shutil.copytree(VECTOR, folder)
    raw = bytearray((folder / name).read_bytes())
    raw[len(raw) * 2 // 3] ^= 1
    (folder / name).write_bytes(raw)
    done = check(folder, tmp_path / "tools")
    assert done.returncode == 1
    assert "all is as it should be" not in done.stdout


def test_the_script_makes_the_same_files_again(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{VECTOR}"}
    subprocess.run([sys.executable, "-m", "make", tmp_path], env=environment, cwd=ROOT, timeout=120, check=True)
    assert files(tmp_path) == files(VECTOR)


@dataclass
class Hands:
    """A clock that the test sets, and the exchange of the vector under it."""

    now: datetime = START
    site: World = field(init=False)

    def post(self, path: str, body: bytes, jws: bytes) -> httpx.Response:
        """Send a signed body, dated by its own header."""
        headers = {"Content-Type": "application/json", "X-JWS-Signature": jws.decode()}
        return httpx.post(self.site.url + path, content=body, headers=headers, trust_env=False)

    def act(self, folder: str, *, of: str = "") -> httpx.Response:
        """Send an act of the vector to its endpoint, a quarter of a second after it was signed."""
        jws = read(f"{of or folder}/act.jws")
        self.now = datetime.fromtimestamp(read_header(jws.decode()).iat, UTC) + timedelta(milliseconds=250)
        document = strict_json.loads(read(f"{of or folder}/act.body"))
        path = {
            "lead.register": "/v1/leads",
            "transfer.offer": f"/v1/leads/{document['lead_id']}/transfers",
            "transfer.receipt": f"/v1/transfers/{document['content'].get('transfer_id')}/receipts",
        }[document["act"]]
        return self.post(path, read(f"{folder}/act.body"), read(f"{folder}/act.jws"))

    def enrol(self, node: str, kind: str, name: str) -> httpx.Response:
        """Register a node and let it join with the vector's own code, as if the registrar had drawn that one."""
        self.site.admin.create_node(node, kind=kind, name=name, division_code="990121", level="county")
        self.site.admin.enrolment_code(node)
        self.site.rows(
            "UPDATE enrolment_code SET code_sha256 = :code WHERE node_id = :node",
            code=hashlib.sha256(read(f"enrolments/{node}/code")).digest(),
            node=node,
        )
        folder = f"enrolments/{node}"
        return self.post("/v1/enrolments", read(f"{folder}/request.body"), read(f"{folder}/request.jws"))

    def log_in(self, assertion: bytes) -> httpx.Response:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion.decode(),
        }
        return httpx.post(f"{self.site.url}/v1/oauth/token", data=form, trust_env=False)


@pytest.fixture
def hands(database_url: str, tmp_path: Path) -> Iterator[Hands]:
    made = Hands()
    with world(database_url, tmp_path / "data", clock=lambda: made.now, exchange_id=EXCHANGE) as site:
        made.site = site
        yield made


def first_numbered(answer: httpx.Response) -> bytes:
    """Return a receipt as of the exchange of the vector, whose key gave the lead the place 000001.

    Each exchange shuffles the last six digits of a lead number under a key of its own.
    """
    return re.sub(rb"(XS-990121-CIVIL_AFFAIRS-2026-)[0-9]{6}", rb"\g<1>000001", answer.content)


def test_a_real_exchange_takes_the_vector_and_answers_each_case_as_the_table_says(hands: Hands) -> None:
    assert hands.enrol(CIVIL, "civil_affairs", "测试县民政局").status_code == 201
    assert hands.enrol(POLICE, "police", "测试县公安局").status_code == 201
    assert hands.log_in(read("token/assertion.jwt")).status_code == 200
    for row in cases("assertion"):
        answer = hands.log_in(read(f"cases/{row['case']}/assertion.jwt"))
        assert f"{answer.status_code} {answer.json()['error']}" == row["answer"], row["case"]

    # Before the good act: a refusal leaves nothing behind, and the offer is made once only.
    for folder in ("acts/1-lead.register", "cases/prev-of-body", "acts/2-transfer.offer", "acts/3-transfer.receipt"):
        answer = hands.act(folder)
        if folder.startswith("cases"):
            assert (answer.status_code, answer.json()["type"]) == (409, "/problems/unknown-prev")
        else:
            assert (answer.status_code, first_numbered(answer)) == (201, read(f"{folder}/receipt.json"))
    for row in cases("act"):
        of = "acts/3-transfer.receipt" if row["case"].startswith("es256") else "acts/1-lead.register"
        answer = hands.act(f"cases/{row['case']}", of=of)
        if row["verdict"] == "accepted":
            assert (answer.status_code, first_numbered(answer)) == (200, read(f"{of}/receipt.json")), row["case"]
        else:
            said = f"{answer.status_code} {answer.json()['type'].removeprefix('/problems/')}"
            assert said == row["answer"], row["case"]
    registered = hands.site.rows("SELECT entry FROM log_entry ORDER BY log_index LIMIT 4")
    assert [bytes(row[0]) for row in registered] == [read(f"log/entries/{index}.bin") for index in range(4)]


@pytest.mark.parametrize("case", [row["case"] for row in cases("receipt")])
def test_the_client_library_believes_the_receipt_of_the_vector_and_none_of_the_bad_ones(case: str) -> None:
    exchange = Exchange.from_jwks(
        EXCHANGE, {"keys": [strict_json.loads(read(f"published-test-keys/{EXCHANGE}.signing/public.jwk"))]}
    )
    offer = "acts/2-transfer.offer"
    act: dict[str, Any] = {"act_jws": read(f"{offer}/act.jws").decode(), "act_body": read(f"{offer}/act.body")}
    receipt = exchange.verify_receipt(read(f"{offer}/receipt.json"), read(f"{offer}/receipt.jws").decode(), **act)
    assert receipt.lead_state == "in_transfer"
    with pytest.raises(Unproven):
        exchange.verify_receipt(read(f"cases/{case}/receipt.json"), read(f"cases/{case}/receipt.jws").decode(), **act)


@pytest.mark.parametrize("row", cases("log"), ids=lambda row: row["case"])
def test_the_service_s_reader_of_proofs_says_of_each_case_what_the_table_says(row: dict[str, str]) -> None:
    log, witness = read("log/log.vkey").decode(), read("log/witness.vkey").decode()
    policy = parse_policy(f"log {log}\nwitness neighbour {witness}\nquorum neighbour\n")
    entry, proof = (read(f"cases/{row['case']}/{name}") for name in ("entry.bin", "entry.tlog-proof"))
    if row["verdict"] == "accepted":
        assert verify_proof(proof, entry, policy).size == 7
    else:
        with pytest.raises(ProofError):
            verify_proof(proof, entry, policy)
