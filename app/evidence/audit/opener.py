"""What is stored encrypted, opened again: the data key of a root, and by it bodies and the keys of files.

Nothing else of the audit touches a data key.
"""

from typing import Any

from cryptography.exceptions import InvalidTag

from app.docket.reading import root_key, stored_body
from app.evidence.audit.lies import Lie
from app.vault import Vault, decrypt


class Opener:
    """Opens what belongs to the roots of one task; the data key of a root is unwrapped once."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._roots: dict[Any, bytes] = {}

    def root(self, row: Any) -> bytes:
        """Return the data key of the root of an act; raise `Lie` if its case is gone or the key does not open."""
        root_id = row["root_id"]
        if root_id not in self._roots:
            if row["data_key"] is None:
                raise Lie("case", root_id, f"it is gone; act {row['act_id']} belongs to it")
            try:
                self._roots[root_id] = root_key(self._vault, str(root_id), row["data_key"])
            except (InvalidTag, ValueError) as error:
                raise Lie("case", root_id, "its data key does not open under the master key") from error
        return self._roots[root_id]

    def body(self, row: Any) -> bytes:
        """Return the body of an act as it was sent; raise `Lie` if it does not open."""
        try:
            return stored_body(self.root(row), str(row["act_id"]), row["body"])
        except (InvalidTag, ValueError) as error:
            raise Lie("act", row["act_id"], "the body does not open: other bytes than were written") from error

    def file_key(self, row: Any, act: Any) -> bytes:
        """Return the key of a file that an act names; raise `Lie` if it does not open. `row` is that of `enclosed`."""
        try:
            return decrypt(self.root(act), row["file_key"], row["object_key"].encode())
        except (InvalidTag, ValueError) as error:
            key = f"{row['act_id']} {row['sha256']}"
            raise Lie("enclosed", key, "the key of the file does not open under the root's data key") from error
