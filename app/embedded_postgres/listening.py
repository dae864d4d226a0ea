"""Where the server listens: a socket in the data folder, or in a short temporary one, or else 127.0.0.1."""

import os
import shutil
import socket
import stat
import tempfile
from pathlib import Path

from app.embedded_postgres.account import Account, ServerNotStarted

PORT = 5432

# A socket's whole path may have 107 bytes on Linux and 103 on macOS; its name takes `/.s.PGSQL.5432.lock`.
LONGEST_FOLDER = 103 - len("/.s.PGSQL.5432.lock")


def runtime_folder(account: Account, record: Path) -> Path:
    """Make a short temporary folder for this start, and note it in `record` for `forget_runtime`."""
    forget_runtime(record)
    for place in dict.fromkeys((tempfile.gettempdir(), "/tmp", "/var/tmp")):
        try:
            folder = Path(tempfile.mkdtemp(prefix="leadbridge-", dir=place))
        except OSError:
            continue
        if account.dropped:
            folder.chmod(0o711)
        if account.can_enter(folder) and len(os.fsencode(folder / "s")) <= LONGEST_FOLDER:
            record.write_text(str(folder))
            return folder
        folder.rmdir()
    raise ServerNotStarted(f"uid {account.uid} has no temporary folder that it can enter; set TMPDIR")


def forget_runtime(record: Path) -> None:
    """Remove the folder noted in `record`, also one left by a killed server, if it is still ours."""
    if not record.exists():
        return
    folder = Path(record.read_text())
    try:
        found = folder.lstat()
    except FileNotFoundError:
        found = None
    # A temporary name may meanwhile belong to a stranger, who could have put a link there.
    if found is not None and stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid():
        shutil.rmtree(folder, ignore_errors=True)
    record.unlink()


def settings(account: Account, wanted: Path, runtime: Path) -> dict[str, str]:
    """Return the server settings that make it listen in the best possible place."""
    for folder in (wanted, runtime / "s"):
        if _usable(account, folder):
            return {
                "listen_addresses": "",
                "port": str(PORT),
                "unix_socket_directories": str(folder),
                "unix_socket_permissions": "0700",
            }
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": ""}


def _usable(account: Account, folder: Path) -> bool:
    """Tell whether a socket can be made in `folder`: some shared file systems have none."""
    # A comma would end the server's setting, a colon the driver's host name.
    if len(os.fsencode(folder)) > LONGEST_FOLDER or {",", ":", '"', "'"} & set(str(folder)):
        return False
    # A killed server leaves a lock file, and the next one refuses it as long as nobody reaps the dead process.
    # The folder is the server's alone, and only who knows that no server runs comes here.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    account.give(folder)
    trial = folder / "trial"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.bind(str(trial))
    except OSError:
        return False
    trial.unlink()
    return account.can_enter(folder)
