"""The attribute table of a shapefile: which code page it is in, and whether it is whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from app.errors import Text

_SAMPLED_ROWS = 3000
_GBK_LANGUAGE = 0x4D
_KNOWN = {"utf-8": "utf-8", "utf8": "utf-8", "65001": "utf-8", "gbk": "gb18030", "936": "gb18030",
          "gb2312": "gb18030", "gb18030": "gb18030", "cp936": "gb18030", "oem": ""}  # fmt: skip


def attribute_encoding(table: Path) -> str:
    """``utf-8`` or ``gb18030``: what the .cpg says if the bytes agree, else what the bytes say."""
    texts = [text for text in _sampled_texts(table) if not text.isascii()]
    stated = _stated(table)
    if not texts:
        return stated or "utf-8"
    as_utf8 = sum(_decodes(text, "utf-8") for text in texts) / len(texts)
    if stated == "utf-8" and as_utf8 > 0.5:
        return "utf-8"
    if stated == "gb18030" and as_utf8 < 1.0:
        return "gb18030"
    return "utf-8" if as_utf8 > 0.95 else "gb18030"


def table_faults(table: Path) -> Iterator[Text]:
    """What the header promises and the file does not hold."""
    with table.open("rb") as stream:
        header = stream.read(32)
    if len(header) < 32:
        yield Text(f"属性表 {table.suffix} 不完整", "the attribute table is cut off")
        return
    rows = int.from_bytes(header[4:8], "little")
    start = int.from_bytes(header[8:10], "little")
    width = int.from_bytes(header[10:12], "little")
    expected = start + rows * width
    if table.stat().st_size + 1 < expected:
        yield Text(
            f"属性表应有 {expected} 字节（{rows} 行），实有 {table.stat().st_size} 字节",
            f"the attribute table should have {expected} bytes ({rows} rows), "
            f"it has {table.stat().st_size}",
        )


def _stated(table: Path) -> str:
    page = table.with_suffix(".cpg")
    if page.exists():
        return _KNOWN.get(page.read_text("latin-1")[:40].strip().lower(), "")
    with table.open("rb") as stream:
        header = stream.read(32)
    return "gb18030" if len(header) == 32 and header[29] == _GBK_LANGUAGE else ""


def _sampled_texts(table: Path) -> Iterator[bytes]:
    with table.open("rb") as stream:
        header = stream.read(32)
        if len(header) < 32:
            return
        start = int.from_bytes(header[8:10], "little")
        width = int.from_bytes(header[10:12], "little")
        fields: list[tuple[bytes, int]] = []
        for raw in iter(lambda: stream.read(32), b""):
            if len(raw) < 32 or raw[0] == 0x0D or len(fields) > 300:
                break
            yield raw[:11].split(b"\x00")[0]
            fields.append((raw[11:12], raw[16]))
        if width <= 1 or start <= 32:
            return
        stream.seek(start)
        for _ in range(_SAMPLED_ROWS):
            record = stream.read(width)
            if len(record) < width:
                return
            position = 1
            for kind, size in fields:
                if kind == b"C":
                    yield record[position : position + size].strip(b"\x00 ")
                position += size


def _decodes(text: bytes, encoding: str) -> bool:
    try:
        text.decode(encoding)
    except UnicodeDecodeError as error:
        # A value cut at the width of its field ends inside a character; that proves nothing.
        return error.start >= len(text) - 3 and error.reason == "unexpected end of data"
    return True
