"""What is stored, opened again: cases, bodies and the keys of files, under the data key of their root."""

from typing import Any, Protocol

from app.casework.case import Case
from app.casework.records.erasure import ERASE, erased_for
from app.vault import Vault, decrypt

# Of a query over `act a` and `"case" c`: the wrapped key that opens a body and the keys of its files; null once erased.
BODY_KEY = f"""
    CASE WHEN a.act = '{ERASE}' THEN coalesce(c.next_key, c.data_key) WHEN c.erased_at IS NULL THEN c.data_key END
"""
# Of the same: the case, where something in it was erased; only then it must be opened to know for whom.
ERASED_IN = "CASE WHEN c.erased_at IS NOT NULL OR c.next_key IS NOT NULL THEN c.snapshot END"


class StoredRow(Protocol):
    """A row as a query returned it, its columns by their names."""

    def __getitem__(self, column: str, /) -> Any: ...


def root_key(vault: Vault, root_id: str, wrapped: bytes) -> bytes:
    """Return the data key of a root lead."""
    return vault.unwrap(wrapped, root_id.encode())


def stored_case(data_key: bytes, root_id: str, snapshot: bytes) -> Case:
    """Return the case that a snapshot holds."""
    return Case.model_validate_json(decrypt(data_key, snapshot, root_id.encode()))


def erased_by(vault: Vault, node: str, row: StoredRow) -> str | None:
    """Return the act by which the content of another is erased for a node; None while the node may read it.

    `row` has, by name, `root_id`, `lead_id` and `act` of the act, the `data_key` of its case, and `erased_in`.
    """
    if row["erased_in"] is None or row["act"] == ERASE:
        return None
    root_id = str(row["root_id"])
    case = stored_case(root_key(vault, root_id, row["data_key"]), root_id, row["erased_in"])
    return erased_for(case, node, str(row["lead_id"]))


def stored_body(data_key: bytes, act_id: str, sealed: bytes) -> bytes:
    """Return the body of an act, byte for byte as it was sent."""
    return decrypt(data_key, sealed, act_id.encode())


def stored_file_key(data_key: bytes, object_key: str, sealed: bytes) -> bytes:
    """Return the key of a file that an act names."""
    return decrypt(data_key, sealed, object_key.encode())
