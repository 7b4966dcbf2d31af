"""Grids and lists of heights: GeoTIFF, ESRI ASCII and XYZ, handed over as plain columns.

A grid is one layer with two chunks: one row of facts (``FACTS``) and the heights row by row.
A list of points is one layer with the columns x, y and z.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import InputFileError, RefusedFileError, Text
from app.store.readers.handover import CHUNK_ROWS, Handover

FACTS = ("rows", "columns", "west", "across", "turn_x", "north", "turn_y", "down", "unit", "kind")
HEIGHT = "height"
POINTS = ("x", "y", "z")
_MOST_CELLS = 60_000_000
_POINTS_CHUNK = 20 * CHUNK_ROWS
_ASC_KEYS = ("ncols", "nrows", "xllcorner", "yllcorner", "xllcenter", "yllcenter", "cellsize",
             "dx", "dy", "nodata_value")  # fmt: skip
Floats = NDArray[np.float64]


def read_geotiff(path: Path, out: Handover, *, name: str) -> None:
    """The first band of a GeoTIFF; what it calls nodata is NaN."""
    import rasterio

    try:
        with rasterio.open(path, driver="GTiff") as source:
            _require_size(out.file, source.height * source.width)
            values = source.read(1, masked=True).astype(np.float64).filled(np.nan)
            crs = None if source.crs is None else source.crs.to_wkt()
            unit = source.units[0] or source.tags(1).get("UNITTYPE", "") or _height_unit(crs)
            kind, place = str(source.dtypes[0]), source.transform
            if source.count > 1:
                out.layer(name, [], has_geometry=False)
                out.remark(
                    "more_bands", "warning",
                    Text(f"共 {source.count} 个波段，只读取第 1 个", f"{source.count} bands; the first is read"),
                    Text("核对第 1 波段是否为高程", "see that the first band holds the heights"),
                )  # fmt: skip
    except (rasterio.errors.RasterioError, OSError) as problem:
        raise _unreadable(out.file, "GeoTIFF") from problem
    placed = not place.is_identity
    if not placed:
        raise _no_place(out.file)
    _hand_over(out, name, crs, values, (place.c, place.a, place.b, place.f, place.d, place.e), unit, kind)  # fmt: skip


def _height_unit(crs: str | None) -> str:
    """The unit of the vertical axis of a compound system."""
    from pyproj import CRS

    axes = CRS.from_wkt(crs).axis_info if crs else []
    return next((axis.unit_name for axis in axes if axis.direction == "up"), "")


def read_ascii_grid(path: Path, out: Handover, *, name: str) -> None:
    """An ESRI ASCII grid, parsed as text; a .prj beside it names its system."""
    with path.open(encoding="ascii", errors="replace") as stream:
        head, body = _ascii_head(stream.read(4096), out.file)
        rows, columns = int(head["nrows"]), int(head["ncols"])
        _require_size(out.file, rows * columns)
        stream.seek(0)
        text = stream.read()[body:]
    values = _numbers(text, out.file)
    if len(values) != rows * columns:
        raise InputFileError(
            Text(f"{out.file} 应有 {rows * columns} 个高程，实有 {len(values)} 个",
                 f"{out.file} should hold {rows * columns} heights and has {len(values)}"),
            where=out.file,
            fix=Text("文件不完整，请重新导出", "the file is not whole: export it again"),
        )  # fmt: skip
    values = values.reshape(rows, columns)
    if (nodata := head.get("nodata_value")) is not None:
        values[values == nodata] = np.nan
    across, down = head.get("dx", head.get("cellsize", 0.0)), head.get("dy", head.get("cellsize", 0.0))  # fmt: skip
    west = head["xllcorner"] if "xllcorner" in head else head["xllcenter"] - across / 2
    south = head["yllcorner"] if "yllcorner" in head else head["yllcenter"] - down / 2
    beside = path.with_suffix(".prj")
    crs = beside.read_text(encoding="utf-8", errors="replace").strip() if beside.is_file() else None
    place = (west, across, 0.0, south + rows * down, 0.0, -down)
    whole = "int16" if np.array_equal(values, np.round(values), equal_nan=True) else "float64"
    _hand_over(out, name, crs or None, values, place, "", whole)


def _ascii_head(text: str, file: str) -> tuple[dict[str, float], int]:
    head: dict[str, float] = {}
    at = 0
    for line in text.splitlines(keepends=True):
        words = line.split()
        if len(words) != 2 or words[0].lower() not in _ASC_KEYS:
            break
        try:
            head[words[0].lower()] = float(words[1])
        except ValueError as problem:
            raise _unreadable(file, "ESRI ASCII") from problem
        at += len(line)
    placed = {"xllcorner", "xllcenter"} & set(head) and {"yllcorner", "yllcenter"} & set(head)
    sized = head.get("ncols", 0) >= 1 and head.get("nrows", 0) >= 1
    if not placed or not sized or not ("cellsize" in head or {"dx", "dy"} <= set(head)):
        raise _unreadable(file, "ESRI ASCII")
    return head, at


def read_points(path: Path, out: Handover, *, name: str) -> None:
    """Lines of x, y and z, parted by blanks, commas, semicolons or tabs; a head line is skipped."""
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    lines = text.split("\n", 1)
    if lines and re.search(r"[A-Za-z\u4e00-\u9fff]", re.sub(r"[eE][-+]?\d", "", lines[0])):
        text = lines[1] if len(lines) > 1 else ""
    first = next((line for line in text.splitlines() if line.strip()), "")
    wide = len(re.split(r"[\s,;]+", first.strip()))
    values = _numbers(text, out.file)
    if wide < 3 or len(values) < 3 or len(values) % wide:
        raise InputFileError(
            Text(f"{out.file} 不是每行 x、y、高程的点表", f"{out.file} is no list of x, y and height"),
            where=out.file,
            fix=Text("每行写 x y 高程，用空格或逗号分隔", "write x y height on each line, with blanks or commas"),
        )  # fmt: skip
    points = values.reshape(-1, wide)[:, :3]
    out.layer(name, list(POINTS), has_geometry=False, expected_rows=len(points))
    for start in range(0, len(points), _POINTS_CHUNK):
        part = points[start : start + _POINTS_CHUNK]
        numbers = np.arange(start + 1, start + len(part) + 1)
        out.rows(numbers, {key: part[:, at].copy() for at, key in enumerate(POINTS)})


def _numbers(text: str, file: str) -> Floats:
    """All numbers of a text.

    Raises
    ------
    InputFileError
        A word that is no number.
    """
    try:
        return np.array(re.sub(r"[,;]", " ", text).split(), dtype=np.float64)
    except ValueError as problem:
        word = str(problem).rsplit(":", 1)[-1].strip()
        raise InputFileError(
            Text(f"{file} 中有不是数字的内容：{word}", f"{file} holds what is no number: {word}"),
            where=file,
            fix=Text("只保留数字和分隔符", "keep numbers and separators only"),
        ) from problem


def _hand_over(
    out: Handover, name: str, crs: str | None, values: Floats, place: tuple[float, ...], unit: str,
    kind: str,
) -> None:  # fmt: skip
    rows, columns = values.shape
    facts: list[Any] = [rows, columns, *place, unit, kind]
    out.layer(name, [*FACTS, HEIGHT], crs=crs, has_geometry=False, expected_rows=rows * columns)
    out.rows([1], {key: np.array([value], object if isinstance(value, str) else float) for key, value in zip(FACTS, facts, strict=True)})  # fmt: skip
    flat = values.ravel()
    out.rows(np.arange(1, len(flat) + 1), {HEIGHT: flat})


def _require_size(file: str, cells: int) -> None:
    if cells > _MOST_CELLS:
        raise RefusedFileError(
            Text(f"{file} 有 {cells / 1e6:.0f} 百万格，超过 {_MOST_CELLS / 1e6:.0f} 百万格",
                 f"{file} has {cells / 1e6:.0f} million cells, more than {_MOST_CELLS / 1e6:.0f} million"),
            where=file,
            fix=Text("裁剪到方案范围或合并格网后导入", "cut it to the plan or make its cells coarser"),
        )  # fmt: skip


def _no_place(file: str) -> InputFileError:
    return InputFileError(
        Text(f"{file} 没有位置：不知道每格在哪里", f"{file} has no place: nothing says where its cells lie"),
        where=file,
        fix=Text("导出为带坐标的 GeoTIFF", "export it as a GeoTIFF with its coordinates"),
    )  # fmt: skip


def _unreadable(file: str, kind: str) -> InputFileError:
    return InputFileError(
        Text(f"{file} 无法按 {kind} 读取", f"{file} cannot be read as {kind}"),
        where=file,
        fix=Text("重新导出后再导入", "export it again"),
    )
