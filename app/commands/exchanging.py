"""`send` and `inbox`: one act out, the others' acts in, as one agency."""

import json
from pathlib import Path
from typing import Annotated

import httpx
import typer

from app.client import Agency, KeyFolder, path_of
from app.client.connection import accept
from app.commands.failure import CommandFailed
from app.commands.nodes import exchange_at
from app.signing import strict_json

Key = Annotated[Path, typer.Option(help="Folder with the agency's keys.")]
Node = Annotated[str | None, typer.Option(help="Node id; needed when the folder has no node.json.")]
Exchange = Annotated[str | None, typer.Option(help="Exchange id; asked of the exchange when unknown.")]
Url = Annotated[str | None, typer.Option(help="The exchange's address.", envvar="LEADBRIDGE_URL")]
HERE = Path("keys")


def send(
    act: Annotated[str, typer.Argument(help="For example transfer.offer.")],
    body: Annotated[Path, typer.Argument(help="The JSON document; exactly these bytes are signed.")],
    key: Key = HERE,
    node: Node = None,
    exchange: Exchange = None,
    url: Url = None,
    act_id: Annotated[str | None, typer.Option(help="Repeat an act under its id.")] = None,
) -> None:
    """Sign a file as an act, post it, verify the receipt and print it."""
    raw = body.read_bytes()
    document = strict_json.loads(raw)
    if not isinstance(document, dict) or not isinstance(document.get("content"), dict):
        raise CommandFailed(f"{body} is no act: a JSON object with `content` is needed")
    try:
        path = path_of(act, str(document.get("lead_id")), document["content"])
    except ValueError as wrong:
        raise CommandFailed(str(wrong)) from wrong
    agency = agency_of(key, node, exchange, url)
    receipt = agency.post(agency.sign(path, raw, act_id=act_id))
    typer.echo(json.dumps(receipt.document, ensure_ascii=False, indent=2))
    typer.echo(f"receipt verified{' (recorded before)' if receipt.replayed else ''}", err=True)


def inbox(
    key: Key = HERE,
    node: Node = None,
    exchange: Exchange = None,
    url: Url = None,
    follow: Annotated[bool, typer.Option("--follow", help="Wait for more.")] = False,
    after: Annotated[int, typer.Option(help="Only items after this number.", min=0)] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List the acts addressed to an agency, checking that no number is missing."""
    agency = agency_of(key, node, exchange, url)
    for item in agency.follow_inbox(after, wait=30 if follow else 0):
        line = "{seq:>5}  {received_at}  {act:<22} {sender:<28} lead {lead_id}  act {act_id}"
        typer.echo(json.dumps(item, ensure_ascii=False) if as_json else line.format(**item))


def agency_of(key: Path, node: str | None, exchange: str | None, url: str | None) -> Agency:
    """Return the agency whose keys lie in `key`, enrolled there or described by the other options."""
    folder = KeyFolder(key)
    if folder.enrolled and node is None and exchange is None:
        return Agency(**folder.enrolment(url))
    if node is None or url is None:
        raise CommandFailed(f"{key} has no node.json: give --node and --url, or run `leadbridge node enrol`")
    # Nothing was pinned, so the exchange itself names its keys: that guards against mistakes, not against it.
    jwks = accept(httpx.get(url.rstrip("/") + "/.well-known/jwks.json", timeout=20.0)).json()
    return Agency(url, node, exchange or exchange_at(url), folder.keys(), jwks=jwks)
