"""Who runs the server: the current user, or for root an unprivileged one, because PostgreSQL refuses root."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

# Nothing of the caller's environment reaches the server: PGPORT and its kin would change what it does.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


class ServerNotStarted(RuntimeError):
    """The embedded server cannot serve; the message says why and what the operator may do."""


@dataclass(frozen=True, slots=True)
class Account:
    """The user and group that own the cluster and run its programs; `dropped` if they are not our own."""

    uid: int
    gid: int
    dropped: bool

    @classmethod
    def for_cluster(cls, cluster: Path) -> Self:
        """Return our own account, or for root the owner of `cluster`, or `nobody` where there is none yet.

        Raises ServerNotStarted if the cluster belongs to somebody whom we cannot become.
        """
        own, owner = os.geteuid(), cluster.stat() if cluster.exists() else None
        if own != 0:
            if owner is not None and owner.st_uid != own:
                raise ServerNotStarted(f"{cluster} belongs to uid {owner.st_uid}, but this is uid {own}")
            return cls(own, os.getegid(), dropped=False)
        if owner is not None and owner.st_uid != 0:
            return cls(owner.st_uid, owner.st_gid, dropped=True)
        nobody = pwd.getpwnam("nobody")
        return cls(nobody.pw_uid, nobody.pw_gid, dropped=True)

    def give(self, folder: Path) -> None:
        """Make `folder` this account's own, closed to all others."""
        folder.chmod(0o700)
        if self.dropped:
            os.chown(folder, self.uid, self.gid)

    def run(
        self, command: Sequence[str], *, cwd: Path | str = "/", stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run `command` as this account, in `cwd` even where the account could not walk to it by itself.

        Raises OSError if the program cannot be started, ServerNotStarted if we may not change our account.
        """
        try:
            return subprocess.run(
                command,
                cwd=cwd,
                input=stdin,
                env=ENVIRONMENT,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                # A session of its own: Ctrl-C is for the service, which then stops the server.
                start_new_session=True,
                user=self.uid if self.dropped else None,
                group=self.gid if self.dropped else None,
                extra_groups=() if self.dropped else None,
            )
        except subprocess.SubprocessError as error:
            raise ServerNotStarted(f"cannot run PostgreSQL as uid {self.uid}: {error}") from error

    def can_enter(self, folder: Path) -> bool:
        """Tell whether this account can walk to `folder`. The kernel says so; mode bits alone do not."""
        return self.run(["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)]).returncode == 0
