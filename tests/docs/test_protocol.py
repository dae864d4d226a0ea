"""The contract is held to the code: acts and their members, paths, problems, rules, deadlines, codes, examples."""

import hashlib
import json
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args

import pytest

from app.casework.acts import CATALOGUE
from app.casework.acts.register import Category, LeadSource, Person
from app.casework.case import LeadState, TransferState
from app.casework.kinds import Kind, Level
from app.casework.limits import LIMITS, number
from app.config import Settings
from app.main import create_app
from app.problem_pages import catalogue
from app.registry.key_notices import Event
from app.signing.keys import thumbprint
from app.transparency.checkpoint import parse_checkpoint
from app.transparency.note import parse_vkey, verify_note
from app.transparency.proof import parse_proof

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("protocol.md", "protocol.zh-CN.md")
PAGES = [pytest.param((ROOT / "docs" / name).read_text("utf-8"), id=name) for name in NAMES]
CODES: tuple[type[StrEnum], ...] = (LeadState, TransferState, Kind, Level)


def rows(page: str) -> dict[str, tuple[str, str]]:
    """Return path and content of each act, as the table of section 4.1 has them."""
    found = re.findall(r"^\| `(\w+\.\w+)`[^|]*\| `(/v1/[^`]+)` \| (.+) \|$", page, re.MULTILINE)
    return {name: (path, content) for name, path, content in found}


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)\n```$", page, re.DOTALL | re.MULTILINE)


def members(schema: dict[str, Any], definitions: dict[str, Any]) -> Iterator[str]:
    """Yield the names of all members of a schema, those of its parts too."""
    for part in (*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else ())):
        yield from members(part, definitions)
    if "$ref" in schema:
        yield from members(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    for name, member in schema.get("properties", {}).items():
        yield name
        yield from members(member, definitions)


@pytest.mark.parametrize("page", PAGES)
def test_every_act_stands_with_its_path_and_every_member_of_its_content(page: str) -> None:
    told = rows(page)
    assert {name: path for name, (path, _) in told.items()} == {kind.name: kind.path for kind in CATALOGUE.values()}
    # What stands in several acts has its shape in section 1.3.
    shared = {"approved_at", "level", "sha256", "not_applicable", "ok", "note"}
    shared |= {"transfer_letter", "investigation_report", "item_list", "appraisal", "other"}
    for kind in CATALOGUE.values():
        schema = kind.document.model_json_schema()
        content = set(members(schema["properties"]["content"], schema["$defs"]))
        named = set(re.findall(r"\w+", told[kind.name][1]))
        approver = {"name", "title"} if "approver" in content else set()
        assert content - shared - approver <= named, kind.name
        assert all(word in page for word in content), kind.name


@pytest.mark.parametrize("page", PAGES)
def test_every_act_has_its_row_of_who_and_when(page: str) -> None:
    section = page.partition("### 4.2 ")[2].partition("### 4.3 ")[0]
    told = re.findall(r"^\| `(\w+\.\w+)` \|", section, re.MULTILINE)
    assert len(told) == len(CATALOGUE)
    assert set(told) == set(CATALOGUE)


@pytest.mark.parametrize("page", PAGES)
def test_every_path_of_the_service_stands_in_the_page(page: str) -> None:
    service = create_app(Settings(), database_url="postgresql+asyncpg://nobody@nowhere/nothing")
    for path in service.openapi()["paths"]:
        assert re.search(rf"{re.escape(path)}[`? ,]", page), path


@pytest.mark.parametrize("page", PAGES)
def test_every_problem_stands_with_its_status(page: str) -> None:
    section = page.partition("\n## 6 ")[2].partition("\n## 7 ")[0]
    told = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", section, re.MULTILINE)
    assert sorted((slug, int(status)) for slug, status in told) == sorted(
        (shown.slug, shown.status) for shown in catalogue().values()
    )


