"""Limits that an exchange sets otherwise, from its file."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.casework.limits import LIMITS
from app.docket.local_limits import read_limits

RULE = {"place": "990121", "rule": "D05", "amount": 2, "unit": "working_days", "source": "测试县线索移送办法 第三条"}


def written(folder: Path, rule: dict[str, Any]) -> Path:
    file = folder / "deadlines.json"
    file.write_text(json.dumps({"version": "990121-2026", "rules": [rule]}), encoding="utf-8")
    return file


def test_a_local_rule_of_the_file_holds_in_its_place_only(tmp_path: Path) -> None:
    limits = read_limits(written(tmp_path, RULE))
    local = limits.rule("D05", "990121101")
    assert (local.amount, local.source.kind, local.source.text) == (2, "local", RULE["source"])
    assert (local.version, local.title_zh) == ("990121-2026", LIMITS["D05"].title_zh)
    assert limits.rule("D05", "990122") == LIMITS["D05"]


def test_without_a_file_the_table_holds() -> None:
    assert read_limits(None).rule("D05", "990121") == LIMITS["D05"]


@pytest.mark.parametrize("wrong", [{"rule": "D99"}, {"amount": 0}, {"unit": "weeks"}, {"place": "x"}, {"extra": 1}])
def test_a_file_that_does_not_fit_is_not_read(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"no deadline|validation error"):
        read_limits(written(tmp_path, RULE | wrong))
