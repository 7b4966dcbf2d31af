"""XLSX workbooks: every part counted and looked through before openpyxl opens one."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import openpyxl
from openpyxl.utils import column_index_from_string
from openpyxl.utils.exceptions import InvalidFileException

from app.errors import InputFileError, RefusedFileError, Text
from app.store.readers.archive import MAX_MEMBERS, check_ratio
from app.store.readers.handover import Handover
from app.store.readers.marks import refuse_marked_names
from app.store.readers.tables import Row, hand_over_table

_BLOCK = 2**20
_MAX_CELLS_WIDE = 2000
_MERGE = re.compile(rb'<mergeCell\s+ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_MAX_MERGED_ROWS = 5000
_DECLARATIONS = (b"<!DOCTYPE", b"<!ENTITY", b"<\x00!\x00D\x00O\x00C", b"\x00<\x00!\x00D\x00O")
_Merges = dict[int, list[tuple[int, int]]]  # column -> (first row, last row), 1-based


def read_workbook(path: Path, out: Handover, *, max_bytes: int) -> None:
    """Hand over every sheet that holds a table.

    Raises
    ------
    RefusedFileError
        A part declares entities, explodes, or the workbook carries a mark of state secrets.
    InputFileError
        The workbook is damaged.
    """
    try:
        merges = _looked_through(path, out.file, max_bytes)
        with closing(openpyxl.load_workbook(path, read_only=True, data_only=True)) as book:
            properties = book.properties
            said = (properties.title, properties.subject, properties.keywords,
                    properties.category, properties.description)  # fmt: skip
            refuse_marked_names(
                [*book.sheetnames, *(str(text) for text in said if text)], where=out.file
            )
            for number, sheet in enumerate(book.worksheets, start=1):
                sheet.reset_dimensions()  # a workbook may lie about how large its sheets are
                rows = sheet.iter_rows(values_only=True, max_col=_MAX_CELLS_WIDE)
                filled = _filled_down(rows, merges.get(number, {}))
                hand_over_table(filled, out, name=sheet.title, with_types=True)
    except (zipfile.BadZipFile, KeyError, ValueError, InvalidFileException, OSError) as error:
        raise InputFileError(
            Text(f"{out.file} 不是完整的 XLSX：{error}", f"{out.file} is not whole: {error}"),
            where=out.file,
            fix=Text("用 Excel 或 WPS 另存为 .xlsx", "save it again as .xlsx"),
        ) from error


def _looked_through(path: Path, file: str, max_bytes: int) -> dict[int, _Merges]:
    """Unpack each part to nowhere: sizes, declarations, and the merged cells of the sheets."""
    merges: dict[int, _Merges] = {}
    total = 0
    with zipfile.ZipFile(path) as packed:
        infos = packed.infolist()
        if len(infos) > 10 * MAX_MEMBERS:
            raise _refused(file, "部件过多", "too many parts")
        for info in infos:
            sheet = re.fullmatch(r"xl/worksheets/sheet(\d+)\.xml", info.filename)
            found: _Merges = {}
            size, tail = 0, b""
            with packed.open(info) as part:
                while block := part.read(_BLOCK):
                    size += len(block)
                    total += len(block)
                    if total > max_bytes:
                        limit = max_bytes // 2**20
                        raise _refused(file, f"解压后超过 {limit} MB", f"over {limit} MB unpacked")
                    check_ratio(size, info.compress_size, where=file, name=info.filename)
                    text = tail + block
                    if any(word in text for word in _DECLARATIONS):
                        raise _refused(file, "含 DTD 或实体声明", "it declares a DTD or entities")
                    if sheet:
                        _note_merges(text, found)
                    tail = block[-200:]
            if sheet and found:
                merges[int(sheet.group(1))] = found
    return merges


def _note_merges(text: bytes, found: _Merges) -> None:
    for left, top, right, bottom in _MERGE.findall(text):
        span = (int(top), int(bottom))
        if left == right and 0 < span[1] - span[0] <= _MAX_MERGED_ROWS:
            spans = found.setdefault(column_index_from_string(left.decode()), [])
            if span not in spans:
                spans.append(span)


def _filled_down(rows: Iterator[Row], merges: _Merges) -> Iterator[Row]:
    """A cell merged over several rows counts for each of them (小区 beside its buildings)."""
    starts = {(column, top): bottom for column, spans in merges.items() for top, bottom in spans}
    running: dict[int, tuple[int, object]] = {}
    for number, row in enumerate(rows, start=1):
        cells = list(row)
        for column in merges:
            if column > len(cells):
                continue
            if (column, number) in starts:
                running[column] = (starts[column, number], cells[column - 1])
            last, value = running.get(column, (0, None))
            if number <= last and cells[column - 1] is None:
                cells[column - 1] = value
        yield _trimmed(cells)


def _trimmed(cells: list[object]) -> Sequence[object]:
    while cells and cells[-1] is None:
        cells.pop()
    return cells


def _refused(file: str, zh: str, en: str) -> RefusedFileError:
    return RefusedFileError(
        Text(f"{file}：{zh}", f"{file}: {en}"),
        where=file,
        fix=Text("用 Excel 或 WPS 另存后重新交付", "save it again with a spreadsheet program"),
    )
