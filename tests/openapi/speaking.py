"""Makes a generated request one that an enrolled agency could have sent: ids that exist, tokens, signatures."""

import hashlib
import json
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import schemathesis
from requests import PreparedRequest
from requests.auth import AuthBase
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.transport.serialization import Binary

from tests.agencies import Raw, World
from tests.openapi.due import WHERE, judging
from tests.openapi.step import Due

SIGNATURE = "X-JWS-Signature"
LONGEST_WAIT = 0.05


class Signed(AuthBase):
    """Signs the exact bytes that are about to be sent, under a fresh `jti`: nothing earlier knows them."""

    def __init__(self, raw: Raw, typ: str) -> None:
        self.raw = raw
        self.typ = typ

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        body: Any = request.body or b""
        sent = body.encode() if isinstance(body, str) else body
        request.headers[SIGNATURE] = self.raw.sign(sent, typ=self.typ, jti=str(uuid4()))
        return request


@dataclass
class Speaking:
    """Prepares one case after another. What it changes hangs on the case alone, so that a run can be repeated."""

    world: World
    known: dict[str, str]
    places: dict[str, Due] = field(default_factory=dict)

    def prepare(self, case: schemathesis.Case[Any]) -> dict[str, Any]:
        """Change `case` in place; return the keyword arguments of its call."""
        definition = case.operation.definition.raw
        signs = SIGNATURE in {parameter["name"] for parameter in definition.get("parameters", ())}
        dice = _dice(case)
        if "x-act" in definition:
            self._act(case, definition["x-act"], dice)
        elif signs:
            self._key_request(case, dice)
        else:
            self._read(case, dice)
        schemes = {name for wanted in definition.get("security", ()) for name in wanted}
        headers = {}
        if "NodeToken" in schemes:
            headers["Authorization"] = f"Bearer {self.world.agency('township').token()}"
        elif schemes:
            headers["Authorization"] = self.world.admin.http.headers["Authorization"]
        spoiled = _is_negative(case, ParameterLocation.HEADER)
        return {"headers": headers} | ({"auth": self._signer(case)} if signs and not spoiled else {})

    def _signer(self, case: schemathesis.Case[Any]) -> Signed:
        """Let the agency sign that the body names as sender, if it is one of ours."""
        act = "x-act" in case.operation.definition.raw
        named = case.body.get("sender") if isinstance(case.body, dict) else None
        ours = {agency.node_id: agency for agency in self.world.enrolled.values()}
        default = self.world.agency("township" if act else "regulator")
        signer = ours.get(named, default) if isinstance(named, str) else default
        return Signed(Raw(signer), "lead-act+jws" if act else "lead-key+jws")

    def _act(self, case: schemathesis.Case[Any], act: str, dice: int) -> None:
        """Leave one of four as it is, let path and body agree in one, put two and every example where they are due."""
        example = _is_example(case)
        if not isinstance(case.body, dict) or (dice % 4 == 0 and not example):
            return
        if dice % 4 > 1 or example:
            if example or act not in self.places:
                self.places[act] = WHERE.get(act, judging)(self.world)
            due = self.places[act]
            body = deepcopy(case.body) | due.members(act)
            if isinstance(body.get("content"), dict):
                body["content"] |= {name: one for name, one in due.ids.items() if name in body["content"]}
            case.body = body
        content = case.body.get("content")
        ids = {**(content if isinstance(content, dict) else {}), "lead_id": case.body.get("lead_id")}
        self._name(case, {name: one for name, one in ids.items() if isinstance(one, str) and one})

    def _key_request(self, case: schemathesis.Case[Any], dice: int) -> None:
        ids = {"node_id": self.world.agency("regulator").node_id}
        if isinstance(case.body, dict) and isinstance(case.body.get("kid"), str) and case.body["kid"]:
            ids["kid"] = str(case.body["kid"])
        if dice % 4:
            self._name(case, ids)

    def _read(self, case: schemathesis.Case[Any], dice: int) -> None:
        if dice % 4:
            self._name(case, self.known)
        if isinstance(case.body, Binary) and dice % 4:
            self._name(case, {"sha256": hashlib.sha256(case.body.data).hexdigest()})
        wait = (case.query or {}).get("wait")
        if isinstance(wait, str | int | float) and _holds(wait):
            case.query["wait"] = LONGEST_WAIT

    def _name(self, case: schemathesis.Case[Any], ids: dict[str, str]) -> None:
        if not _is_negative(case, ParameterLocation.PATH):
            case.path_parameters.update({name: ids[name] for name in case.path_parameters or {} if name in ids})


def _dice(case: schemathesis.Case[Any]) -> int:
    body = case.body if isinstance(case.body, dict | list | str) else repr(case.body)
    said = json.dumps([body, dict(case.path_parameters or {}), dict(case.query or {})], default=str, sort_keys=True)
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).digest()[0]


def _is_negative(case: schemathesis.Case[Any], where: ParameterLocation) -> bool:
    part = case.meta.components.get(where) if case.meta else None
    return part is not None and part.mode is GenerationMode.NEGATIVE


def _is_example(case: schemathesis.Case[Any]) -> bool:
    return case.meta is not None and case.meta.phase.name.value == "examples"


def _holds(wait: str | float) -> bool:
    # A long poll waits as asked; the run has no half minute for each of them.
    try:
        return 0 < float(wait) <= 30
    except ValueError:
        return False
