"""Routes that read the register: nodes, their keys, and the papers of one key, each a page that stays small."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from app import errors
from app.casework.values import NODE_ID_PATTERN
from app.deps import Engine
from app.problems import documented
from app.registry import node_keys, nodes
from app.registry.caller import Caller
from app.registry.schemas import KeyPage, KeyWithRequests, NodePage, NodeWithKeys

router = APIRouter(tags=["registry"], responses={429: documented(errors.TooManyRequests)[429]})
Limit = Annotated[int, Query(ge=1, le=200)]
NodeCursor = Annotated[str | None, Query(pattern=NODE_ID_PATTERN)]


@router.get(
    "/v1/nodes",
    operation_id="list_nodes",
    summary="The register · 节点名录",
    responses=documented(errors.Unauthenticated),
)
async def list_nodes(_: Caller, engine: Engine, limit: Limit = 50, cursor: NodeCursor = None) -> NodePage:
    """Every node by id, without its keys."""
    return await nodes.list_nodes(engine, limit=limit, cursor=cursor)


@router.get(
    "/v1/nodes/{node_id}",
    operation_id="get_node",
    summary="One node and its valid keys · 查看节点及其有效密钥",
    responses=documented(errors.Unauthenticated, errors.NotFound),
)
async def get_node(_: Caller, engine: Engine, node_id: Annotated[str, Path()]) -> NodeWithKeys:
    """One node. That a key is the node's is the exchange's word here: the key by itself proves it.

    `enrolment` is what waits to replace its keys, null if nothing does.
    """
    return await nodes.get_node(engine, node_id)


@router.get(
    "/v1/nodes/{node_id}/keys",
    operation_id="list_keys",
    summary="All keys of a node · 节点的全部密钥",
    responses=documented(errors.Unauthenticated, errors.NotFound),
)
async def list_keys(
    _: Caller,
    engine: Engine,
    node_id: Annotated[str, Path()],
    limit: Limit = 50,
    cursor: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> KeyPage:
    """Valid and revoked ones, in the order of their events."""
    return await nodes.list_keys(engine, node_id, limit=limit, cursor=cursor)


@router.get(
    "/v1/nodes/{node_id}/keys/{kid}",
    operation_id="get_key",
    summary="One key and who signed for it · 查看密钥及其登记凭据",
    responses=documented(errors.Unauthenticated, errors.NotFound),
)
async def get_key(
    _: Caller, engine: Engine, node_id: Annotated[str, Path()], kid: Annotated[str, Path()]
) -> KeyWithRequests:
    """A key, valid or revoked, with the signed requests byte for byte.

    Trust a `seal` key only if an `act` key that you pinned signed for it.
    """
    return await node_keys.get_key(engine, node_id, kid)
