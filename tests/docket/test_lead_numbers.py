"""Lead numbers: unique, and no count of what other agencies register."""

import hashlib
from itertools import pairwise

from app.docket.numbers import shuffled
from tests.agencies import World

KEY = hashlib.sha256(b"a key of this test").digest()


def test_no_two_numbers_have_one_place() -> None:
    assert len({shuffled(number, KEY) for number in range(100_000)}) == 100_000
    assert {shuffled(number, KEY) // 1_000_000 for number in range(2_999_900, 3_000_100)} == {2, 3}


def test_the_next_place_is_as_often_below_as_above() -> None:
    places = [shuffled(number, KEY) for number in range(2000)]
    rises = sum(one < following for one, following in pairwise(places))
    assert 900 < rises < 1100
    assert [shuffled(number, KEY) for number in range(10)] != [shuffled(number, KEY[::-1]) for number in range(10)]


def test_an_agency_cannot_count_the_leads_of_another_by_its_own_numbers(exchange: World) -> None:
    """Numbers of one kind and area were taken one after the other: 12, then 17, told of four leads in between."""
    town = exchange.agency("township")
    numbers = [town.lead(exchange.register())["lead_no"] for _ in range(6)]
    places = [int(number.rpartition("-")[2]) for number in numbers]
    assert places != sorted(places) or places[-1] - places[0] > 1000
    assert all(len(number.rpartition("-")[2]) == 6 for number in numbers)
