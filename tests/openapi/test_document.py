"""The OpenAPI document itself: whole, in both languages, and with examples that the service takes."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31

from app.casework.acts import CATALOGUE
from tests.agencies import Raw, World
from tests.openapi.due import WHERE

PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
BILINGUAL = re.compile(r"[ -~]*[A-Za-z][ -~]* · .*[\u4e00-\u9fff].*")
# RFC 6749 and c2sp.org/tlog-witness give the errors of these endpoints a form of their own.
ELSEWHERE = {
    *(("issue_token", status) for status in ("400", "401")),
    *(("add_checkpoint", status) for status in ("400", "403", "404", "409", "422")),
}


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            yield path, operation


def body_of(document: dict[str, Any], act: str) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"][CATALOGUE[act].path]["post"]["requestBody"]["content"]["application/json"]
    return found


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for member in part.values():
            yield from references(member)
    elif isinstance(part, list):
        for item in part:
            yield from references(item)


def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    # Without formats: they want an absolute `tokenUrl`, which a document cannot know and the text does not ask for.
    jsonschema_rs.Draft202012Validator(OPENAPI_31, validate_formats=False).validate(document)
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(references(document)) <= known


def test_operation_ids_make_good_names_of_functions(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(document)]
    assert sorted(set(names)) == sorted(names)
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+)+", name)] == []


def test_tags_are_ascii_and_titles_are_in_both_languages(document: dict[str, Any]) -> None:
    for _, operation in operations(document):
        assert operation["tags"]
        assert all(re.fullmatch(r"[a-z_]+", tag) for tag in operation["tags"])
        assert BILINGUAL.fullmatch(operation["summary"]), operation["summary"]


def test_every_refusal_is_documented_as_problem_details(document: dict[str, Any]) -> None:
    for _, operation in operations(document):
        for status, answer in operation["responses"].items():
            if status.startswith("4") and (operation["operationId"], status) not in ELSEWHERE:
                assert answer["content"] == PROBLEM, (operation["operationId"], status)
                assert answer["description"]


def test_operations_document_the_refusals_that_their_form_implies(document: dict[str, Any]) -> None:
    for path, operation in operations(document):
        answers, name = operation["responses"].keys(), operation["operationId"]
        assert "401" in answers or "security" not in operation, name
        named = [one for one in operation.get("parameters", ()) if one["in"] == "path"]
        assert "404" in answers or all(one["schema"]["type"] == "integer" for one in named), name
        assert "422" in answers or not operation.get("parameters"), name
        assert "429" in answers or not path.startswith("/v1/"), name


def test_every_act_has_an_operation_of_its_own(document: dict[str, Any]) -> None:
    shown = {operation["x-act"]: operation for _, operation in operations(document) if "x-act" in operation}
    assert shown.keys() == CATALOGUE.keys()
    for name, operation in shown.items():
        kind = CATALOGUE[name]
        assert operation["summary"] == " · ".join(kind.title)
        assert " · ".join(kind.who) in operation["description"]
        assert all(one in operation["description"] for one in kind.kinds)
        assert all(rule.rule in operation["description"] for rule in kind.rules)
        assert {"400", "401", "403", "404", "409", "413", "415", "422", "503"} <= operation["responses"].keys()


@pytest.mark.parametrize("act", sorted(CATALOGUE))
def test_an_example_fits_its_schema_and_no_other_act_does(document: dict[str, Any], act: str) -> None:
    body = body_of(document, act)
    schema = jsonschema_rs.Draft202012Validator(body["schema"], validate_formats=True)
    schema.validate(body["example"])
    CATALOGUE[act].document.model_validate(body["example"])
    assert not schema.is_valid(body["example"] | {"act": "lead.imagine"})
    assert not schema.is_valid(body["example"] | {"prev": "0" * 64 if CATALOGUE[act].opens_case else None})
    assert not schema.is_valid(body["example"] | {"unknown": 1})


@pytest.mark.parametrize("act", sorted(WHERE))
def test_an_example_is_taken_where_its_act_is_due(exchange: World, document: dict[str, Any], act: str) -> None:
    """With the ids of a real lead: the rest of an example is as good as any agency's own."""
    due, example = WHERE[act](exchange), body_of(document, act)["example"]
    sent = example | due.members(act) | {"content": example["content"] | due.ids}
    path = CATALOGUE[act].path.format(**{"lead_id": sent["lead_id"], **due.ids})
    answer = Raw(due.agency).post(json.dumps(sent, ensure_ascii=False).encode(), path)
    assert answer.status_code == 201, answer.text
    receipt = {**document["components"]["schemas"]["Receipt"], "components": document["components"]}
    jsonschema_rs.Draft202012Validator(receipt).validate(answer.json())
