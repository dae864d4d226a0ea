"""CSV and XLSX: the right one is chosen, and nothing in it runs."""

import csv
import io
import zipfile

import pytest

from app.views.sheets import CSV, XLSX, csv_bytes, wanted_form, xlsx_bytes

HOSTILE = ['=cmd|"/C calc"!A1', "+1+1", "-2", "@SUM(A1)", "\t=1+1", "\r=1", "＝1", "http://example.org/"]


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, "json"),
        ("*/*", "json"),
        (CSV, "csv"),
        (f"{XLSX};q=0.9, text/csv;q=0.1", "xlsx"),
        ("text/csv;q=0, application/json", "json"),
        ("text/html, TEXT/CSV; charset=utf-8", "csv"),
        ("text/csv;q=x", "json"),
        ("application/json, text/csv", "json"),
    ],
)
def test_the_form_is_the_one_that_accept_ranks_first(accept: str | None, form: str) -> None:
    assert wanted_form(accept) == form


def test_no_cell_of_a_csv_begins_like_a_formula() -> None:
    said = csv_bytes(["a 甲"], [[one] for one in [*HOSTILE, "plain", None, 5, -5, ["=1", "x"]]])
    assert said.startswith(b"\xef\xbb\xbf")
    rows = [row[0] for row in csv.reader(io.StringIO(said.decode("utf-8-sig"), newline=""))]
    assert rows[0] == "a 甲"
    assert rows[1:8] == [f"'{one}" for one in HOSTILE[:7]]
    assert rows[8:] == [HOSTILE[7], "plain", "", "5", "-5", "'=1; x"]


def test_a_workbook_holds_text_and_no_formula_or_link() -> None:
    said = xlsx_bytes(["a 甲"], [[one] for one in [*HOSTILE, 12, None, 1.5, True]])
    with zipfile.ZipFile(io.BytesIO(said)) as book:
        assert book.testzip() is None
        page = book.read("xl/worksheets/sheet1.xml").decode()
        words = book.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in page
    assert "hyperlink" not in page
    assert page.count('t="s"') == 1 + len(HOSTILE) + 1
    assert "+1+1</t>" in words
    assert "<v>12</v>" in page
