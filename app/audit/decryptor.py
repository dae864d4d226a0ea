"""What is stored encrypted, decrypted: the data key of a root, and by it the bodies of acts and the keys of files.

Nothing else of the audit touches a data key.
"""

from typing import Any

from cryptography.exceptions import InvalidTag

from app.audit.contradiction import Contradiction
from app.stored import StoredRow, root_key, stored_body
from app.vault import Vault, decrypt


class Decryptor:
    """Decrypts what belongs to the roots of one task; the data key of a root is unwrapped once."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._roots: dict[Any, bytes] = {}

    @staticmethod
    def is_erased(row: StoredRow) -> bool:
        """Return whether the body of an act was erased; raise `Contradiction` if its case is gone."""
        if row["case_id"] is None:
            raise Contradiction("case", row["root_id"], f"it is gone; act {row['act_id']} belongs to it")
        return row["data_key"] is None

    def data_key(self, row: StoredRow) -> bytes:
        """Return the data key of an act (an erasure has one of its own); raise `Contradiction` if it does not open."""
        if self.is_erased(row):
            raise Contradiction("enclosed", row["act_id"], "its act was erased, and the file's key was not")
        root_id, wrapped = row["root_id"], row["data_key"]
        if wrapped not in self._roots:
            try:
                self._roots[wrapped] = root_key(self._vault, str(root_id), wrapped)
            except (InvalidTag, ValueError) as error:
                raise Contradiction("case", root_id, "its data key does not open under the master key") from error
        return self._roots[wrapped]

    def body(self, row: StoredRow) -> bytes:
        """Return the body of an act as it was sent; raise `Contradiction` if it does not open."""
        try:
            return stored_body(self.data_key(row), str(row["act_id"]), row["body"])
        except (InvalidTag, ValueError) as error:
            raise Contradiction(
                "act", row["act_id"], "the body does not open: other bytes than were written"
            ) from error

    def file_key(self, row: StoredRow, act: StoredRow) -> bytes:
        """Return the key of a file from its row of `enclosed`; raise `Contradiction` if it does not open."""
        try:
            return decrypt(self.data_key(act), row["file_key"], row["object_key"].encode())
        except (InvalidTag, ValueError) as error:
            key = f"{row['act_id']} {row['sha256']}"
            raise Contradiction(
                "enclosed", key, "the key of the file does not open under the root's data key"
            ) from error
