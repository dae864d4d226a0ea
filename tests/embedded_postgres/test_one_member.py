"""One process and its server: rows outlive stops and crashes, and no stranger gets in."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from app import embedded_postgres
from tests.embedded_postgres.conftest import Member, ask, kill_server, server_pid

Join = Callable[..., Member]


def test_rows_outlive_a_restart(tmp_path: Path) -> None:
    with embedded_postgres.running(tmp_path) as url:
        ask(url, "CREATE TABLE kept (id int)", "INSERT INTO kept VALUES (7)")
    assert not (tmp_path / "postgres" / "postmaster.pid").exists()
    with embedded_postgres.running(tmp_path) as url:
        assert ask(url, "SELECT id FROM kept") == [(7,)]


@pytest.mark.parametrize("reachable", [True, False], ids=["in an open folder", "in a closed folder"])
def test_committed_rows_outlive_a_killed_server(reachable: bool, tmp_path: Path, open_folder: Path, join: Join) -> None:
    data_dir = (open_folder if reachable else tmp_path) / "data"
    member = join(data_dir)
    ask(member.url, "CREATE TABLE kept (id int)", "INSERT INTO kept VALUES (7)")
    kill_server(data_dir)
    member.leave()
    with embedded_postgres.running(data_dir) as url:
        assert ask(url, "SELECT id FROM kept") == [(7,)]


def test_a_pid_file_that_names_a_stranger_does_not_stop_the_start(tmp_path: Path, join: Join) -> None:
    member = join(tmp_path)
    file = tmp_path / "postgres" / "postmaster.pid"
    lines = file.read_text().split("\n")
    kill_server(tmp_path)
    member.leave()
    file.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    with embedded_postgres.running(tmp_path) as url:
        assert ask(url, "SELECT 1") == [(1,)]
        assert server_pid(tmp_path) != os.getpid()


def test_a_half_made_cluster_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "postgres.new").mkdir()
    (tmp_path / "postgres.new" / "PG_VERSION").write_text("18\n")
    with embedded_postgres.running(tmp_path, durable=False) as url:
        assert ask(url, "SELECT 1") == [(1,)]


def test_a_data_folder_of_any_length_is_served(tmp_path: Path) -> None:
    data_dir = tmp_path / ("long" * 20) / ("name" * 20)
    with embedded_postgres.running(data_dir, durable=False) as url:
        folder = str(make_url(url).query["host"])
        assert ask(url, "SELECT 1") == [(1,)]
    assert not Path(folder).exists()


def test_nobody_gets_in_without_the_password(tmp_path: Path) -> None:
    with embedded_postgres.running(tmp_path, durable=False) as url:
        stranger = make_url(url).set(password="guessed").render_as_string(hide_password=False)
        with pytest.raises(DBAPIError, match="password authentication failed"):
            ask(stranger, "SELECT 1")
        superuser = make_url(url).set(username="postgres").render_as_string(hide_password=False)
        with pytest.raises(DBAPIError, match=r"no pg_hba\.conf entry"):
            ask(superuser, "SELECT 1")
        folder = Path(str(make_url(url).query["host"]))
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "postgres.password").stat().st_mode) == 0o600


def test_the_service_is_no_superuser_and_text_sorts_alike_everywhere(tmp_path: Path) -> None:
    with embedded_postgres.running(tmp_path, durable=False) as url:
        assert ask(url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [(False,)]
        assert ask(url, "SELECT upper('ä') = 'Ä', 'Z' < 'a'") == [(True, True)]
        assert ask(url, "SHOW listen_addresses") == [("",)]
        assert ask(url, "SHOW fsync") == [("off",)]
