"""The workbook of what is missing: cells to fill with drop-downs and bounds, and a hidden stamp."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Literal

import xlsxwriter

Cell = str | int | float | None
Kind = Literal["text", "count", "number", "date", "choice"]

STAMP_SHEET = "_jiugai"
STAMP_HEAD = ("sheet", "layer", "heading", "column")
_LISTS_SHEET = "_lists"
LONGEST_NAME = 31


@dataclass(frozen=True)
class FillColumn:
    """A column that somebody fills in. ``choices`` are the words of its drop-down."""

    name: str
    label: str
    unit: str = ""
    kind: Kind = "text"
    choices: Sequence[str] = ()
    minimum: float | None = None
    maximum: float | None = None

    @property
    def heading(self) -> str:
        return f"{self.label}（{self.unit}）" if self.unit else self.label


@dataclass(frozen=True)
class FillRow:
    """A row of the plan; ``values`` are in the order of the columns, None is what is asked."""

    row_id: str
    community: str
    name: str
    version: int
    values: Sequence[Cell]


@dataclass(frozen=True)
class FillSheet:
    """The rows of one layer that lack something."""

    layer: str
    name: str
    columns: Sequence[FillColumn]
    rows: Sequence[FillRow]


@dataclass(frozen=True)
class FillWords:
    """What stands around the cells, in the language of who receives it."""

    title: str
    row_id: str
    community: str
    name: str
    version: str
    lines: Sequence[str]
    guide: str
    stamp: dict[str, str] = field(default_factory=dict)


def write_gap_workbook(to: BinaryIO, sheets: Sequence[FillSheet], words: FillWords) -> None:
    """Write a sheet per layer, with the words on a sheet before and the stamp hidden behind.

    Texts are written as texts, so that nothing from the plan is ever run as a formula.
    """
    book = xlsxwriter.Workbook(
        to, {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    looks = {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "head": book.add_format({"bold": True, "bg_color": "#e9e6df", "bottom": 1, "text_wrap": True}),
        "ask_head": book.add_format({"bold": True, "bg_color": "#f6d98b", "bottom": 1, "text_wrap": True}),
        "given": book.add_format({"num_format": "@", "font_color": "#57606a"}),
        "known": book.add_format({"font_color": "#57606a", "bg_color": "#f3f4f6"}),
        "ask": book.add_format({"bg_color": "#fff8e1", "border": 1, "border_color": "#d9b95b"}),
    }  # fmt: skip
    guide = book.add_worksheet(words.guide)
    guide.set_column(0, 0, 100)
    guide.write_string(0, 0, words.title, looks["title"])
    for at, line in enumerate(words.lines, start=1):
        guide.write_string(at, 0, line)
    lists = _Lists(book)
    taken = {words.guide.casefold(), STAMP_SHEET, _LISTS_SHEET}
    named = [(sheet, _sheet_name(sheet.name, taken)) for sheet in sheets]
    for sheet, name in named:
        _write_sheet(book.add_worksheet(name), sheet, words, looks, lists)
    _write_stamp(book, named, words)
    lists.write()
    book.close()


class _Lists:
    """The words of the drop-downs, on a hidden sheet: in the cell itself 255 letters are the end."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._columns: dict[tuple[str, ...], int] = {}

    def source(self, choices: Sequence[str]) -> str:
        at = self._columns.setdefault(tuple(choices), len(self._columns))
        letter = xlsxwriter.utility.xl_col_to_name(at)
        return f"={_LISTS_SHEET}!${letter}$1:${letter}${len(choices)}"

    def write(self) -> None:
        page = self._book.add_worksheet(_LISTS_SHEET)
        page.very_hidden()
        for choices, at in self._columns.items():
            for row, word in enumerate(choices):
                page.write_string(row, at, word)


def _write_sheet(
    page: xlsxwriter.worksheet.Worksheet,
    sheet: FillSheet,
    words: FillWords,
    looks: dict[str, xlsxwriter.format.Format],
    lists: _Lists,
) -> None:
    given = (words.row_id, words.community, words.name)
    for at, heading in enumerate(given):
        page.write_string(0, at, heading, looks["head"])
    first = len(given)
    for at, column in enumerate(sheet.columns, start=first):
        page.write_string(0, at, column.heading, looks["ask_head"])
        page.set_column(at, at, max(12, 2 * len(column.heading)))
    version_at = first + len(sheet.columns)
    page.write_string(0, version_at, words.version, looks["head"])
    for line, row in enumerate(sheet.rows, start=1):
        for at, text in enumerate((row.row_id, row.community, row.name)):
            page.write_string(line, at, text, looks["given"])
        for at, value in enumerate(row.values, start=first):
            _write_cell(page, line, at, value, looks)
        page.write_number(line, version_at, row.version)
    if sheet.rows:
        for at, column in enumerate(sheet.columns, start=first):
            page.data_validation(1, at, len(sheet.rows), at, _validation(column, lists))
    page.set_column(0, 0, 18)
    page.set_column(1, 2, 20)
    page.set_column(version_at, version_at, 8, None, {"hidden": True})
    page.freeze_panes(1, first)


def _write_cell(
    page: xlsxwriter.worksheet.Worksheet,
    line: int,
    at: int,
    value: Cell,
    looks: dict[str, xlsxwriter.format.Format],
) -> None:
    if value is None:
        page.write_blank(line, at, None, looks["ask"])
    elif isinstance(value, str):
        page.write_string(line, at, value, looks["known"])
    else:
        page.write_number(line, at, value, looks["known"])


def _validation(column: FillColumn, lists: _Lists) -> dict[str, object]:
    if column.choices:
        return {"validate": "list", "source": lists.source(column.choices)}
    if column.kind in ("count", "number"):
        low = column.minimum if column.minimum is not None else -1e12
        high = column.maximum if column.maximum is not None else 1e12
        return {
            "validate": "integer" if column.kind == "count" else "decimal",
            "criteria": "between",
            "minimum": low,
            "maximum": high,
            "error_title": column.label,
            "error_message": f"{low:g} … {high:g} {column.unit}".strip(),
        }
    if column.kind == "date":
        return {"validate": "any", "input_message": "2024-09-30"}
    return {"validate": "any"}


def _write_stamp(
    book: xlsxwriter.Workbook, named: Sequence[tuple[FillSheet, str]], words: FillWords
) -> None:
    """What the way back needs: the plan, and which heading is which column of which layer."""
    page = book.add_worksheet(STAMP_SHEET)
    page.very_hidden()
    lines = [STAMP_HEAD, *(("", "", key, value) for key, value in words.stamp.items())]
    for sheet, name in named:
        lines.append((name, sheet.layer, words.row_id, "@id"))
        lines.append((name, sheet.layer, words.version, "@version"))
        lines += [(name, sheet.layer, column.heading, column.name) for column in sheet.columns]
    for row, cells in enumerate(lines):
        for at, text in enumerate(cells):
            page.write_string(row, at, text)


def _sheet_name(wanted: str, taken: set[str]) -> str:
    plain = "".join("_" if c in "[]:*?/\\'" else c for c in wanted).strip() or "_"
    name, number = plain[:LONGEST_NAME], 2
    while name.casefold() in taken:
        tail = f" {number}"
        name, number = plain[: LONGEST_NAME - len(tail)] + tail, number + 1
    taken.add(name.casefold())
    return name
