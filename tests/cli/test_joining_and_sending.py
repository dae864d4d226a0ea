"""From an empty folder to a receipt, by the command line alone, beside a running `serve`."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.client import build_body, uuid7
from app.client.connection import now_utc
from demo.stage import free_port
from tests.cli.command_line import command, environment, leadbridge
from tests.server import until_ready

TOWN = "township-990121101"


@dataclass
class Site:
    """A running `serve` over an embedded database, and a folder of our own."""

    url: str
    home: Path
    process: "subprocess.Popen[bytes]"

    def leadbridge(self, *words: str | Path, given: str = "") -> "subprocess.CompletedProcess[str]":
        return leadbridge(*words, given=given, cwd=self.home, LEADBRIDGE_DATA_DIR=str(self.home / "data"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("site")
    port = free_port(None)
    with (home / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            command("serve", "--port", str(port)),
            env=environment(LEADBRIDGE_DATA_DIR=str(home / "data")),
            stdout=log,
            stderr=log,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        until_ready(url, process, home / "serve.log")
        yield Site(url, home, process)
    finally:
        process.terminate()
        process.wait(30)


def test_an_agency_joins_and_sends_with_the_command_line_alone(site: Site) -> None:
    added = site.leadbridge(
        "admin", "add", "registrar-1", "--role", "registrar", "--password-stdin", given="long enough 1\n"
    )
    assert added.stderr == ""
    assert added.stdout == "added registrar-1: registrar\n"

    site.leadbridge("keygen", "--out", "keys")
    created = site.leadbridge(
        *("node", "add", TOWN, "--kind", "township", "--name", "甲镇", "--division-code", "990121101"),
        *("--level", "township", "--admin", "registrar-1", "--password-stdin", "--url", site.url),
        given="long enough 1\n",
    )
    assert created.stderr == ""
    code = created.stdout.split()[0]
    enrolled = site.leadbridge("node", "enrol", site.url, TOWN, code)
    assert enrolled.stderr == ""
    assert "is enrolled at exchange-local" in enrolled.stdout

    body = site.home / "lead.json"
    body.write_bytes(lead())
    act_id = uuid7()
    sent = site.leadbridge("send", "lead.register", body, "--act-id", act_id)
    assert sent.stderr == "receipt verified\n"
    receipt = json.loads(sent.stdout)
    assert receipt["result"]["lead_state"] == "registered"

    again = site.leadbridge("send", "lead.register", body, "--act-id", act_id)
    assert again.stderr == "receipt verified (recorded before)\n"
    assert json.loads(again.stdout) == receipt

    twice = site.leadbridge(
        "admin", "add", "registrar-1", "--role", "auditor", "--password-stdin", given="long enough 2\n"
    )
    assert (twice.returncode, twice.stdout) == (1, "")
    assert twice.stderr == "leadbridge: there is already a person named registrar-1\n"

    listed = site.leadbridge("inbox")
    assert (listed.returncode, listed.stderr, listed.stdout) == (0, "", "")


def test_a_refusal_is_one_line_and_status_1(site: Site) -> None:
    wrong = site.leadbridge("node", "enrol", site.url, TOWN, "not-a-code", "--key", "other")
    assert wrong.returncode == 1
    assert wrong.stderr == "leadbridge: other/act.pem: No such file or directory\n"
    site.leadbridge("keygen", "--out", "other")
    refused = site.leadbridge("node", "enrol", site.url, TOWN, "not-a-code", "--key", "other")
    assert refused.returncode == 1
    assert refused.stderr.startswith("leadbridge: enrolment-refused (403): ")
    assert refused.stderr.count("\n") == 1


def test_serve_stops_on_sigterm_and_takes_its_database_with_it(site: Site) -> None:
    site.process.terminate()
    assert site.process.wait(30) == 0
    assert not (site.home / "data" / "postgres" / "postmaster.pid").exists()


def lead() -> bytes:
    return build_body(
        "lead.register",
        uuid7(),
        TOWN,
        {
            "source": {"type": "public_report", "channel": "visit", "received_at": "2026-03-02T08:40:00+08:00"},
            "place_code": "990121101",
            "sectors": [],
            "allegation": "虚构：甲镇客运站外车辆别车。",
            "persons": [],
            "events": [],
            "concerns_nodes": [],
        },
        recipients=[],
        prev=None,
        issued_at=now_utc(),
        signatory={"name": "何某某", "title": "镇长"},
        handler={"name": "许某某", "phone": "0990-5550101"},
    )
