"""The data folder: made whole or not at all, with one ordinary role, one database, and a password before all."""

import os
import secrets
import shutil
from pathlib import Path

from app.embedded_postgres.account import Account, ServerNotStarted
from app.embedded_postgres.binaries import Binaries

ROLE = DATABASE = "leadbridge"

# The superuser has no entry, so nobody can log in as one; `postgres --single` on a stopped server still can.
ACCESS = f"local all {ROLE} scram-sha-256\nhost all {ROLE} 127.0.0.1/32 scram-sha-256\n"


def major_of(cluster: Path) -> int | None:
    """Return the PostgreSQL major version that made `cluster`, or None if there is no cluster yet."""
    mark = cluster / "PG_VERSION"
    return int(mark.read_text()) if mark.exists() else None


def place(account: Account, binaries: Binaries, folder: Path) -> str:
    """Return how the server should name `folder`, which is also the working directory that it starts in.

    Root's folders are often closed to the account that runs the server. Opening them would be wrong, so there
    the server knows its data only as the directory it already stands in. Raises ServerNotStarted where the
    machine has no name for that, or the server is so old that it walks to its programs and back.
    """
    if account.can_enter(folder):
        return str(folder)
    if binaries.major < 16 or not Path("/proc/self/cwd").exists():
        raise ServerNotStarted(f"{folder} lies in a folder that uid {account.uid}, who runs it, may not enter")
    return "/proc/self/cwd"


def create(account: Account, binaries: Binaries, cluster: Path, password_file: Path, *, durable: bool) -> None:
    """Make the cluster and write its role's password. A crash half-way leaves no cluster behind."""
    draft = cluster.with_name(cluster.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    account.give(draft)
    _initdb(account, binaries, draft, durable=durable)
    password = secrets.token_urlsafe(24)
    _single(
        account,
        binaries,
        draft,
        f"CREATE ROLE {ROLE} LOGIN CREATEDB CREATEROLE PASSWORD '{password}'",
        f"CREATE DATABASE {DATABASE} OWNER {ROLE}",
    )
    (draft / "pg_hba.conf").write_text(ACCESS)
    _write_secret(password_file, password)
    draft.rename(cluster)


def _initdb(account: Account, binaries: Binaries, folder: Path, *, durable: bool) -> None:
    # The builtin provider sorts alike on every machine; before 17 only the C library has UTF-8.
    locale = (
        ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        if binaries.major >= 17
        else ["--locale=C.UTF-8"]
    )
    made = account.run(
        [
            binaries.path("initdb"),
            f"--pgdata={place(account, binaries, folder)}",
            "--username=postgres",
            "--encoding=UTF8",
            *locale,
            "--auth=reject",
            "--data-checksums",
            "--no-instructions",
            *([] if durable else ["--no-sync"]),
        ],
        cwd=folder,
    )
    if made.returncode != 0:
        raise ServerNotStarted(f"initdb failed: {made.stderr.strip()}")


def _single(account: Account, binaries: Binaries, folder: Path, *statements: str) -> None:
    """Run statements, one a line, in a server without a network, before anyone can connect."""
    command = [binaries.path("postgres"), "--single", "-D", place(account, binaries, folder)]
    done = account.run(
        [*command, "-c", "exit_on_error=true", "-c", "log_min_error_statement=panic", "postgres"],
        cwd=folder,
        stdin="".join(f"{statement}\n" for statement in statements),
    )
    if done.returncode != 0 or "ERROR:" in done.stderr or "FATAL:" in done.stderr:
        raise ServerNotStarted(f"PostgreSQL could not set up the database: {done.stderr.strip()}")


def _write_secret(path: Path, secret: str) -> None:
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
