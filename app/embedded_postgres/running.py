"""Share one server among all processes that use a data folder: the first starts it, the last stops it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from app.embedded_postgres import binaries, cluster, listening, postmaster
from app.embedded_postgres.account import Account, ServerNotStarted


@contextmanager
def running(data_dir: Path, *, durable: bool = True) -> Iterator[str]:
    """Yield the URL of the database `leadbridge` on a server that keeps its data in `data_dir/postgres`.

    The role in the URL owns the database and may make others and further roles; it is no superuser. A server
    that already runs there is adopted, whoever started it, and goes on while anyone uses it. `durable=False`
    (for tests) trades safety on power loss for speed. Blocks while starting: 1 or 2 s the first time, then about
    0.1 s. Raises ServerNotStarted.
    """
    data_dir = data_dir.resolve()
    # Root's server runs as somebody else, who must pass through; what is secret in here is closed by itself.
    data_dir.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    with _open(data_dir / "postgres.users") as users:
        with _turn(data_dir):
            # Held as long as we live: the kernel lets go of it however we die.
            fcntl.flock(users, fcntl.LOCK_SH)
            try:
                server = postmaster.settled(data_dir / "postgres") or _start(data_dir, durable=durable)
                url = _url(server, data_dir)
            except BaseException:
                _leave(users, data_dir)
                raise
        try:
            yield url
        finally:
            with _turn(data_dir):
                _leave(users, data_dir)


def revive(data_dir: Path) -> str:
    """Start the server of a data folder that this process uses, unless it runs; return its URL, as `running` does.

    It listens where it did, unless that was a port.
    """
    with _turn(data_dir):
        record = data_dir / "postgres.runtime"
        runtime = Path(record.read_text()) if record.exists() else None
        server = postmaster.settled(data_dir / "postgres") or _start(data_dir, durable=True, runtime=runtime)
        return _url(server, data_dir)


@contextmanager
def _open(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _turn(data_dir: Path) -> Iterator[None]:
    """Be the only one who starts, adopts or stops."""
    with _open(data_dir / "postgres.lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _leave(users: int, data_dir: Path) -> None:
    """Stop the server and remove its temporary folder, unless somebody else still uses them."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    postmaster.stop(data_dir / "postgres")
    listening.forget_runtime(data_dir / "postgres.runtime")


def _start(data_dir: Path, *, durable: bool, runtime: Path | None = None) -> postmaster.Postmaster:
    home, password_file = data_dir / "postgres", data_dir / "postgres.password"
    account = Account.for_cluster(home)
    runtime = runtime or listening.runtime_folder(account, data_dir / "postgres.runtime")
    version = cluster.major_of(home)
    programs = binaries.find(account, runtime, major=version)
    if version is None:
        cluster.create(account, programs, home, password_file, durable=durable)
    where = listening.settings(account, data_dir / "postgres.run", runtime)
    return postmaster.start(account, programs, home, where, durable=durable)


def _url(server: postmaster.Postmaster, data_dir: Path) -> str:
    try:
        password = (data_dir / "postgres.password").read_text()
    except FileNotFoundError:
        raise ServerNotStarted(f"{data_dir}/postgres.password is lost; restore it from a backup") from None
    login = f"postgresql://{cluster.ROLE}:{quote(password, safe='')}"
    if not server.socket_folder:
        return f"{login}@127.0.0.1:{server.port}/{cluster.DATABASE}"
    host = quote(server.socket_folder, safe="")
    return f"{login}@localhost/{cluster.DATABASE}?host={host}&port={server.port}"
