"""What the server does where the usual way is closed."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import make_url

from app import embedded_postgres
from tests.embedded_postgres.conftest import Member, ask

Join = Callable[..., Member]


def test_where_no_socket_can_be_made_the_server_listens_on_this_machine_only(open_folder: Path, join: Join) -> None:
    # No server setting can name a folder with a comma, so neither of these can hold a socket.
    temporary = open_folder / "no,socket"
    temporary.mkdir()
    member = join(temporary / "data", TMPDIR=str(temporary))
    assert make_url(member.url).host == "127.0.0.1"
    assert ask(member.url, "SHOW listen_addresses") == [("127.0.0.1",)]
    member.leave()


def test_without_the_wheel_a_postgresql_of_the_machine_serves(tmp_path: Path, open_folder: Path, join: Join) -> None:
    if not list(Path("/usr/lib/postgresql").glob("1[5-8]/bin/postgres")):
        pytest.skip("this machine has no PostgreSQL of its own")
    (tmp_path / "embedded_postgres").mkdir()
    (tmp_path / "embedded_postgres" / "__init__.py").touch()
    member = join(open_folder / "data", site=tmp_path)
    assert ask(member.url, "SELECT upper('\u00e4') = '\u00c4'") == [(True,)]
    member.leave()


def test_a_start_that_fails_says_why_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("9\n")
    with (
        pytest.raises(embedded_postgres.ServerNotStarted, match="no PostgreSQL 9, which made the data folder"),
        embedded_postgres.running(tmp_path),
    ):
        pass
    assert not (tmp_path / "postgres.runtime").exists()
