"""Check frames against the schema: every fault at once, each with its row, column and cure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.errors import Finding, Severity, Text
from app.schema.layers import LAYERS
from app.schema.model import Column, Layer
from app.schema.pipe_faults import pipe_faults

Frame = pd.DataFrame  # a GeoDataFrame is one too
Mask = npt.NDArray[np.bool_]

# A layer delivered in the wrong unit has a fault in every row: the first rows are listed one by
# one, the others are counted in one closing finding, so that a report stays readable.
LISTED_ROWS = 1000


@dataclass(frozen=True)
class _Fault:
    """One kind of fault in one column: its code and how to say it for a cell's value."""

    code: str
    severity: Severity
    message: Callable[[str], Text]
    fix: Text
    column: str = ""


def validate_frames(
    frames: Mapping[str, Frame], *, known_ids: Mapping[str, Collection[str]] | None = None
) -> list[Finding]:
    """Every fault of the frames, by layer name, in the order of the schema.

    ``known_ids`` holds ids of layers that are not among the frames, for the check of references;
    a reference into a layer that is neither given nor known is not checked.
    """
    ids: dict[str, Collection[str]] = dict(known_ids or {})
    for name, frame in frames.items():
        if name in LAYERS and LAYERS[name].id_column in frame.columns:
            own = set(frame[LAYERS[name].id_column].dropna())
            ids[name] = own | set(ids.get(name, ()))
    findings: list[Finding] = []
    for name in sorted(frames, key=lambda n: list(LAYERS).index(n) if n in LAYERS else -1):
        if name not in LAYERS:
            findings.append(_unknown_layer(name))
            continue
        findings += validate_layer(LAYERS[name], frames[name])
        findings += dangling_references(LAYERS[name], frames[name], ids)
    return findings + pipe_faults(frames)


def validate_layer(layer: Layer, frame: Frame) -> list[Finding]:
    """Every fault of one layer by itself: columns, ids, values, geometry."""
    findings = _column_faults(layer, frame)
    findings += _id_faults(layer, frame)
    for column in layer.columns:
        if column.name in frame.columns and column.name != layer.id_column:
            findings += _value_faults(layer, column, frame)
    findings += _geometry_faults(layer, frame)
    return findings


def _unknown_layer(name: str) -> Finding:
    return Finding(
        "unknown_layer",
        "error",
        Text(f"没有名为 {name} 的图层", f"there is no layer named {name}"),
        Text("改用数据字典中的图层名", "use a layer name of the data dictionary"),
        layer=name,
    )


def _column_faults(layer: Layer, frame: Frame) -> list[Finding]:
    geometry = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else "geometry"
    unknown = [c for c in frame.columns if c != geometry and not layer.has_column(str(c))]
    missing = [c for c in layer.columns if c.required and c.name not in frame.columns]
    return [
        Finding(
            "unknown_column",
            "warning",
            Text(
                f"“{layer.label.zh}”没有字段 {name}，不会保存",
                f"{layer.name} has no column {name}; it is not kept",
            ),
            Text("对应到已有字段，或忽略", "map it to a column, or ignore it"),
            layer=layer.name,
            column=str(name),
        )
        for name in unknown
    ] + [
        Finding(
            "missing_column",
            "error",
            Text(
                f"缺少必填字段“{c.label.zh}”({c.name})",
                f"the required column {c.name} is missing",
            ),
            Text("在文件中补上该字段", "add the column to the file"),
            layer=layer.name,
            column=c.name,
        )
        for c in missing
        if c.name != "version"
    ]


def _row_names(layer: Layer, frame: Frame) -> npt.NDArray[np.object_]:
    """What to call each row: its id, or its 1-based number where it has none."""
    numbers: npt.NDArray[np.object_] = np.char.add(
        "#", np.arange(1, len(frame) + 1).astype(str)
    ).astype(object)
    if layer.id_column not in frame.columns:
        return numbers
    ids = frame[layer.id_column].to_numpy(dtype=object)
    return np.where(pd.isna(ids), numbers, ids)


def _listed(
    layer: Layer,
    frame: Frame,
    mask: Mask,
    fault: _Fault,
    shown: pd.Series | npt.NDArray[np.object_],
) -> list[Finding]:
    rows = np.flatnonzero(mask)
    if rows.size == 0:
        return []
    names = _row_names(layer, frame)
    values = np.asarray(shown, dtype=object)
    findings = [
        Finding(
            fault.code,
            fault.severity,
            fault.message(str(values[row])),
            fault.fix,
            layer=layer.name,
            row=str(names[row]),
            column=fault.column,
        )
        for row in rows[:LISTED_ROWS]
    ]
    if rows.size > LISTED_ROWS:
        more = rows.size - LISTED_ROWS
        findings.append(
            Finding(
                fault.code,
                fault.severity,
                Text(
                    f"还有 {more} 行有同样的问题（共 {rows.size} 行）",
                    f"{more} more rows have the same fault ({rows.size} in all)",
                ),
                fault.fix,
                layer=layer.name,
                column=fault.column,
                details={"rows": [str(name) for name in names[rows[LISTED_ROWS:]]]},
            )
        )
    return findings


