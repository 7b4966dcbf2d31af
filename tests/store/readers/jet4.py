"""Writes a small Access database (Jet 4), page by page, as survey firms deliver them.

No package writes this format, so the tests do: header, catalog, tables and rows by the published
description of the format. mdbtools reads these files with the same tables and cells.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

PAGE = 4096
LONG, MONEY, FLOAT, DOUBLE, TEXT, OLE = 4, 5, 6, 7, 10, 11
_WIDTH = {3: 2, LONG: 4, MONEY: 8, FLOAT: 4, DOUBLE: 8}
_CODE = {3: "<h", LONG: "<i", MONEY: "<q", FLOAT: "<f", DOUBLE: "<d"}
_HEADER_KEY = struct.pack("<I", 0x6B39DAC7)
Column = tuple[str, int]


def write_database(
    path: Path, tables: dict[str, tuple[Sequence[Column], Sequence[Sequence[object]]]]
) -> Path:
    """A database of these tables: columns with their types, rows with None where empty."""
    pages: dict[int, bytes] = {0: _header()}
    owners: list[tuple[int, list[int]]] = []
    catalog_rows: list[Sequence[object]] = []
    page = 3
    definitions: list[tuple[int, Sequence[Column], int]] = []
    for name, (columns, rows) in tables.items():
        own, page = page, page + 1
        data, page = _data_pages(own, columns, rows, page)
        pages.update(data)
        owners.append((own, list(data)))
        definitions.append((own, columns, len(rows)))
        catalog_rows.append([own, 0, name, 1, 0, None])
    catalog: list[Column] = [("Id", LONG), ("ParentId", LONG), ("Name", TEXT), ("Type", 3), ("Flags", LONG), ("LvProp", OLE)]  # fmt: skip
    catalog_rows.append([2, 0, "MSysObjects", 1, -0x80000000, None])
    data, page = _data_pages(2, catalog, catalog_rows, page)
    pages.update(data)
    owners.append((2, list(data)))
    definitions.append((2, catalog, len(catalog_rows)))
    pages[1] = _usage_maps([held for _, held in owners])
    maps = {own: k for k, (own, _) in enumerate(owners)}
    for own, columns, count in definitions:
        pages[own] = _definition(columns, count, maps[own])
    path.write_bytes(b"".join(pages[k] for k in range(page)))
    return path


def _header() -> bytes:
    head = bytearray(PAGE)
    head[:19] = b"\x00\x01\x00\x00Standard Jet DB"
    head[0x14] = 1
    stream = _rc4(126)  # this stretch is stored under a fixed key
    plain = bytearray(126)
    struct.pack_into("<H", plain, 0x3A - 0x18, 0x0804)
    head[0x18 : 0x18 + 126] = bytes(a ^ b for a, b in zip(plain, stream, strict=True))
    return bytes(head)


def _rc4(count: int) -> bytes:
    box, j = list(range(256)), 0
    for i in range(256):
        j = (j + box[i] + _HEADER_KEY[i % 4]) % 256
        box[i], box[j] = box[j], box[i]
    out, i, j = [], 0, 0
    for _ in range(count):
        i = (i + 1) % 256
        j = (j + box[i]) % 256
        box[i], box[j] = box[j], box[i]
        out.append(box[(box[i] + box[j]) % 256])
    return bytes(out)


def _definition(columns: Sequence[Column], rows: int, usage: int) -> bytes:
    body, names, fixed, variable = b"", b"", 0, 0
    for number, (name, kind) in enumerate(columns):
        width = _WIDTH.get(kind, 0)
        body += struct.pack(
            "<BIHHH4sHIHH", kind, 0, number, variable if kind in (TEXT, OLE) else 0, number, b"\x00" * 4,
            0x0002 | (kind not in (TEXT, OLE)), 0, fixed if kind not in (TEXT, OLE) else 0, width or 510,
        )  # fmt: skip
        text = name.encode("utf-16-le")
        names += struct.pack("<H", len(text)) + text
        fixed += width
        variable += kind in (TEXT, OLE)
    head = struct.pack("<IIIIIIII", 0, 0, rows, 0, 1, 0, 0, 0)
    head += struct.pack("<BHHHII", 0x4E, len(columns), variable, len(columns), 0, 0)
    head += struct.pack("<II", usage | 1 << 8, usage | 1 << 8)
    page = b"\x02\x01VC\x00\x00\x00\x00" + head + body + names + b"\xff\xff"
    return page.ljust(PAGE, b"\x00")


def _data_pages(
    owner: int, columns: Sequence[Column], rows: Sequence[Sequence[object]], first: int
) -> tuple[dict[int, bytes], int]:
    pages: dict[int, bytes] = {}
    held: list[bytes] = []
    for record in [_record(columns, row) for row in rows]:
        if sum(map(len, held)) + len(record) + 2 * len(held) + 32 > PAGE:
            pages[first] = _data_page(owner, held)
            held, first = [], first + 1
        held.append(record)
    pages[first] = _data_page(owner, held)
    return pages, first + 1


def _data_page(owner: int, records: Sequence[bytes]) -> bytes:
    end, offsets, page = PAGE, [], bytearray(PAGE)
    for record in records:
        end -= len(record)
        page[end : end + len(record)] = record
        offsets.append(end)
    head = struct.pack("<BBHIIH", 1, 1, end - 14 - 2 * len(records), owner, 0, len(records))
    head += b"".join(struct.pack("<H", offset) for offset in offsets)
    page[: len(head)] = head
    return bytes(page)


def _record(columns: Sequence[Column], row: Sequence[object]) -> bytes:
    fixed = b"".join(
        struct.pack(_CODE[kind], value or 0)
        for (_, kind), value in zip(columns, row, strict=True)
        if kind not in (TEXT, OLE)
    )
    record, offsets = struct.pack("<H", len(columns)) + fixed, []
    for (_, kind), value in zip(columns, row, strict=True):
        if kind in (TEXT, OLE):
            offsets.append(len(record))
            record += _text(value)
    mask = sum(1 << k for k, value in enumerate(row) if value is not None)
    if offsets:
        record += struct.pack("<H", len(record))
        record += b"".join(struct.pack("<H", offset) for offset in reversed(offsets))
        record += struct.pack("<H", len(offsets))
    return record + mask.to_bytes((len(columns) + 7) // 8, "little")


def _text(value: object) -> bytes:
    """Latin text as Access compresses it, other text in two bytes a letter."""
    text = "" if value is None else str(value)
    if text and text.isascii():
        return b"\xff\xfe" + text.encode("latin-1")
    return text.encode("utf-16-le")


def _usage_maps(held: Sequence[Sequence[int]]) -> bytes:
    records = []
    for pages in held:
        bits = bytearray(64)
        for page in pages:
            bits[page // 8] |= 1 << page % 8
        records.append(b"\x00" + struct.pack("<I", 0) + bytes(bits))
    return _data_page(0, records)
