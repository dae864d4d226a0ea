"""What is evidence is refused to change by the database itself, to the owner of the tables as well."""

import pytest
from sqlalchemy.exc import ProgrammingError

from tests.conftest import execute


@pytest.mark.parametrize("statement", ["UPDATE inbox SET seq = seq + 1", "DELETE FROM inbox", "TRUNCATE inbox"])
def test_an_inbox_only_grows(database_url: str, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="inbox is evidence"):
        execute(database_url, statement)
