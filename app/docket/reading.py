"""What is stored, opened again: cases and bodies under the data key of their root."""

from app.casework.case import Case
from app.vault import Vault, decrypt


def root_key(vault: Vault, root_id: str, wrapped: bytes) -> bytes:
    """Return the data key of a root lead."""
    return vault.unwrap(wrapped, root_id.encode())


def stored_case(data_key: bytes, root_id: str, snapshot: bytes) -> Case:
    """Return the case that a snapshot holds."""
    return Case.model_validate_json(decrypt(data_key, snapshot, root_id.encode()))


def stored_body(data_key: bytes, act_id: str, sealed: bytes) -> bytes:
    """Return the body of an act, byte for byte as it was sent."""
    return decrypt(data_key, sealed, act_id.encode())
