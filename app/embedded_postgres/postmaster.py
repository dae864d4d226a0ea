"""One server process: is it there, start it, wait for it, stop it."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.embedded_postgres.account import Account, ServerNotStarted
from app.embedded_postgres.binaries import Binaries
from app.embedded_postgres.cluster import place

START_SECONDS = 120  # crash recovery may have to read a gigabyte of log
STOP_SECONDS = 60
BEYOND_ALL_PIDS = 2**31 - 1

SETTINGS = {
    "shared_buffers": "128MB",
    "max_connections": "100",
    "wal_compression": "pglz",  # the wheel is built without lz4
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # No statement and no key value in the log: they may hold a person's data.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
# No autovacuum either: its worker is the superuser's, and a test database with one in it cannot be dropped by us.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


@dataclass(frozen=True, slots=True)
class Postmaster:
    """A live server: its process, and where it listens (no socket folder: on 127.0.0.1)."""

    pid: int
    port: int
    socket_folder: str
    ready: bool


def find(cluster: Path) -> Postmaster | None:
    """Return the server that really runs on `cluster`.

    A pid file proves nothing: after a kill its pid is free, a stranger's, or that of a zombie nobody reaps.
    """
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
        pid, port, socket_folder = int(lines[0]), int(lines[3]), lines[4]
    except (FileNotFoundError, IndexError, ValueError):
        return None
    if not _runs(pid, cluster):
        return None
    return Postmaster(pid, port, socket_folder, ready=lines[-1].strip() == "ready")


def start(
    account: Account, binaries: Binaries, cluster: Path, listening: Mapping[str, str], *, durable: bool
) -> Postmaster:
    """Start a server on `cluster`, where none runs, and return it once it takes connections."""
    deadline = time.monotonic() + START_SECONDS
    options = {
        **SETTINGS,
        **({} if durable else FORGETFUL),
        **listening,
        "cluster_name": _name(cluster),
    }
    while True:
        _disown_pid_file(cluster)
        pid = _spawn(account, binaries, cluster, options)
        while _runs(pid, cluster):
            found = find(cluster)
            if found is not None and found.ready:
                return found
            if time.monotonic() > deadline:
                raise ServerNotStarted(f"PostgreSQL is not ready after {START_SECONDS} s: {_log_end(cluster)}")
            time.sleep(0.02)
        # The children of a killed server take a moment to notice; until then it must not be started.
        if "shared memory block" not in _log_end(cluster) or time.monotonic() > deadline:
            raise ServerNotStarted(f"PostgreSQL did not start: {_log_end(cluster)}")
        time.sleep(0.2)


def settled(cluster: Path) -> Postmaster | None:
    """Return the server on `cluster` once it is ready, or None once there is none: it may be stopping."""
    deadline = time.monotonic() + START_SECONDS
    while (found := find(cluster)) is not None and not found.ready:
        if time.monotonic() > deadline:
            raise ServerNotStarted(f"process {found.pid} neither serves nor ends: {_log_end(cluster)}")
        time.sleep(0.05)
    return found


def stop(cluster: Path) -> None:
    """Stop the server on `cluster`, if any, and return when it is gone."""
    for request in (signal.SIGINT, signal.SIGQUIT):  # disconnect and close; then, if it hangs, abort
        deadline = time.monotonic() + STOP_SECONDS
        found = find(cluster)
        if found is None:
            return
        os.kill(found.pid, request)
        while _runs(found.pid, cluster) and time.monotonic() < deadline:
            time.sleep(0.02)


def _spawn(account: Account, binaries: Binaries, cluster: Path, options: Mapping[str, str]) -> int:
    command = [binaries.path("postgres"), "-D", place(account, binaries, cluster)]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    # Through a shell that ends at once, so that the server is no child of ours: it may outlive us, and the one
    # we stop may have been started by another process.
    script = '"$0" "$@" </dev/null >server.log 2>&1 & echo $!'
    return int(account.run(["/bin/sh", "-c", script, *command], cwd=cluster).stdout)


def _name(cluster: Path) -> str:
    found = cluster.stat()
    return f"leadbridge-{found.st_dev}-{found.st_ino}"


def _runs(pid: int, cluster: Path) -> bool:
    """Tell whether process `pid` is the server of `cluster`, by its arguments; a zombie has none."""
    if Path("/proc/self/cmdline").exists():
        return f"cluster_name={_name(cluster)}".encode() in _arguments(Path(f"/proc/{pid}")).split(b"\0")
    listed = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return f"cluster_name={_name(cluster)}" in listed.stdout


def _arguments(process: Path) -> bytes:
    """Return the arguments of a process; none for one that is gone, or a zombie.

    In the midst of its exec a process has none for a moment either: that one is asked again.
    """
    arguments = b""
    with contextlib.suppress(OSError):
        for _ in range(100):
            arguments = (process / "cmdline").read_bytes()
            state = (process / "stat").read_text().rpartition(")")[2].split()[0]
            if arguments or state in "ZX":
                break
            time.sleep(0.01)
    return arguments


def _disown_pid_file(cluster: Path) -> None:
    """Let a killed server's pid file name no live process, so that the next server looks further.

    It is not deleted: its other lines let the new server refuse while children of the old one still write.
    """
    file = cluster / "postmaster.pid"
    if file.exists():
        _, _, rest = file.read_text().partition("\n")
        file.write_text(f"{BEYOND_ALL_PIDS}\n{rest}")


def _log_end(cluster: Path) -> str:
    log = cluster / "server.log"
    return log.read_text(errors="replace")[-2000:].strip() if log.exists() else "no log"
