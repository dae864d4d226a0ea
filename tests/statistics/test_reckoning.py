"""Rates and days from totals, and which cells others do not see."""

import itertools
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.casework.statistics.figures import STANDINGS
from app.statistics.overview import NodeFigures
from app.statistics.reckoning import (
    TOO_SMALL,
    Classes,
    Process,
    rate,
    reckon,
    veiled_classes,
    veiled_process,
)
from app.statistics.reports import as_period, ended_before
from app.statistics.totals import Period

NUMBER = st.one_of(st.integers(0, 7), st.integers(0, 500))


@pytest.mark.parametrize(("part", "whole", "shown"), [(131, 147, 89.12), (301, 387, 77.78), (2, 2, 100.0)])
def test_a_rate_is_in_per_cent_to_two_places(part: int, whole: int, shown: float) -> None:
    found = reckon({"cleared": part, "replied": part, "received": whole})
    assert (found.rates.clear, found.rates.reply) == (shown, shown)


def test_nothing_is_divided_by_nothing_and_conversion_needs_five() -> None:
    assert rate({}, "cleared", "received") is None
    assert reckon({"concluded": 4, "converted": 4}).rates.conversion == TOO_SMALL
    assert reckon({"concluded": 5, "converted": 4}).rates.conversion == 80.0
    assert reckon({}).zero
    assert not reckon({"pending": 1}).zero


def test_days_are_told_by_median_and_nearest_rank() -> None:
    (found,) = reckon({"days.D10.1": 5, "days.D10.4": 4, "days.D10.30": 1}).days
    assert (found.rule, found.count, found.median, found.p90) == ("D10", 10, 2.5, 4)


@given(st.tuples(NUMBER, NUMBER, NUMBER, NUMBER, NUMBER), NUMBER)
def test_no_small_cell_is_shown_and_none_follows_from_the_others(numbers: tuple[int, ...], cleared: int) -> None:
    totals = dict(zip(STANDINGS, numbers, strict=True)) | {"received": sum(numbers), "cleared": cleared}
    shown = veiled_classes(totals).model_dump()
    assert all(cell == TOO_SMALL or (cell == totals.get(name, 0) and cell >= 5) for name, cell in shown.items())
    left_out = [name for name in STANDINGS if shown[name] == TOO_SMALL]
    if left_out and shown["received"] != TOO_SMALL:
        assert len(left_out) >= 2
        assert sum(totals[name] for name in left_out) >= 5


def test_a_part_that_leaves_a_small_rest_is_not_shown() -> None:
    found = veiled_process({"receipts": 20, "receipts_late": 18, "returns": 6, "overdue_ever": 4})
    assert (found.receipts, found.receipts_late, found.returns) == (20, TOO_SMALL, 6)
    assert (found.overdue_ever, found.overdue_now) == (TOO_SMALL, TOO_SMALL)


def test_no_figure_ranks_by_outcome() -> None:
    outcomes = re.compile("convert|conclu|substantiat|score|rank")
    for model in (Classes, Process, NodeFigures):
        assert not [name for name in model.model_fields if outcomes.search(name)]


def test_periods_end_on_sundays_and_with_months_and_halves() -> None:
    ended = [(one.kind, str(one.starts), str(one.ends)) for one in ended_before(date(2026, 7, 1))]
    assert ended == [
        ("weekly", "2026-06-22", "2026-06-28"),
        ("monthly", "2026-06-01", "2026-06-30"),
        ("half_yearly", "2026-01-01", "2026-06-30"),
    ]
    assert [as_period(one).grain for one in ended_before(date(2026, 7, 1))] == ["day", "month", "month"]
    assert str(ended_before(date(2026, 1, 5))[2].starts) == "2025-07-01"
    assert [str(one.ends) for one in ended_before(date(2026, 1, 5))] == ["2026-01-04", "2025-12-31", "2025-12-31"]


def test_a_month_has_its_days() -> None:
    found = [(Period.month(said).starts, Period.month(said).ends) for said in ("2026-02", "2026-12", "9999-12")]
    assert [str(one) for one in itertools.chain(*found)] == [
        "2026-02-01",
        "2026-02-28",
        "2026-12-01",
        "2026-12-31",
        "9999-12-01",
        "9999-12-31",
    ]
