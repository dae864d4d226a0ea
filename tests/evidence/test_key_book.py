"""Whose key was valid where: places in the log, and behind it in the queue."""

import pytest

from app.audit.contradiction import Contradiction
from app.audit.register.key_book import HEARD_WITHIN, ExchangeFact, KeyBook, KeyFact, Keys
from app.signing.jws import Header, read_header, sign_detached
from app.signing.keys import generate_private

KEY = generate_private("Ed25519")
AT = 1_795_000_000


def header(at: int) -> Header:
    jti = "01890000-0000-7000-8000-000000000000"
    return read_header(sign_detached(b"", KEY, typ="lead-receipt+jws", iss="exchange", aud="town", iat=at, jti=jti))


@pytest.mark.parametrize(
    ("place", "contradiction"), [(4, "registered after"), (5, None), (8, None), (9, "revoked before")]
)
def test_a_key_of_a_node_is_valid_between_its_events(place: int, contradiction: str | None) -> None:
    book = KeyBook("exchange", 7, {KEY.kid: KeyFact("town", "act", KEY.public_jwk, 3, since=4, until=9)})
    if contradiction is None:
        assert Keys(book).of_node("town", KEY.kid, place, "act")[1] == 3
    else:
        with pytest.raises(Contradiction, match=contradiction):
            Keys(book).of_node("town", KEY.kid, place, "act")


@pytest.mark.parametrize(
    ("place", "at", "good"), [(9, AT + 9999, True), (11, AT + HEARD_WITHIN, True), (11, AT + HEARD_WITHIN + 1, False)]
)
def test_a_followed_key_of_the_exchange_signs_until_everybody_has_heard_of_it(place: int, at: int, good: bool) -> None:
    book = KeyBook("exchange", 7, own={KEY.kid: ExchangeFact("signing", KEY.public_jwk, until=10, followed_at=AT)})
    if good:
        assert Keys(book).of_exchange("signing", header(at), "act", place).kid == KEY.kid
    else:
        with pytest.raises(Contradiction, match="which another signing key had followed"):
            Keys(book).of_exchange("signing", header(at), "act", place)


def test_a_followed_log_key_signs_no_head_that_has_the_event() -> None:
    book = KeyBook("exchange", 7, own={KEY.kid: ExchangeFact("log", KEY.public_jwk, until=10)})
    assert [len(Keys(book).of_log("exchange/log", size)) for size in (9, 10, 11)] == [1, 1, 0]