def _id_faults(layer: Layer, frame: Frame) -> list[Finding]:
    name = layer.id_column
    if name not in frame.columns:
        return []
    ids = frame[name]
    empty = ids.isna() | (ids.astype(str).str.strip() == "")
    repeated = ids.duplicated(keep="first") & ~empty
    return _listed(
        layer,
        frame,
        empty.to_numpy(),
        _Fault(
            "missing_id",
            "error",
            lambda _: Text("编号为空", "the id is empty"),
            Text("补上编号", "give the row an id"),
            name,
        ),
        ids,
    ) + _listed(
        layer,
        frame,
        repeated.to_numpy(),
        _Fault(
            "duplicate_id",
            "error",
            lambda v: Text(f"编号 {v} 重复", f"the id {v} occurs more than once"),
            Text("每行用不同的编号", "give each row an id of its own"),
            name,
        ),
        ids,
    )


def _is_kind(column: Column, values: pd.Series) -> Mask:
    """Which present values are of the column's kind."""
    if column.kind in ("text", "json"):
        return np.ones(len(values), dtype=bool)
    if column.kind in ("int", "float"):
        numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        fits: Mask = np.isfinite(numbers)
        if column.kind == "int":
            with np.errstate(invalid="ignore"):
                fits &= numbers == np.round(numbers)
        return fits
    if column.kind == "bool":
        return values.isin([True, False, 0, 1]).to_numpy()
    return pd.to_datetime(values, errors="coerce", format="ISO8601", utc=True).notna().to_numpy()


def _value_faults(layer: Layer, column: Column, frame: Frame) -> list[Finding]:
    values = frame[column.name]
    present = values.notna().to_numpy()
    findings: list[Finding] = []
    label = column.label
    if column.required and column.name != "version":
        fault = _Fault(
            "missing_value",
            "error",
            lambda _: Text(f"“{label.zh}”为空", f"{label.en} is empty"),
            Text("补上该值", "fill it in"),
            column.name,
        )
        findings += _listed(layer, frame, ~present, fault, values)
    if not present.any():
        return findings
    fits = np.ones(len(values), dtype=bool)
    fits[present] = _is_kind(column, values[present])
    fault = _Fault(
        "wrong_type",
        "error",
        lambda v: Text(
            f"“{label.zh}”的值 {v} 不是{_KIND_ZH[column.kind]}",
            f"{column.label.en} {v} is not {_KIND_EN[column.kind]}",
        ),
        Text(f"改为{_KIND_ZH[column.kind]}", f"make it {_KIND_EN[column.kind]}"),
        column.name,
    )
    findings += _listed(layer, frame, present & ~fits, fault, values)
    findings += _domain_faults(layer, column, frame, present)
    findings += _range_faults(layer, column, frame, present & fits)
    return findings


_KIND_ZH = {
    "text": "文本", "int": "整数", "float": "数值", "bool": "是/否", "date": "日期",
    "datetime": "时间", "json": "列表",
}  # fmt: skip
_KIND_EN = {
    "text": "text", "int": "a whole number", "float": "a number", "bool": "yes or no",
    "date": "a date", "datetime": "a time", "json": "a list",
}  # fmt: skip


def _domain_faults(layer: Layer, column: Column, frame: Frame, present: Mask) -> list[Finding]:
    if column.domain is None:
        return []
    domain = column.domain
    values = frame[column.name]
    outside = present & ~values.isin(domain.values).to_numpy()
    allowed_zh = "、".join(f"{c.code}（{c.label.zh}）" for c in domain.codes)
    allowed_en = ", ".join(domain.values)
    fault = _Fault(
        "not_in_domain",
        "error",
        lambda v: Text(
            f"“{column.label.zh}”的值 {v} 不在“{domain.label.zh}”代码表内",
            f"{column.label.en} {v} is not a code of {domain.label.en}",
        ),
        Text(f"可用代码：{allowed_zh}", f"use one of: {allowed_en}"),
        column.name,
    )
    return _listed(layer, frame, outside, fault, values)


def _range_faults(layer: Layer, column: Column, frame: Frame, numeric: Mask) -> list[Finding]:
    if column.kind not in ("int", "float") or (column.minimum is None and column.maximum is None):
        return []
    low = -np.inf if column.minimum is None else column.minimum
    high = np.inf if column.maximum is None else column.maximum
    numbers = pd.to_numeric(frame[column.name], errors="coerce").to_numpy(
        dtype=float, na_value=np.nan
    )
    with np.errstate(invalid="ignore"):
        outside = numeric & ((numbers < low) | (numbers > high))
    unit = f" {column.unit}" if column.unit else ""
    fault = _Fault(
        "out_of_range",
        "error",
        lambda v: Text(
            f"“{column.label.zh}”{v}{unit} 超出合理范围 {low:g} 至 {high:g}",
            f"{column.label.en} {v}{unit} is outside {low:g} to {high:g}",
        ),
        Text("检查数值和单位", "check the figure and its unit"),
        column.name,
    )
    return _listed(layer, frame, outside, fault, frame[column.name])


