"""A small application with the administrators' operations, to judge the page by itself."""

import secrets
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer, OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pydantic import BaseModel, ConfigDict, Field

from app.docs_ui.description import DESCRIPTION
from app.docs_ui.routes import install
from app.errors import Problem


@dataclass(frozen=True)
class Served:
    """The toy application where a browser finds it, and the one administrator it knows."""

    app: FastAPI
    url: str
    name: str = "registrar-li"
    password: str = "a long pass phrase 密码"


class NewNode(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"node_id": "police-990121", "name": "Example County Police 示例县公安局"}},
    )
    node_id: str = Field(pattern=r"^[a-z][a-z0-9-]{2,62}$")
    name: str


def toy_app(name: str, password: str) -> FastAPI:
    """Return the application; `state.nodes` are the nodes made so far, by id."""
    app = FastAPI(title="LeadBridge 线索桥", description=DESCRIPTION, docs_url=None, redoc_url=None)
    app.state.nodes = {}
    token = secrets.token_urlsafe()
    people = OAuth2PasswordBearer(tokenUrl="/v1/admin/token", scheme_name="Administrator")
    nodes = HTTPBearer(scheme_name="Node", auto_error=False)

    def registrar(given: Annotated[str, Depends(people)]) -> None:
        if given != token:
            raise HTTPException(401)

    @app.exception_handler(Problem)
    def refused(_: Request, problem: Problem) -> JSONResponse:
        return JSONResponse({"title": problem.title}, problem.status)

    @app.post("/v1/admin/token", tags=["admin"])
    def log_in(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> dict[str, str]:
        if (form.username, form.password) != (name, password):
            raise HTTPException(401)
        return {"access_token": token, "token_type": "bearer"}

    @app.post("/v1/admin/nodes", tags=["admin"], status_code=201, dependencies=[Depends(registrar)])
    def create_node(node: NewNode) -> NewNode:
        """Create a node · 登记节点"""
        app.state.nodes[node.node_id] = node.name
        return node

    @app.post("/v1/admin/nodes/{node_id}/enrolment-codes", tags=["admin"], dependencies=[Depends(registrar)])
    def create_enrolment_code(node_id: str) -> dict[str, str]:
        """Make an enrolment code · 生成接入码"""
        if node_id not in app.state.nodes:
            raise HTTPException(404)
        return {"code": f"code-for-{node_id}"}

    @app.get("/v1/leads", tags=["leads"], dependencies=[Depends(nodes)])
    def list_leads() -> list[str]:
        """List leads · 查询线索"""
        return []

    install(app)
    return app
