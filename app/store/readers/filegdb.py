"""File geodatabases, zipped or as the folder itself, read with no driver but their own."""

from __future__ import annotations

import re
from pathlib import Path

import pyogrio
from pyogrio.errors import DataSourceError

from app.errors import InputFileError, Text
from app.store.readers.archive import unpack_geodatabases
from app.store.readers.handover import CHUNK_ROWS, Handover
from app.store.readers.vector import announce, assert_few_drivers, hand_over, info_of, read_rows

GEODATABASE_DRIVERS = frozenset({"OpenFileGDB", "MEM", "Memory"})


def read_geodatabases(path: Path, out: Handover, *, max_bytes: int) -> None:
    """Hand over every feature class and table of each geodatabase of a delivery.

    Raises
    ------
    InputFileError
        One cannot be opened.
    """
    assert_few_drivers(GEODATABASE_DRIVERS)
    delivered = out.file
    if path.is_dir():
        found = [(delivered, path)]
    else:
        found = unpack_geodatabases(path, out.folder, where=delivered, max_bytes=max_bytes)
    for name, folder in found:
        out.file = delivered if path.is_dir() else f"{delivered}/{name}"
        _read_one(folder, out)


def _read_one(folder: Path, out: Handover) -> None:
    try:
        layers = pyogrio.list_layers(folder)
    except DataSourceError as error:
        reason = re.sub(re.escape(str(folder)), out.file, str(error))[:200]
        raise InputFileError(
            Text(f"{out.file} 无法作为 FileGDB 打开：{reason}", f"{out.file} cannot be opened: {reason}"),
            where=out.file,
            fix=Text("把整个 .gdb 文件夹压缩为 .zip 后交付", "zip the whole .gdb folder"),
        ) from error  # fmt: skip
    for layer, _ in layers:
        info = info_of(folder, out.file, encoding=None, layer=str(layer))
        total = int(info["features"])
        plain = info["geometry_type"] is None
        announce(out, str(layer), [str(f) for f in info["fields"]], info["crs"], total, plain=plain)
        for start in range(0, total, CHUNK_ROWS):
            rows = read_rows(folder, out.file, encoding=None, skip=start, most=CHUNK_ROWS, layer=str(layer))  # fmt: skip
            hand_over(rows, out, first=start + 1, plain=plain)