@pytest.mark.parametrize("page", PAGES)
def test_every_rule_and_every_deadline_stands_and_no_other(page: str) -> None:
    rules = {"R-SECRETS"} | {rule.rule for kind in CATALOGUE.values() for rule in kind.rules}
    assert set(re.findall(r"\bR-[A-Z-]+[A-Z]\b", page)) == rules
    assert set(re.findall(r"\bD\d\d\b", page)) == {number(rule) for rule in LIMITS}


@pytest.mark.parametrize("page", PAGES)
def test_every_code_value_stands_in_the_page(page: str) -> None:
    values = {str(value) for code in CODES for value in code} | set(get_args(Event)) | set(get_args(Category))
    for model, name in ((LeadSource, "type"), (LeadSource, "channel"), (Person, "role")):
        values |= set(get_args(model.model_fields[name].annotation))
    assert {value for value in values if f"`{value}`" not in page} == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_type_of_signature_that_the_service_knows_stands_in_the_page(page: str) -> None:
    pattern = r"\b[a-z]+(?:-[a-z]+)+\+jw[st]\b"
    sources = [path.read_text("utf-8") for path in (ROOT / "app").rglob("*.py")]
    known = {found for source in sources for found in re.findall(pattern, source)}
    assert known == set(re.findall(pattern, page))


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_of_json_parse(page: str) -> None:
    whole = [block for block in blocks(page, "json") if "…" not in block]
    assert len(whole) > 10
    for block in whole:
        json.loads(block)


@pytest.mark.parametrize("page", PAGES)
def test_thumbprint_verifier_key_and_note_of_the_examples_are_true(page: str) -> None:
    made = re.findall(r'^(\{"crv":"Ed25519","kty":"OKP","x":"[\w-]{43}"\})\n-> ([\w-]{43})$', page, re.MULTILINE)
    for jwk, kid in made:
        assert thumbprint(json.loads(jwk)) == kid
    log = parse_vkey(re.findall(r"^(exchange-local/log\+\S+)$", page, re.MULTILINE)[0])
    preimage = re.findall(r'^SHA-256\("(\S+)" 0A 01 ([0-9a-f]{64})\) = ([0-9a-f]{8})…$', page, re.MULTILINE)
    for name, public, key_id in preimage:
        digest = hashlib.sha256(f"{name}\n".encode() + b"\x01" + bytes.fromhex(public)).hexdigest()
        assert (name, public, key_id) == (log.name, log.public.hex(), digest[:8])
    proof = parse_proof(next(one for one in blocks(page, "text") if one.startswith("c2sp.org")).encode() + b"\n")
    assert verify_note(proof.note, [log])
    assert parse_checkpoint(proof.note.text).size > proof.index
    assert made
    assert preimage


def test_both_languages_have_the_same_numbers_and_the_same_examples() -> None:
    english, chinese = ((ROOT / "docs" / name).read_text("utf-8") for name in NAMES)
    for pattern in (r"^(#+ \d+(?:\.\d+)?) ", r"^(```\w+\n.*?\n```)$", r"^\| (`[^`]+`|D\d\d) \|"):
        first, second = (re.findall(pattern, page, re.DOTALL | re.MULTILINE) for page in (english, chinese))
        assert len(first) > 20
        assert first == second


def test_every_section_that_the_tree_cites_is_there() -> None:
    numbers = set(re.findall(r"^#+ (\d+(?:\.\d+)?) ", (ROOT / "docs/protocol.md").read_text("utf-8"), re.MULTILINE))
    files = [path for room in ("app", "bench", "tests", "docs") for path in (ROOT / room).rglob("*.py")]
    cited = re.compile(r"docs/protocol\.md sections? (\d+(?:\.\d+)?)(?: and (\d+(?:\.\d+)?))?")
    found = {number for path in files for pair in cited.findall(path.read_text("utf-8")) for number in pair if number}
    assert len(found) > 5
    assert found <= numbers
