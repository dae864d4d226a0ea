"""`serve` under a login that is a member of both roles and owns nothing: it works, and evidence is out of its reach."""

import os
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app import embedded_postgres, migrate
from app.db import READER, WRITER, Table, driver_connection
from tests.agencies import World, world
from tests.cli.command_line import leadbridge
from tests.conftest import new_database
from tests.guard.asking import ask, rows
from tests.guard.test_roles import EVIDENCE
from tests.killing import settings
from tests.views.steps import act_ids, acts_seen, received

# By what a session comes back to its login, or goes to the other role.
ESCAPES = ("SET ROLE NONE", "RESET ROLE", "RESET ALL", "SET SESSION AUTHORIZATION DEFAULT", f"SET ROLE {READER}")
REFUSED = (asyncpg.InsufficientPrivilegeError, asyncpg.ObjectNotInPrerequisiteStateError)


@dataclass(frozen=True)
class Site:
    """A database that its owner migrated, and the URL by which the service logs in."""

    owner_url: str
    url: str
    login: str
    data_dir: Path


@pytest.fixture(scope="module")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that lets every role log in: an embedded one admits its own role alone."""
    if given := os.environ.get("LEADBRIDGE_TEST_DATABASE_URL"):
        yield given
        return
    folder = tmp_path_factory.mktemp("server")
    with embedded_postgres.running(folder, durable=False) as url:
        with (folder / "postgres" / "pg_hba.conf").open("a") as access:
            access.write("local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n")
        os.kill(int((folder / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0]), signal.SIGHUP)
        yield url


@pytest.fixture(scope="module")
def site(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A database that its owner migrated, and the login of a site's service, made as docs/operating.md says."""
    login = f"site_{uuid4().hex[:8]}"
    with new_database(server_url) as owner:
        migrate.upgrade(owner)
        rows(owner, None, f"CREATE ROLE {login} LOGIN PASSWORD 'plain'")
        try:
            rows(owner, None, f"GRANT {WRITER}, {READER} TO {login}")
            url = make_url(owner).set(username=login, password="plain").render_as_string(hide_password=False)
            yield Site(owner, url, login, tmp_path_factory.mktemp("site"))
        finally:
            rows(owner, None, f"DROP ROLE {login}")


@pytest.fixture(scope="module")
def there(site: Site) -> Iterator[World]:
    with world(site.url, site.data_dir) as running:
        yield running


def refused(site: Site, escape: str, attacks: Sequence[str]) -> None:
    """Log in as the service does, leave its role, and assert that the database refuses each of the attacks."""

    async def question(engine: AsyncEngine) -> None:
        async with driver_connection(engine) as connection:
            for attack in attacks:
                await connection.execute(escape)
                with pytest.raises(REFUSED):
                    await connection.execute(attack)

    ask(site.url, WRITER, question)


def test_acts_reads_and_the_commands_work_under_it(there: World, site: Site) -> None:
    lead_id, transfer_id = received(there)
    police = there.agency("police")
    police.accept(transfer_id)
    assert acts_seen(police, lead_id)[-1] == "transfer.accept"
    for act_id in act_ids(police, lead_id).values():
        police.get_act(act_id)
    assert police.lead(lead_id)["state"] == "accepted"
    given = settings(site.url, site.data_dir)
    for words in (("audit", "--jobs", "1"), ("rebuild", "--check"), ("keys", "rotate", "signing"), ("migrate",)):
        answer = leadbridge(*words, **given)
        assert answer.returncode == 0, (words, answer.stderr)
    answer = leadbridge(
        "admin", "add", "auditor", "--role", "auditor", "--password-stdin", given="a long enough word\n", **given
    )
    assert answer.returncode == 0, answer.stderr


def test_it_owns_nothing_and_is_nobody_else(site: Site) -> None:
    may = "rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication"
    asked = f"SELECT {may}, EXISTS (SELECT FROM pg_class WHERE relowner = r.oid) FROM pg_roles AS r WHERE rolname = :it"  # noqa: S608 (ours)
    assert rows(site.owner_url, None, text(asked).bindparams(it=site.login)) == [(False,) * 6]
    (owner,) = rows(site.owner_url, None, "SELECT current_user")[0]
    refused(site, "SET ROLE NONE", [f'SET ROLE "{owner}"', "SET ROLE pg_write_all_data"])


@pytest.mark.parametrize("escape", ESCAPES)
@pytest.mark.usefixtures("there")
def test_it_can_neither_change_nor_remove_evidence_whatever_role_it_goes_back_to(site: Site, escape: str) -> None:
    before = counted(site)
    for name in EVIDENCE:
        field = next(one.name for one in Table.metadata.tables[name].columns if not one.identity)
        attacks = [
            f'UPDATE {name} SET "{field}" = "{field}"',  # noqa: S608 (names of ours)
            f"DELETE FROM {name}",  # noqa: S608 (names of ours)
            f"TRUNCATE {name} CASCADE",
            f"ALTER TABLE {name} DISABLE TRIGGER ALL",
            f"ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY",
            f"DROP TABLE {name} CASCADE",
            f"ALTER TABLE {name} OWNER TO {site.login}",
        ]
        refused(site, escape, attacks)
    assert counted(site) == before


def counted(site: Site) -> list[tuple[str, int]]:
    """How many rows each table of evidence has."""
    each = (f"SELECT '{name}', count(*) FROM {name}" for name in EVIDENCE)  # noqa: S608 (names of ours)
    return rows(site.owner_url, None, " UNION ALL ".join(each))


@pytest.mark.parametrize("escape", ESCAPES)
def test_it_cannot_take_away_what_guards_the_rows(site: Site, escape: str) -> None:
    attacks = [
        "SET session_replication_role = replica",
        "DROP TRIGGER evidence_stays ON act",
        "CREATE OR REPLACE FUNCTION evidence_stays() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
        "ALTER FUNCTION evidence_stays() RENAME TO gone",
        "DROP POLICY own_rows ON act",
        "CREATE TABLE public.mine (it int)",
        f"ALTER ROLE {WRITER} BYPASSRLS",
    ]
    refused(site, escape, attacks)
