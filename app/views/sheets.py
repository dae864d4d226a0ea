"""Tables as CSV and XLSX in which no cell is ever a formula: what agencies wrote must not run on a reader's machine."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import xlsxwriter
from fastapi import Response

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Form = Literal["json", "csv", "xlsx"]
_FORMS: dict[str, Form] = {"application/json": "json", CSV: "csv", XLSX: "xlsx"}
# What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
SHEET_MEDIA: dict[str, Any] = {
    CSV: {"schema": {"type": "string"}},
    XLSX: {"schema": {"type": "string", "contentMediaType": XLSX}},
}


def wanted_form(accept: str | None) -> Form:
    """Return the form that an `Accept` header ranks first (RFC 9110 section 12.5.1), JSON where it names none."""
    best: tuple[float, Form] = (0.0, "json")
    for part in (accept or "").lower().split(",")[:20]:
        media, *parameters = (text.strip() for text in part.split(";"))
        form = _FORMS.get(media)
        weight = _weight(parameters)
        # Equal weights: the one that is named first wins.
        if form is not None and weight > best[0]:
            best = (weight, form)
    return best[1]


def _weight(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


def sheet(form: Form, name: str, headings: Sequence[str], rows: Iterable[Sequence[Any]], link: str | None) -> Response:
    """Return a table as a file to save; `link` is the address of the next page, told in the header `Link`."""
    as_csv = form == "csv"
    content = csv_bytes(headings, rows) if as_csv else xlsx_bytes(headings, rows)
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.{form}"',
        "Cache-Control": "no-store",
        "Vary": "Accept",
    }
    if link is not None:
        headers["Link"] = f'<{link}>; rel="next"'
    return Response(content, media_type=CSV if as_csv else XLSX, headers=headers)


def csv_bytes(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return RFC 4180 CSV in UTF-8 with a byte order mark, by which spreadsheets know the encoding."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(headings)
    writer.writerows([_harmless(_flat(cell)) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def xlsx_bytes(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return a workbook of one sheet; text stays text, whatever it looks like."""
    content = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(content, options) as book:
        page = book.add_worksheet()
        for place, row in enumerate([headings, *rows]):
            for column, cell in enumerate(row):
                flat = _flat(cell)
                if isinstance(flat, int | float) and not isinstance(flat, bool):
                    page.write_number(place, column, flat)
                elif flat is not None:
                    page.write_string(place, column, str(flat))
    return content.getvalue()


def _flat(cell: Any) -> Any:
    return "; ".join(str(member) for member in cell) if isinstance(cell, list | tuple) else cell


def _harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
