"""Workbooks: frames as sheets with labels, units and a stamp; nothing in a cell is ever run."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Literal

import xlsxwriter

Cell = str | int | float | bool | datetime.date | None
Kind = Literal["text", "count", "number", "date", "moment"]

# A spreadsheet takes a cell that begins so for a formula as soon as somebody retypes it.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
LONGEST_TEXT = 32_767
LONGEST_NAME = 31


@dataclass(frozen=True)
class Heading:
    """One column of a sheet."""

    label: str
    unit: str = ""
    kind: Kind = "text"
    summed: bool = False

    @property
    def words(self) -> str:
        return f"{self.label}（{self.unit}）" if self.unit else self.label


@dataclass(frozen=True)
class Sheet:
    """One table. ``rows`` may be a generator; None in a cell is written as ``unknown``."""

    name: str
    headings: Sequence[Heading]
    rows: Iterable[Sequence[Cell]]
    notes: Sequence[str] = field(default=())


@dataclass(frozen=True)
class Stamp:
    """What stands above every table: plan, secrecy, state of the data, who and when."""

    title: str
    lines: Sequence[str]
    unknown: str
    total: str


def write_workbook(to: BinaryIO, sheets: Sequence[Sheet], stamp: Stamp) -> None:
    """Write the sheets to ``to``.

    Texts are written as texts: what looks like a formula or a link stays what it is, and is marked
    so that typing into the cell does not wake it either.
    """
    book = xlsxwriter.Workbook(
        to,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": False,
            "default_date_format": "yyyy-mm-dd",
        },
    )
    book.set_properties({"title": stamp.title, "comments": "\n".join(stamp.lines)})
    formats = _formats(book)
    names: set[str] = set()
    for sheet in sheets:
        _write_sheet(book, sheet, stamp, formats, names)
    book.close()


def _formats(book: xlsxwriter.Workbook) -> dict[str, xlsxwriter.format.Format]:
    return {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "note": book.add_format({"font_color": "#57606a"}),
        "head": book.add_format({"bold": True, "bg_color": "#e9e6df", "bottom": 1, "text_wrap": True}),
        "text": book.add_format({"num_format": "@"}),
        "quoted": book.add_format({"num_format": "@", "quote_prefix": True}),
        "unknown": book.add_format({"font_color": "#8a6d3b", "italic": True}),
        "count": book.add_format({"num_format": "#,##0"}),
        "number": book.add_format({"num_format": "#,##0.00"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        "sum_count": book.add_format({"num_format": "#,##0", "bold": True, "top": 1}),
        "sum_number": book.add_format({"num_format": "#,##0.00", "bold": True, "top": 1}),
    }  # fmt: skip


def _write_sheet(
    book: xlsxwriter.Workbook,
    sheet: Sheet,
    stamp: Stamp,
    formats: dict[str, xlsxwriter.format.Format],
    names: set[str],
) -> None:
    page = book.add_worksheet(sheet_name(sheet.name, names))
    for at, heading in enumerate(sheet.headings):
        page.set_column(at, at, min(36, max(10, 2 * len(heading.words))))
    page.write_string(0, 0, f"{stamp.title} · {sheet.name}", formats["title"])
    line = 1
    for words in (*stamp.lines, *sheet.notes):
        page.write_string(line, 0, words, formats["note"])
        line += 1
    for at, heading in enumerate(sheet.headings):
        page.write_string(line, at, heading.words, formats["head"])
    page.freeze_panes(line + 1, 1)
    page.repeat_rows(line)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.set_footer(f"&L{' · '.join(stamp.lines)[:180]}&R&P / &N")
    sums: list[int | float] = [0] * len(sheet.headings)
    for values in sheet.rows:
        line += 1
        for at, (heading, value) in enumerate(zip(sheet.headings, values, strict=True)):
            _write_cell(page, line, at, heading, value, stamp.unknown, formats)
            if heading.summed and isinstance(value, int | float):
                sums[at] += value
    if any(heading.summed for heading in sheet.headings):
        line += 1
        page.write_string(line, 0, stamp.total, formats["head"])
        for at, heading in enumerate(sheet.headings):
            if heading.summed and at:
                page.write_number(line, at, sums[at], formats[f"sum_{heading.kind}"])


def _write_cell(
    page: xlsxwriter.worksheet.Worksheet,
    line: int,
    at: int,
    heading: Heading,
    value: Cell,
    unknown: str,
    formats: dict[str, xlsxwriter.format.Format],
) -> None:
    if value is None:
        page.write_string(line, at, unknown, formats["unknown"])
    elif isinstance(value, datetime.datetime):
        page.write_datetime(line, at, value.replace(tzinfo=None), formats["moment"])
    elif isinstance(value, datetime.date):
        page.write_datetime(line, at, value, formats["date"])
    elif isinstance(value, int | float) and not isinstance(value, bool):
        page.write_number(line, at, value, formats[heading.kind])
    else:
        text = printable(str(value))
        risky = text.startswith(_DANGEROUS)
        page.write_string(line, at, text, formats["quoted" if risky else "text"])


def printable(text: str) -> str:
    """The text without what XML forbids, cut to what a cell holds."""
    kept = "".join(c for c in text if c in "\t\n\r" or (c >= " " and not "\ud800" <= c <= "\udfff"))
    return kept.replace("\ufffe", "").replace("\uffff", "")[:LONGEST_TEXT]


def sheet_name(wanted: str, taken: set[str]) -> str:
    """A name that a workbook allows and has not used yet."""
    plain = "".join("_" if c in "[]:*?/\\'" else c for c in printable(wanted)).strip() or "_"
    name, number = plain[:LONGEST_NAME], 2
    while name.casefold() in taken:
        tail = f" {number}"
        name, number = plain[: LONGEST_NAME - len(tail)] + tail, number + 1
    taken.add(name.casefold())
    return name
