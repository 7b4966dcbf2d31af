"""Access databases (.mdb, .accdb) of survey firms: every user table, text in its real code page.

The parser reads the pages of the file itself; what it leaves raw (money, decimals, bytes, the text
of Access 97 and compressed text) is finished here.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import access_parser.utils as parts
from access_parser import AccessParser
from construct import ConstructError

from app.errors import InputFileError, Text
from app.store.readers.handover import Handover
from app.store.readers.marks import refuse_marked_names
from app.store.readers.tables import Row, hand_over_table

_JET3 = 3
_OWN = re.compile(r"MSys|~|f_[0-9A-F]{32}_")  # tables that Access keeps for itself
_FAULTS = (ConstructError, struct.error, IndexError, KeyError, ValueError, TypeError, AttributeError,
           OverflowError, UnicodeError)  # fmt: skip
_UNUSABLE = (parts.TYPE_OLE, parts.TYPE_BINARY)


def read_access(path: Path, out: Handover) -> None:
    """Hand over every table that people made; linked and system tables are left out.

    Raises
    ------
    InputFileError
        It is no Access database, is encrypted, or its pages are damaged.
    """
    try:
        base = AccessParser(str(path))
        names = [name for name in base.catalog if not _OWN.match(name)]
    except _FAULTS as error:
        raise _damaged(out.file, "", error) from error
    # The parser takes 8-bit text for Latin; this process reads one file and ends, so its
    # function may be replaced for good.
    parts.get_decoded_text = _jet3_text if base.version == _JET3 else _compressed_text
    refuse_marked_names(names, where=out.file)
    unread: list[tuple[str, Exception]] = []
    for name in sorted(names):
        try:
            head, rows = _table(base, name)
        except _FAULTS as error:
            unread.append((name, error))
            continue
        if head:
            table: Iterator[Row] = iter([head, *rows])
            hand_over_table(table, out, name=name, with_types=True)
    if unread and len(unread) == len(names):
        raise _damaged(out.file, *unread[0]) from unread[0][1]
    for name, fault in unread:
        told = _damaged(out.file, name, fault)
        out.remark("table_unread", "error", told.message, told.fix)


def _table(base: AccessParser, name: str) -> tuple[list[str], list[list[object]]]:
    table = base.get_table(name)
    if table is None:
        return [], []
    kinds: dict[str, Any] = {}
    for _, column in sorted(table.columns.items()):
        column.extra_props = None  # formats are for the eye: figures are wanted
        kinds[str(column.col_name_str)] = column
    parsed: Mapping[str, Any] = table.parse()
    head = [column for column in kinds if kinds[column].type not in _UNUSABLE]
    cells = {c: list(parsed.get(c) or []) for c in head}
    longest = max((len(held) for held in cells.values()), default=0)
    # A column the parser gave up on is shorter: rows would slip past one another.
    if any(len(held) not in (0, longest) for held in cells.values()):
        raise ValueError("columns of unequal length")
    columns = [[_cell(v, kinds[c]) for v in cells[c]] or [None] * longest for c in head]
    return head, [list(row) for row in zip(*columns, strict=True)]


def _cell(value: object, column: Any) -> object:
    if value is None:
        return None
    if column.type == parts.TYPE_MONEY and isinstance(value, int):
        return value / 10_000
    if column.type == parts.TYPE_INT8 and isinstance(value, int):
        return value & 0xFF
    if column.type == parts.TYPE_FLOAT32 and isinstance(value, float):
        return float(f"{value:.7g}")  # 1.2 as 32 bits is 1.2000000476837158
    if column.type == parts.TYPE_96_bit_17_BYTES:
        return _decimal(value, int(column.various.scale))
    if column.type == parts.TYPE_DATETIME:
        return None if str(value).startswith("(") else str(value)
    if isinstance(value, bytes):
        return None
    return value


def _decimal(value: object, scale: int) -> float | None:
    if not isinstance(value, bytes) or len(value) != 17:
        return None
    negative, *words = struct.unpack("<B4I", value)
    size = 0
    for word in words:
        size = (size << 32) + word
    return float(Decimal(-size if negative else size).scaleb(-scale))


def _jet3_text(content: bytes) -> str:
    """Text of Access 97 is in the code page of its country, here GBK."""
    return content.decode("gb18030", "replace")


def _compressed_text(content: bytes) -> str:
    """Jet 4 writes one byte a letter where it can; a zero byte turns to two bytes and back."""
    pieces, narrow, at, start = [], True, 0, 0
    while at < len(content):
        if content[at] == 0 and (narrow or (at - start) % 2 == 0):
            pieces.append(_piece(content[start:at], narrow))
            narrow, start = not narrow, at + 1
        at += 1
    pieces.append(_piece(content[start:], narrow))
    return "".join(pieces)


def _piece(content: bytes, narrow: bool) -> str:
    return content.decode("latin-1") if narrow else content.decode("utf-16-le", "replace")


def _damaged(file: str, table: str, error: Exception) -> InputFileError:
    shown = f"{table}: {error}"[:200] if table else str(error)[:200]
    return InputFileError(
        Text(f"{file} 无法按 Access 数据库读取：{shown}", f"{file} cannot be read as an Access database: {shown}"),
        where=f"{file}:{table}" if table else file,
        fix=Text("去掉密码并在 Access 中“压缩和修复”，或把点表和线表另存为 .xlsx",
                 "remove its password and compact it in Access, or save the tables as .xlsx"),
    )  # fmt: skip
