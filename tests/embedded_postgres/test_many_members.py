"""Several processes on one data folder share one server, whatever becomes of the one that started it."""

import os
from collections.abc import Callable
from pathlib import Path

from app import embedded_postgres
from tests.embedded_postgres.conftest import Member, arrived, ask, launch, server_pid

Join = Callable[..., Member]


def test_a_killed_service_leaves_a_server_that_the_next_one_adopts(tmp_path: Path, join: Join) -> None:
    killed = join(tmp_path)
    before = server_pid(tmp_path)
    killed.kill()
    with embedded_postgres.running(tmp_path) as url:
        assert server_pid(tmp_path) == before
        assert ask(url, "SELECT 1") == [(1,)]
    assert not (tmp_path / "postgres" / "postmaster.pid").exists()


def test_two_that_start_at_once_share_one_server(tmp_path: Path) -> None:
    both = [launch(tmp_path), launch(tmp_path)]
    first, second = (arrived(process) for process in both)
    assert first.url == second.url
    assert ask(first.url, "SELECT 1") == [(1,)]
    first.leave()
    second.leave()


def test_the_last_one_out_stops_the_server(tmp_path: Path, join: Join) -> None:
    starter, adopter, killed = join(tmp_path), join(tmp_path), join(tmp_path)
    starter.leave()
    killed.kill()
    assert ask(adopter.url, "SELECT 1") == [(1,)]
    adopter.leave()
    assert not (tmp_path / "postgres" / "postmaster.pid").exists()


def test_the_server_does_not_belong_to_the_process_that_started_it(tmp_path: Path, join: Join) -> None:
    member = join(tmp_path)
    assert os.getpgid(server_pid(tmp_path)) not in (os.getpgid(member.process.pid), os.getpgrp())
    member.leave()
