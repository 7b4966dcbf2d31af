"""Shapefiles and GeoJSON, read by GDAL in a process that has no other driver left.

Runs only in the parsing process: :func:`assert_few_drivers` refuses to work where the allow-list
was not set before GDAL was loaded.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError, FieldError

from app.errors import InputFileError, RefusedFileError, Text
from app.store.readers.dbf import attribute_encoding, table_faults
from app.store.readers.geojson_faults import geojson_fault
from app.store.readers.handover import CHUNK_ROWS, MAX_COLUMNS, Handover, too_many_columns
from app.store.readers.wellknown import checked_wkb

ALLOWED_DRIVERS = frozenset({"GeoJSON", "ESRI Shapefile", "MEM", "Memory"})
_EXPLAINED_UP_TO = 64 * 2**20


def assert_few_drivers(allowed: frozenset[str] = ALLOWED_DRIVERS) -> None:
    """Refuse to go on if any driver but the allowed ones is loaded (fail closed).

    Raises
    ------
    RefusedFileError
        The allow-list did not take, for example after an update of GDAL.
    """
    others = set(pyogrio.list_drivers()) - allowed
    if others:
        raise RefusedFileError(
            Text("读取程序的驱动白名单未生效", "the allow-list of drivers is not in force"),
            where=", ".join(sorted(others)[:5]),
            fix=Text("请联系系统管理员", "tell the administrator"),
        )


def read_shapefile(path: Path, out: Handover, *, name: str) -> None:
    """Hand over one shapefile; what of its parts is missing is said.

    Raises
    ------
    InputFileError
        It cannot be opened.
    """
    index, table = path.with_suffix(".shx"), path.with_suffix(".dbf")
    no_index = not index.exists()
    encoding = attribute_encoding(table) if table.exists() else "utf-8"
    info = info_of(path, out.file, encoding=encoding)
    fields = [str(f) for f in info["fields"]]
    announce(out, name, fields, info["crs"], int(info["features"]), encoding=encoding)
    if no_index:
        _say_missing(out, ".shx", "索引已由 .shp 重建", "the index was rebuilt from .shp")
    if not table.exists():
        _say_missing(out, ".dbf", "没有属性表，只有图形", "there are shapes but no attributes")
    elif encoding != "utf-8" and not table.with_suffix(".cpg").exists():
        _say_told_from_bytes(out)
    for fault in table_faults(table) if table.exists() else ():
        out.remark("damaged_table", "warning", fault, Text("重新导出", "export it again"))
    if not path.with_suffix(".prj").exists():
        _say_missing(out, ".prj", "坐标系按坐标数值判断", "the CRS is told from the figures")
    total = int(info["features"])
    for start in range(0, total, CHUNK_ROWS):
        rows = read_rows(path, out.file, encoding=encoding, skip=start, most=CHUNK_ROWS)
        hand_over(rows, out, first=start + 1)


def read_geojson(path: Path, out: Handover, *, name: str) -> None:
    """Hand over one GeoJSON file.

    Raises
    ------
    InputFileError
        The text is cut off, nested too deep or no GeoJSON.
    """
    rows = read_rows(path, out.file, encoding=None)
    meta = rows[0]
    fields = [str(f) for f in meta["fields"]]
    shapes = rows[2]
    count = len(shapes) if shapes is not None else 0
    announce(out, name, fields, meta["crs"], count)
    hand_over(rows, out, first=1)
    if shapes is not None and path.stat().st_size <= _EXPLAINED_UP_TO:
        _explain_missing(path, [n for n, shape in enumerate(shapes) if shape is None], out)


def announce(
    out: Handover,
    name: str,
    fields: Sequence[str],
    crs: object,
    rows: int,
    *,
    encoding: str = "utf-8",
    plain: bool = False,
) -> None:
    """Say that a layer comes; ``plain``: a table without shapes."""
    if len(fields) > MAX_COLUMNS:
        raise too_many_columns(out.file, name, len(fields))
    stated = str(crs) if crs else None
    out.layer(
        name, fields, crs=stated, has_geometry=not plain, expected_rows=rows, encoding=encoding
    )


def info_of(
    path: Path, file: str, *, encoding: str | None, layer: str | None = None
) -> dict[str, Any]:
    """What the file says about a layer.

    Raises
    ------
    InputFileError
        It cannot be opened.
    """
    try:
        return dict(
            pyogrio.read_info(path, layer=layer, encoding=encoding, force_feature_count=True)
        )
    except (DataSourceError, DataLayerError, FieldError, UnicodeDecodeError, ValueError) as error:
        raise _unreadable(file, path, error) from error


def read_rows(
    path: Path,
    file: str,
    *,
    encoding: str | None,
    skip: int = 0,
    most: int | None = None,
    layer: str | None = None,
) -> tuple[Any, ...]:
    """Some rows as pyogrio gives them: meta, ids, shapes, columns.

    Raises
    ------
    InputFileError
        They cannot be read.
    """
    try:
        return tuple(
            pyogrio.raw.read(
                path,
                layer=layer,
                encoding=encoding,
                skip_features=skip,
                max_features=most,
                datetime_as_string=True,
            )
        )
    except (DataSourceError, DataLayerError, FieldError, UnicodeDecodeError, ValueError) as error:
        raise _unreadable(file, path, error) from error


def _unreadable(file: str, path: Path, error: Exception) -> InputFileError:
    reason = str(error).replace(str(path), file).split(";")[0][:300]
    if path.suffix.lower() in (".geojson", ".json"):
        reason = geojson_fault(path) or reason
    return InputFileError(
        Text(f"{file} 无法读取：{reason}", f"{file} cannot be read: {reason}"),
        where=file,
        fix=Text("文件可能不完整或已损坏，请重新导出", "it may be cut off; export it again"),
    )


def hand_over(rows: tuple[Any, ...], out: Handover, *, first: int, plain: bool = False) -> None:
    """Hand rows over with the numbers people see; those of a table without shapes alike."""
    meta, _, shapes, columns = rows
    if plain and len(columns):
        values = {str(n): _plain(c) for n, c in zip(meta["fields"], columns, strict=True)}
        out.rows(range(first, first + len(columns[0])), values)
    if shapes is None or plain:
        return
    for start in range(0, len(shapes), CHUNK_ROWS):
        part = slice(start, start + CHUNK_ROWS)
        values = {
            str(name): _plain(column[part])
            for name, column in zip(meta["fields"], columns, strict=True)
        }
        blobs = checked_wkb(list(shapes[part]))
        out.rows(range(first + start, first + start + len(blobs)), values, blobs)


def _plain(column: NDArray[Any]) -> NDArray[Any] | list[object]:
    if column.dtype.kind in "iufb":
        return column
    if column.dtype.kind == "M":
        return [None if np.isnat(v) else str(v) for v in column]
    return [None if v is None else (v if isinstance(v, str) else str(v)) for v in column]


def _say_missing(out: Handover, suffix: str, zh: str, en: str) -> None:
    out.remark(
        "missing_part", "warning",
        Text(f"{out.file} 缺少 {suffix} 文件：{zh}", f"{out.file} has no {suffix} file: {en}"),
        Text(f"交付时附上 {suffix} 文件", f"deliver the {suffix} file with it"),
    )  # fmt: skip


def _say_told_from_bytes(out: Handover) -> None:
    out.remark(
        "encoding_told", "info",
        Text(f"{out.file} 没有 .cpg 文件：按内容判断文字编码为 GB18030",
             f"{out.file} has no .cpg file: its text was told to be GB18030 from the bytes"),
        Text("如有乱码，交付时附上 .cpg 文件", "deliver the .cpg file with it if text looks wrong"),
    )  # fmt: skip


def _explain_missing(path: Path, positions: Sequence[int], out: Handover) -> None:
    """Why features came without geometry: GDAL drops coordinates written as text silently."""
    if not positions:
        return
    try:
        features = json.loads(path.read_bytes()).get("features", [])
    except (ValueError, RecursionError, AttributeError):
        return
    for position in positions[:1000]:
        shape = features[position].get("geometry") if position < len(features) else None
        if isinstance(shape, dict) and shape.get("coordinates"):
            out.remark(
                "text_coordinates", "error",
                Text("坐标写成了文本或结构有误，无法读取", "coordinates are text or ill-formed"),
                Text("坐标应为数值，不带引号", "write coordinates as numbers without quotes"),
                row=str(position + 1), column="geometry",
            )  # fmt: skip