def _geometry_faults(layer: Layer, frame: Frame) -> list[Finding]:
    if not layer.is_spatial or not isinstance(frame, gpd.GeoDataFrame):
        return []
    shapes = frame.geometry.to_numpy()
    absent = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    findings: list[Finding] = []
    if not layer.optional_geometry:
        findings += _listed(layer, frame, absent, _NO_GEOMETRY, shapes)
    finite = np.isfinite(shapely.bounds(shapes)).all(axis=1)
    findings += _listed(layer, frame, ~absent & ~finite, _NOT_FINITE, shapes)
    usable = ~absent & finite
    kinds = np.array([layer_type.upper() for layer_type in layer.geometry])
    names = np.array([_TYPE_NAMES.get(code, "") for code in shapely.get_type_id(shapes)])
    fault = _Fault(
        "wrong_geometry",
        "error",
        lambda v: Text(f"几何类型 {v} 不适用于此图层", f"this layer holds no {v}"),
        Text("可用类型：" + "、".join(layer.geometry), "use one of: " + ", ".join(layer.geometry)),
        "geometry",
    )
    upper = np.char.upper(names.astype(str))
    findings += _listed(layer, frame, usable & ~np.isin(upper, kinds), fault, names)
    polygons = usable & np.isin(upper, ["POLYGON", "MULTIPOLYGON"])
    if polygons.any():
        invalid = np.zeros(len(shapes), dtype=bool)
        invalid[polygons] = ~shapely.is_valid(shapes[polygons])
        reasons = np.full(len(shapes), "", dtype=object)
        reasons[invalid] = shapely.is_valid_reason(shapes[invalid])
        findings += _listed(layer, frame, invalid, _INVALID, reasons)
    lines = usable & np.isin(upper, ["LINESTRING", "MULTILINESTRING"])
    if lines.any():
        flat = lines & (shapely.length(shapes) == 0)
        findings += _listed(layer, frame, flat, _ZERO_LENGTH, shapes)
    return findings


_TYPE_NAMES = {
    0: "Point", 1: "LineString", 2: "LinearRing", 3: "Polygon", 4: "MultiPoint",
    5: "MultiLineString", 6: "MultiPolygon", 7: "GeometryCollection",
}  # fmt: skip
_NO_GEOMETRY = _Fault(
    "missing_geometry",
    "error",
    lambda _: Text("没有几何图形", "the row has no geometry"),
    Text("补绘图形或删除该行", "draw the geometry or drop the row"),
    "geometry",
)
_NOT_FINITE = _Fault(
    "not_finite",
    "error",
    lambda _: Text("坐标不是有限数（NaN 或无穷）", "a coordinate is NaN or infinite"),
    Text("改正坐标后重新导入", "correct the coordinates and import again"),
    "geometry",
)
_INVALID = _Fault(
    "invalid_geometry",
    "error",
    lambda v: Text(f"多边形自相交或不闭合：{v}", f"the polygon is not valid: {v}"),
    Text("导入时自动修复，或重绘边界", "let the import repair it, or redraw the boundary"),
    "geometry",
)
_ZERO_LENGTH = _Fault(
    "zero_length",
    "error",
    lambda _: Text("线段长度为零", "the line has no length"),
    Text("改正端点坐标", "correct the end points"),
    "geometry",
)


def references(layer: Layer, row: Mapping[str, object]) -> dict[str, set[str]]:
    """The ids in other layers of the plan to which a row points; results come and go, they are not
    asked about."""
    found: dict[str, set[str]] = {}
    for column in layer.columns:
        value, target = row.get(column.name), LAYERS.get(column.references)
        if target is not None and target.group != "result" and isinstance(value, str):
            found.setdefault(target.name, set()).add(value)
    return found


def dangling_references(
    layer: Layer, frame: Frame, ids: Mapping[str, Collection[str]]
) -> list[Finding]:
    """Values that name a row which is not among ``ids`` (layer -> ids); others are not judged."""
    findings: list[Finding] = []
    for column in layer.columns:
        known = ids.get(column.references)
        if not column.references or column.name not in frame.columns or known is None:
            continue
        values = frame[column.name]
        dangling = values.notna().to_numpy() & ~values.isin(list(known)).to_numpy()
        target = LAYERS[column.references]
        fault = _Fault(
            "dangling_reference",
            "error",
            lambda v, c=column, t=target: Text(  # type: ignore[misc]
                f"“{c.label.zh}”指向的{t.label.zh} {v} 不存在",
                f"{c.name} names {t.name} {v}, which does not exist",
            ),
            Text(f"改为已有的{target.label.zh}编号", f"use the id of an existing {target.name}"),
            column.name,
        )
        findings += _listed(layer, frame, dangling, fault, values)
    return findings
