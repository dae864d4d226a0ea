"""A case in memory while its batch runs, with its keys in the clear."""

import os
from dataclasses import dataclass, field
from typing import Self

from app.casework.case import Case
from app.casework.records.erasure import ERASE
from app.docket.rows.case import CaseRow
from app.stored import root_key, stored_case
from app.vault import KEY_BYTES, Vault, encrypt


@dataclass(slots=True)
class DecryptedCase:
    """A case with its data key; `before` is the case as it was decrypted.

    `next_key` is the data key that it will have when all its parts are erased, once one of them is: in the clear, and
    wrapped.
    """

    case: Case
    data_key: bytes
    wrapped_key: bytes
    seq: int
    is_new: bool
    next_key: tuple[bytes, bytes] | None = None
    touched: set[str] = field(default_factory=set)
    touched_deadlines: set[str] = field(default_factory=set)
    before: Case = field(init=False)

    def __post_init__(self) -> None:
        self.before = self.case

    @classmethod
    def fresh(cls, vault: Vault, root_id: str) -> Self:
        """Return an empty case under a new data key."""
        data_key, wrapped = _fresh_key(vault, root_id)
        return cls(Case(root_id=root_id), data_key, wrapped, 0, is_new=True)

    @classmethod
    def stored(cls, vault: Vault, row: CaseRow) -> Self:
        """Return a stored case, decrypted."""
        data_key = root_key(vault, row.root_id, row.data_key)
        case = stored_case(data_key, row.root_id, row.snapshot)
        coming = None if row.next_key is None else (root_key(vault, row.root_id, row.next_key), row.next_key)
        return cls(case, data_key, row.data_key, row.last_seq, is_new=False, next_key=coming)

    def outlast(self, vault: Vault) -> None:
        """Make the key that outlives the data key, if there is none yet: what says of an erasure is under it."""
        self.next_key = self.next_key or _fresh_key(vault, self.case.root_id)

    def body_key(self, act: str) -> bytes:
        """Return the key under which the body of an act is kept."""
        return self.next_key[0] if act == ERASE and self.next_key is not None else self.data_key

    def seal_file_key(self, act: str, object_key: str, file_key: bytes) -> bytes:
        """Return the key of a file that an act names, under the key of the act's own body."""
        return encrypt(self.body_key(act), file_key, object_key.encode())


def _fresh_key(vault: Vault, root_id: str) -> tuple[bytes, bytes]:
    key = os.urandom(KEY_BYTES)
    return key, vault.wrap(key, root_id.encode())
