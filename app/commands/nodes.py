"""`keygen` and `node`: an agency's keys, and how it joins an exchange."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import httpx
import typer

from app.client import Administrator, Agency, KeyFolder
from app.client.connection import accept
from app.commands.passwords import password_of

node = typer.Typer(help="Agencies: create one as registrar, enrol one as its system.", no_args_is_help=True)

Url = Annotated[str, typer.Option(help="The exchange's address.", envvar="LEADBRIDGE_URL")]
HERE = "http://127.0.0.1:8080"


class KeyAlg(StrEnum):
    """Signature algorithms an agency may choose."""

    ED25519 = "Ed25519"
    ES256 = "ES256"
    SM2_SM3 = "SM2-SM3"


class NodeKeyPurpose(StrEnum):
    """What a key is for; one key has one purpose for ever."""

    ACT = "act"
    AUTH = "auth"
    SEAL = "seal"


def keygen(
    alg: Annotated[KeyAlg, typer.Option(help="Signature algorithm.")] = KeyAlg.ED25519,
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("keys"),
    purpose: Annotated[list[NodeKeyPurpose] | None, typer.Option(help="Only this key; may be repeated.")] = None,
) -> None:
    """Make an agency's keys: PEM (PKCS#8, mode 0600) and public JWK; prints the thumbprints. To seal: X25519."""
    for each in purpose or list(NodeKeyPurpose):
        folder = KeyFolder(out)
        key = folder.create_seal_key() if each is NodeKeyPurpose.SEAL else folder.create_key(each.value, alg.value)
        typer.echo(f"{each.value}  {key.kid}  {out / (each.value + '.pem')}")


@node.command()
def add(
    node_id: Annotated[str, typer.Argument(help="For example police-990121.")],
    kind: Annotated[str, typer.Option(help="police, township, regulator …")],
    name: Annotated[str, typer.Option(help="The agency's name.")],
    division_code: Annotated[str, typer.Option(help="6, 9 or 12 digits (GB/T 2260).")],
    level: Annotated[str, typer.Option(help="township, county, city, province or national.")],
    admin: Annotated[str, typer.Option(help="Your login name; you must be registrar.")],
    parent: Annotated[str | None, typer.Option(help="Node id of the superior agency.")] = None,
    sector: Annotated[str | None, typer.Option(help="For a regulator.")] = None,
    url: Url = HERE,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read it from standard input.")] = False,
) -> None:
    """Create a node and print its enrolment code: it works once, for 72 hours."""
    registrar = Administrator(url).login(admin, password_of(from_stdin=password_stdin))
    registrar.create_node(
        node_id,
        kind=kind,
        name=name,
        division_code=division_code,
        level=level,
        parent=parent,
        sector=sector,
    )
    handed_out(registrar, node_id)


@node.command()
def code(
    node_id: Annotated[str, typer.Argument(help="A node that exists.")],
    admin: Annotated[str, typer.Option(help="Your login name; you must be registrar.")],
    url: Url = HERE,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read it from standard input.")] = False,
) -> None:
    """Print a fresh enrolment code for a node that exists."""
    handed_out(Administrator(url).login(admin, password_of(from_stdin=password_stdin)), node_id)


def handed_out(registrar: Administrator, node_id: str) -> None:
    fresh = registrar.enrolment_code(node_id)
    typer.echo(f"{fresh['code']}  (for {node_id}, until {fresh['expires_at']})")


@node.command()
def enrol(
    url: Annotated[str, typer.Argument(help="The exchange's address.")],
    node_id: Annotated[str, typer.Argument(help="The node that the code is for.")],
    code: Annotated[str, typer.Argument(help="The enrolment code.")],
    key: Annotated[Path, typer.Option(help="Folder with the keys that `keygen` made.")] = Path("keys"),
) -> None:
    """Register this agency's keys with an enrolment code; pin the exchange's keys beside them."""
    folder = KeyFolder(key)
    exchange_id = exchange_at(url)
    enrolled = Agency(url, node_id, exchange_id, folder.keys()).enrol(code)
    folder.remember(url=url, node_id=node_id, exchange_id=exchange_id, jwks=enrolled["jwks"])
    if enrolled.get("state") == "pending":
        for each in enrolled["keys"]:
            typer.echo(f"{each['purpose']}  {each['kid']}")
        typer.echo(
            f"{node_id} has keys already: enrolment {enrolled['enrolment_id']} replaces them once a second registrar "
            f"has confirmed it, not before {enrolled['effective_from']}. Read these thumbprints to the registrar."
        )
        return
    for each in enrolled["keys"]:
        typer.echo(f"{each['purpose']}  {each['kid']}  key event {each['key_event']}")
    typer.echo(f"{node_id} is enrolled at {exchange_id}; its keys are pinned in {key / 'node.json'}")


def exchange_at(url: str) -> str:
    """Return the id of the exchange at `url`, from its open description."""
    answer = accept(httpx.get(url.rstrip("/") + "/.well-known/leadbridge", timeout=20.0))
    return str(answer.json()["exchange"])
