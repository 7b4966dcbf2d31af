"""DXF drawings: lines and blocks of the model space with their layer; what is not read is told.

Blocks are points and never expanded, so that a drawing whose blocks nest cannot explode.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ezdxf.path
import numpy as np
import shapely
from ezdxf import recover
from ezdxf.filemanagement import readfile
from ezdxf.lldxf.const import DXFError
from numpy.typing import NDArray

from app.errors import InputFileError, Text
from app.store.readers.handover import CHUNK_ROWS, MAX_COLUMNS, Handover
from app.store.readers.marks import refuse_marked_cells, refuse_marked_names

_LINES = ("LINE", "LWPOLYLINE", "POLYLINE", "ARC", "SPLINE", "ELLIPSE")
_SAGITTA_M = 0.01
_TURNED = (0.0, 0.0, 1.0)
_HEAD_BYTES = 65_536
_CODEPAGE = re.compile(rb"\$DWGCODEPAGE\s+3\s+(\S+)")
_VERSION = re.compile(rb"\$ACADVER\s+1\s+(AC\d{4})")
_FIRST_UNICODE = "AC1021"
# $INSUNITS; 0 is "no unit", which drawings of the place measure in metres.
_METRES = {1: 0.0254, 2: 0.3048, 4: 0.001, 5: 0.01, 6: 1.0, 7: 1000.0, 14: 0.1, 15: 10.0, 16: 100.0}
_UNIT_NAMES = {0.0254: "inch", 0.3048: "foot", 0.001: "mm", 0.01: "cm", 1.0: "m", 1000.0: "km",
               0.1: "dm", 10.0: "10 m", 100.0: "100 m"}  # fmt: skip
_LISTED_LAYERS = 12
Columns = dict[str, list[object]]


@dataclass
class _Drawn:
    """What is kept of one kind: rows with their shapes."""

    shapes: list[Any] = field(default_factory=list)
    rows: list[dict[str, object]] = field(default_factory=list)

    def add(self, shape: Any, row: dict[str, object]) -> None:
        self.shapes.append(shape)
        self.rows.append(row)


def read_drawing(path: Path, out: Handover, *, name: str) -> None:
    """Hand over the lines and the points of a drawing as two layers.

    Raises
    ------
    InputFileError
        It is no complete DXF.
    """
    document, repaired = _opened(path, out.file)
    _refuse_marked(document, out.file)
    unit_m = _METRES.get(int(document.header.get("$INSUNITS", 0)))
    lines, points, ignored = _sorted(document.modelspace(), _SAGITTA_M / (unit_m or 1.0))
    encoding = str(document.encoding)
    for title, drawn in ((f"{name} 线", lines), (f"{name} 点", points)):
        _hand_over(out, title, drawn, unit_m=unit_m or 1.0, encoding=encoding)
    _tell(out, document, unit_m, ignored, repaired)


def _opened(path: Path, file: str) -> tuple[Any, bool]:
    encoding = _encoding(path)
    try:
        try:
            return readfile(path, encoding=encoding), False
        except DXFError:
            document, _ = recover.readfile(path)
            return document, True
    except (DXFError, OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise InputFileError(
            Text(f"{file} 不是完整的 DXF：{str(error)[:200]}", f"{file} is no complete DXF: {str(error)[:200]}"),
            where=file,
            fix=Text("在 CAD 中核查（AUDIT）后另存为 DXF（2007 或更高版本）",
                     "audit it in the CAD program and save it as DXF of 2007 or later"),
        ) from error  # fmt: skip


def _refuse_marked(document: Any, file: str) -> None:
    """The mark of a secret drawing stands on a layer or in the texts of its frame."""
    refuse_marked_names([_text(layer.dxf.name) for layer in document.layers], where=file)
    spaces = [
        document.modelspace(),
        *(sheet for sheet in document.layouts if not sheet.is_modelspace),
    ]
    for space in spaces:
        texts = [_text(entity.dxf.get("text", "")) for entity in space.query("TEXT MTEXT ATTDEF")]
        refuse_marked_cells(texts, where=file, column="TEXT", rows=range(1, len(texts) + 1))


def _encoding(path: Path) -> str | None:
    """GBK where an old drawing claims another code page than its bytes have; None: as it claims."""
    content = path.read_bytes()
    head = content[:_HEAD_BYTES]
    version, page = _VERSION.search(head), _CODEPAGE.search(head)
    if version is not None and version.group(1).decode() >= _FIRST_UNICODE:
        return None
    if page is not None and page.group(1).upper() in (b"ANSI_936", b"GB2312", b"GBK"):
        return "gb18030"
    for encoding in ("ascii", "utf-8", "gb18030"):
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if encoding == "ascii" else encoding
    return None


def _sorted(
    entities: Iterable[Any], sagitta: float
) -> tuple[_Drawn, _Drawn, Counter[tuple[str, str]]]:
    lines, points, ignored = _Drawn(), _Drawn(), Counter[tuple[str, str]]()
    for entity in entities:
        kind, layer = entity.dxftype(), _text(entity.dxf.get("layer", "0"))
        row: dict[str, object] = {
            "图层": layer,
            "图元": kind,
            "句柄": _text(entity.dxf.get("handle")),
        }
        if kind in _LINES:
            shape = _line(entity, sagitta)
            if shape is not None:
                lines.add(shape, row)
                continue
        elif kind == "INSERT":
            tags = {_text(a.dxf.tag): _text(a.dxf.text) for a in entity.attribs}
            points.add(_point(entity.dxf.insert), {**row, "块名": _text(entity.dxf.name), **tags})
            continue
        elif kind == "POINT":
            points.add(_point(entity.dxf.location), row)
            continue
        ignored[kind, layer] += 1
    return lines, points, ignored


def _line(entity: Any, sagitta: float) -> Any:
    """The run of a line in world coordinates, arcs and bulges within 1 cm; None if it has none."""
    kind = entity.dxftype()
    try:
        if kind == "LINE" and tuple(entity.dxf.extrusion) == _TURNED:
            at = np.array([tuple(entity.dxf.start), tuple(entity.dxf.end)], float)
        else:
            path = ezdxf.path.make_path(entity)
            at = np.array([tuple(v) for v in path.flattening(sagitta)], float)
    except (DXFError, ValueError, TypeError, ZeroDivisionError, ArithmeticError):
        return None
    if len(at) < 2 or not np.isfinite(at).all():
        return None
    kept = np.append(True, np.any(at[1:] != at[:-1], axis=1))
    at = at[kept]
    if len(at) < 2:
        return None
    return shapely.LineString(at if at[:, 2].any() else at[:, :2])


def _point(at: Any) -> Any:
    x, y, z = tuple(at)
    return shapely.Point(x, y, z) if z else shapely.Point(x, y)


def _text(value: object) -> str:
    """Without halves of characters that a wrong code page leaves."""
    return "" if value is None else str(value).encode("utf-8", "replace").decode("utf-8")


def _hand_over(out: Handover, title: str, drawn: _Drawn, *, unit_m: float, encoding: str) -> None:
    if not drawn.rows:
        return
    names = list(dict.fromkeys(name for row in drawn.rows for name in row))[:MAX_COLUMNS]
    out.layer(title, names, has_geometry=True, expected_rows=len(drawn.rows), encoding=encoding,
              unit_m=unit_m)  # fmt: skip
    blobs: NDArray[np.object_] = np.array([shape.wkb for shape in drawn.shapes], object)
    for start in range(0, len(blobs), CHUNK_ROWS):
        rows = drawn.rows[start : start + CHUNK_ROWS]
        columns: Columns = {name: [row.get(name) for row in rows] for name in names}
        numbers = range(start + 1, start + 1 + len(rows))
        out.rows(numbers, columns, list(blobs[start : start + CHUNK_ROWS]))


def _tell(
    out: Handover,
    document: Any,
    unit_m: float | None,
    ignored: Mapping[tuple[str, str], int],
    repaired: bool,
) -> None:
    if unit_m is None:
        out.remark(
            "drawing_without_unit", "info",
            Text("图纸没有声明单位（INSUNITS），按米读取", "the drawing states no unit: read as metres"),
            Text("在 CAD 中把图形单位设为米", "set the unit to metres in the CAD program"),
        )  # fmt: skip
    elif unit_m != 1.0:
        name = _UNIT_NAMES[unit_m]
        out.remark(
            "drawing_unit", "info",
            Text(f"图纸单位为 {name}，已换算为米", f"the drawing is in {name}, brought to metres"),
            Text("在预览中核对位置", "look at the place on the preview"),
        )  # fmt: skip
    if repaired:
        out.remark(
            "drawing_repaired", "warning",
            Text("图纸结构有误，已按可恢复的部分读取", "the drawing is faulty; what could be recovered was read"),
            Text("在 CAD 中核查（AUDIT）后重新导出", "audit it in the CAD program and export it again"),
        )  # fmt: skip
    by_kind: dict[str, Counter[str]] = {}
    for (kind, layer), count in ignored.items():
        by_kind.setdefault(kind, Counter())[layer] += count
    for kind, layers in sorted(by_kind.items()):
        shown = "、".join(f"{layer}×{count}" for layer, count in layers.most_common(_LISTED_LAYERS))
        out.remark(
            "entity_ignored", "info",
            Text(f"{kind} {layers.total()} 个未读取（图层 {shown}）", f"{layers.total()} {kind} are not read (layers {shown})"),
            Text("需要时改画为线或块", "draw them as lines or blocks if they are needed"),
        )  # fmt: skip
    _tell_hidden(out, document)


def _tell_hidden(out: Handover, document: Any) -> None:
    """Lines inside blocks and on the sheets: they are there, but were not read."""
    inside = {
        _text(block.name): count
        for block in document.blocks
        if not block.is_any_layout
        and (count := sum(1 for entity in block if entity.dxftype() in _LINES)) > 0
    }
    inserted = {name for name in inside if document.modelspace().query(f'INSERT[name=="{name}"]')}
    shown = "、".join(f"{name}（{inside[name]}）" for name in sorted(inserted)[:_LISTED_LAYERS])
    if shown:
        out.remark(
            "block_not_expanded", "info",
            Text(f"块按插入点读作点，块内的线未读取：{shown}", f"blocks are read as points, lines inside are not: {shown}"),
            Text("管线画在块内时先分解（EXPLODE）", "explode blocks that hold pipes"),
        )  # fmt: skip
    sheets = sum(len(layout) for layout in document.layouts if not layout.is_modelspace)
    if sheets:
        out.remark(
            "sheets_ignored", "info",
            Text(f"图纸空间的 {sheets} 个图元未读取", f"{sheets} entities of the sheets are not read"),
            Text("数据应画在模型空间", "data belong in the model space"),
        )  # fmt: skip
