"""The table `enclosed`: files that acts name."""

from dataclasses import dataclass

from app.docket.rows.statement import insert
from app.docket.tables import Enclosed


@dataclass(frozen=True, slots=True)
class EnclosedRow:
    """A file that an act names, its key under the key of the act's body; `sealed_for` is who alone may open it."""

    act_id: str
    sha256: bytes
    root_id: str
    size: int
    object_key: str
    file_key: bytes
    sealed_for: str | None


NEW = insert(Enclosed, EnclosedRow)
