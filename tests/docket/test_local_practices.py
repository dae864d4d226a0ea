"""Checklist and seats that an exchange settles for its places, from its file."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.casework.records.practice import DEFAULT
from app.docket.local_practices import read_practices

COUNTY = {
    "place": "990121",
    "checklist": ["a", "b"],
    "seats": [{"titles": ["中队长"]}, {"titles": ["法制员"]}, {"titles": ["局长", "副局长"]}, {}],
    "legal_review": 2,
}


def written(folder: Path, *practices: dict[str, Any], version: str = "2026-1") -> Path:
    file = folder / "casework.json"
    file.write_text(json.dumps({"version": version, "practices": practices}), encoding="utf-8")
    return file


def test_the_practice_of_the_smallest_area_holds(tmp_path: Path) -> None:
    practices = read_practices(written(tmp_path, COUNTY, {"checklist": ["z"]}))
    county, elsewhere = practices.at("990121101"), practices.at("990122")
    assert (county.version, county.checklist, county.legal_review) == ("2026-1", ("a", "b"), 2)
    assert [seat.titles for seat in county.seats] == [("中队长",), ("法制员",), ("局长", "副局长"), ()]
    assert (elsewhere.checklist, elsewhere.seats, elsewhere.legal_review) == (("z",), DEFAULT.seats, None)


def test_without_a_file_the_default_holds() -> None:
    assert read_practices(None).at("990121") == DEFAULT


@pytest.mark.parametrize(
    "wrong",
    [
        {"seats": []},
        {"seats": [{}] * 10},
        {"seats": [{"name": "x"}]},
        {"legal_review": 5},
        {"legal_review": 0},
        {"checklist": ["a", "a"]},
        {"checklist": ["a b"]},
        {"place": "x"},
        {"extra": 1},
    ],
)
def test_a_file_that_does_not_hold_together_is_not_read(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"validation error|^practices\.0.* \(place 990121\): "):
        read_practices(written(tmp_path, COUNTY | wrong))


def test_a_place_has_one_practice(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one practice"):
        read_practices(written(tmp_path, COUNTY, COUNTY))
