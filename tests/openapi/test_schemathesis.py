"""Schemathesis against the running service: whatever is sent, it answers as its OpenAPI document says."""

import json
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.specs.openapi.schemas import OpenApiSchema

from app.client import Refused
from app.config import Settings
from app.main import create_app
from tests.agencies import World
from tests.openapi.due import reporting
from tests.openapi.speaking import Speaking

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 10
TEXT, EASIER_TEXT = json.dumps(r"^[^\x00]*\S[^\x00]*$"), json.dumps(r"^\S[^\x00]*$")

PHASES = ("examples", "coverage", "fuzzing", "stateful")


def operations() -> list[tuple[str, str]]:
    """Path and method of every operation: pytest asks before any service runs."""
    app = create_app(Settings(), database_url="postgresql://nowhere/none")
    return [(path, method) for path, methods in app.openapi()["paths"].items() for method in methods]


@pytest.fixture(scope="module")
def schema(exchange: World, document: dict[str, Any]) -> OpenApiSchema:
    config = SchemathesisConfig.from_dict(
        {
            "base-url": exchange.url,
            "generation": {"max-examples": EXAMPLES, "deterministic": True, "database": "none"},
            "phases": {name: {"enabled": name != "stateful"} for name in PHASES},
        }
    )
    return schemathesis.openapi.from_dict(lighter(document), config=config)


def lighter(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with less to try, so that a run takes a minute.

    The coverage phase finds hardly any text for the service's own pattern and length, and then sends next to
    nothing. The envelope is the same in every act: one act tries it, in the others it is as in their examples.
    """
    easier = json.dumps(document).replace(TEXT, EASIER_TEXT).replace('"maxLength": 100000', '"maxLength": 2000')
    found: dict[str, Any] = json.loads(easier)
    for methods in found["paths"].values():
        act = methods.get("post", {})
        if act.get("x-act", "lead.register") != "lead.register":
            media = act["requestBody"]["content"]["application/json"]
            media["example"] = {name: media["example"][name] for name in media["schema"]["required"]}
            members = {name: {"const": one} for name, one in media["example"].items()}
            media["schema"]["properties"] = members | {"content": media["schema"]["properties"]["content"]}
    return found


@pytest.fixture(scope="module")
def speaking(exchange: World) -> Speaking:
    """What a reader may ask for: one lead with a feedback, of which the township knows every id."""
    due, town = reporting(exchange), exchange.agency("township")
    police = exchange.agency("police")
    police.send_feedback(due.ids["transfer_id"], "progress", "正在核查", feedback_id=due.ids["feedback_id"])
    stored = town.upload(b"fictional", name="a.txt", media_type="text/plain")
    ids = {"lead_id": due.lead_id, "act_id": town.timeline(due.lead_id)[0]["act_id"], "node_id": police.node_id}
    return Speaking(exchange, {**ids, **due.ids, "sha256": stored["sha256"], "slug": "wrong-state"})


@pytest.fixture(scope="module")
def session() -> Any:
    with requests.Session() as one:
        one.trust_env = False  # whatever proxy the machine has, it does not lead to a server on this machine
        yield one


@pytest.mark.soak
@pytest.mark.parametrize(("path", "method"), operations())
def test_whatever_is_sent_the_service_answers_as_documented(
    path: str, method: str, schema: OpenApiSchema, speaking: Speaking, session: requests.Session
) -> None:
    @settings(deadline=None, suppress_health_check=list(HealthCheck))
    def answers(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(session=session, checks=CHECKS, **speaking.prepare(case))

    # `schema.parametrize()` makes every case while pytest collects, 16 s before any test of any other module runs.
    # Its builder is called here instead, one operation at a time.
    build_operation_test(
        config=schema.config,
        operation=schema[path][method],
        test_func=answers,
        given_kwargs={},
        feedback=FeedbackSources(),
    )()


def test_a_node_is_not_its_own_parent(exchange: World) -> None:
    node = {"kind": "court", "name": "测试县法院", "division_code": "990121", "level": "county"}
    exchange.admin.create_node("court-990121", **node)
    with pytest.raises(Refused, match="invalid-document"):
        exchange.admin.create_node("court-990121", parent="court-990121", **node)
