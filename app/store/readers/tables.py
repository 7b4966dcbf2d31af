"""Tables of text: finding the header among the first rows, and reading CSV as a stream."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from app.errors import InputFileError, Text
from app.store.readers.handover import CHUNK_ROWS, MAX_COLUMNS, Handover, too_many_columns
from app.store.readers.marks import refuse_marked_cells

Cell = object
Row = Sequence[Cell]

_LOOKED_AT = 30
_MAX_CELL = 1_000_000
_SAMPLE_BYTES = 1_000_000


def read_csv(path: Path, out: Handover, *, name: str) -> None:
    """Hand over one CSV file, streaming.

    Raises
    ------
    InputFileError
        It is no text in UTF-8, UTF-16 or GB 18030, or holds no table.
    """
    encoding = text_encoding(path, out.file)
    csv.field_size_limit(_MAX_CELL)
    try:
        with path.open("r", encoding=encoding, newline="") as stream:
            sample = stream.read(64_000)
            stream.seek(0)
            rows = csv.reader(stream, delimiter=_delimiter(sample), strict=False)
            hand_over_table(rows, out, name=name, encoding=encoding, with_types=False)
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputFileError(
            Text(f"{out.file} 无法按表格读取：{error}", f"{out.file} is no table: {error}"),
            where=out.file,
            fix=Text("用 UTF-8 另存为 CSV", "save it as CSV in UTF-8"),
        ) from error


def text_encoding(path: Path, file: str) -> str:
    """UTF-8, UTF-16 by its mark, or GB 18030, whichever decodes the text.

    Raises
    ------
    InputFileError
        None does.
    """
    with path.open("rb") as stream:
        sample = stream.read(_SAMPLE_BYTES)
    if sample[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    for encoding in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            decoder.decode(sample, final=len(sample) < _SAMPLE_BYTES)
        except UnicodeDecodeError:
            continue
        return encoding
    raise InputFileError(
        Text(f"{file} 的文字编码无法识别", f"the text encoding of {file} is not known"),
        where=file,
        fix=Text("用 UTF-8 另存", "save it in UTF-8"),
    )


def hand_over_table(
    rows: Iterator[Row], out: Handover, *, name: str, with_types: bool, encoding: str = ""
) -> None:
    """Find the header, then hand over the rows under it with the numbers people see.

    ``with_types`` keeps numbers as the workbook has them; text files hold text alone.
    """
    head = list(islice(rows, _LOOKED_AT))
    for number, row in enumerate(head, start=1):
        texts = [str(c) for c in row if isinstance(c, str)]
        refuse_marked_cells(texts, where=out.file, column=name, rows=[number] * len(texts))
    at = header_position(head)
    if at is None:
        out.layer(name, [], has_geometry=False, expected_rows=0, encoding=encoding)
        return
    names = _names(head[at])
    if len(names) > MAX_COLUMNS:
        raise too_many_columns(out.file, name, len(names))
    out.layer(name, names, has_geometry=False, encoding=encoding)
    below = _numbered(head[at + 1 :], rows, first=at + 2)
    ragged = 0
    while batch := list(islice(below, CHUNK_ROWS)):
        ragged += sum(len(row) > len(names) and any(map(_filled, row[len(names) :]))
                      for _, row in batch)  # fmt: skip
        columns = _columns(names, [row for _, row in batch], with_types=with_types)
        out.rows([number for number, _ in batch], columns)
    if ragged:
        out.remark(
            "ragged_rows", "warning",
            Text(f"{ragged} 行的单元格多于表头", f"{ragged} rows have more cells than the header"),
            Text("检查分隔符和引号", "check delimiters and quotes"),
        )  # fmt: skip


def header_position(rows: Sequence[Row]) -> int | None:
    """The row that names the columns: the first one, below titles, that is wide and all text."""
    widths = [sum(map(_filled, row)) for row in rows]
    widest = max(widths, default=0)
    if widest == 0:
        return None
    for position, (row, width) in enumerate(zip(rows, widths, strict=True)):
        cells = [cell for cell in row if _filled(cell)]
        named = all(isinstance(cell, str) and not _is_number(cell) for cell in cells)
        if width >= max(1, 0.6 * widest) and named:
            return position
    return widths.index(widest)


def _names(row: Row) -> list[str]:
    """Column names, unique and without line breaks; an unnamed column is called by its place."""
    names: list[str] = []
    cells = list(row)
    while cells and not _filled(cells[-1]):
        cells.pop()
    for position, cell in enumerate(cells, start=1):
        name = "".join(str(cell).split()) if _filled(cell) else f"第{position}列"
        while name in names:
            name += "_2"
        names.append(name)
    return names


def _numbered(head: Sequence[Row], rows: Iterator[Row], *, first: int) -> Iterator[tuple[int, Row]]:
    number = first
    for source in (iter(head), rows):
        for row in source:
            if any(map(_filled, row)):
                yield number, row
            number += 1


def _columns(
    names: Sequence[str], rows: Sequence[Row], *, with_types: bool
) -> dict[str, list[object]]:
    columns: dict[str, list[object]] = {}
    for position, name in enumerate(names):
        cells = [row[position] if position < len(row) else None for row in rows]
        if with_types:
            columns[name] = [_cell(cell) for cell in cells]
        else:
            columns[name] = [str(c).strip() or None if c is not None else None for c in cells]
    return columns


def _cell(cell: object) -> object:
    if cell is None or isinstance(cell, bool | int | float):
        return cell
    if isinstance(cell, str):
        return cell.strip() or None
    isoformat = getattr(cell, "isoformat", None)
    return isoformat() if callable(isoformat) else str(cell)


def _filled(cell: object) -> bool:
    return cell is not None and (not isinstance(cell, str) or cell.strip() != "")


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _delimiter(sample: str) -> str:
    line = max(sample.splitlines()[:20], key=len, default="")
    return max(",\t;|", key=line.count)
