"""What some tests need of the machine beside Python, PostgreSQL and openssl; their marks say what."""

import os

import pytest


def need(there: object, how: str) -> None:
    """Go on where it is `there`. Elsewhere the test skips, but fails in CI, where nobody would notice that."""
    if there:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(how)
    pytest.skip(how)
