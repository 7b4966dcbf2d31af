"""A look at what an import would save: first rows in words, where they lie, how far from the plan."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from app.errors import Language, Text
from app.geo.crs import project_points
from app.schema import LAYERS, Layer
from app.services.detail import shown, shown_unit
from app.services.imports.report import LayerReport, Lies
from app.services.table import HIDDEN
from app.store import PlanStore

Shapes = NDArray[np.object_]
_PREVIEW_ROWS = 8
_SAMPLED = 500
_PLACED = 5000


def look_at(
    report: LayerReport, store: PlanStore, layer: Layer, frame: pd.DataFrame, shapes: Shapes | None
) -> None:
    """Put the first rows and their place into the report of their layer."""
    columns = [c for c in frame.columns if c != "geometry"]
    first = frame[columns].head(_PREVIEW_ROWS).astype(object)
    first = first.where(first.notna(), None)
    lines: list[dict[str, Any]] = first.to_dict("records")  # type: ignore[assignment]
    report.names |= _names(store, layer, first)
    if shapes is not None and len(shapes):
        for line, shape in zip(lines, shapes, strict=False):
            line["geometry"] = None if shape is None else shapely.to_wkt(shape, 2)[:200]
        report.measures += [_measure(shape) for shape in shapes[: len(lines)]]
        _place(report, store, shapes)
    report.preview += lines


def _names(store: PlanStore, layer: Layer, first: pd.DataFrame) -> dict[tuple[str, str], str]:
    """What the plan calls the rows that the first rows refer to."""
    found: dict[tuple[str, str], str] = {}
    for column in layer.columns:
        target = LAYERS.get(column.references)
        if target is None or column.name not in first or not target.has_column("name"):
            continue
        wanted = [str(value) for value in first[column.name].dropna().unique()]
        if wanted:
            rows = store.read(target.name, columns=["name"], ids=wanted)
            pairs = zip(rows[target.id_column], rows["name"], strict=True)
            found |= {(column.name, str(key)): str(name) for key, name in pairs if name == name}
    return found


def _place(report: LayerReport, store: PlanStore, shapes: Shapes) -> None:
    west, south, east, north = shapely.total_bounds(shapes)
    if not np.isfinite(west):
        return
    lon, lat = project_points([west, east], [south, north], store.meta.crs, "EPSG:4326")
    report.bounds = (float(lon[0]), float(lat[0]), float(lon[1]), float(lat[1]))
    _sample(report, store.meta.crs, shapes)
    report.lies = lies_of(store, shapes)


def lies_of(store: PlanStore, shapes: Shapes) -> Lies:
    """Which townships hold the shapes, and how far those are that none holds."""
    some = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    some = some[:: max(1, len(some) // _PLACED)]
    townships = store.read("township", columns=["name", "geometry"])
    townships = townships[~townships.geometry.isna()]
    if not len(some) or not len(townships):
        return Lies()
    inner = shapely.point_on_surface(some)
    areas = np.asarray(townships.geometry.to_numpy(), object)
    asked, held = shapely.STRtree(areas).query(inner, predicate="intersects")
    first = dict(zip(asked[::-1].tolist(), held[::-1].tolist(), strict=True))
    names = [str(name) for name in townships["name"]]
    counted = Counter(names[at] for at in first.values())
    outside = np.setdiff1d(np.arange(len(inner)), asked)
    apart = shapely.distance(inner[outside], shapely.union_all(areas)) / 1000
    return Lies(
        {name: count / len(inner) for name, count in counted.most_common()},
        len(outside) / len(inner),
        float(apart.min()) if len(outside) else 0.0,
        float(apart.max()) if len(outside) else 0.0,
    )


def _sample(report: LayerReport, crs: str, shapes: Shapes) -> None:
    """Some shapes in degrees, for the preview on a map; the report of the command has none."""
    room = _SAMPLED - len(report.sample)
    some = [shape for shape in shapes[:room] if shape is not None and not shape.is_empty]
    if some:
        flat = gpd.GeoSeries(some, crs=crs).force_2d().to_crs(4326)
        rounded = shapely.set_precision(flat.to_numpy(), 1e-7, mode="pointwise")
        report.sample += [json.loads(text) for text in shapely.to_geojson(rounded)]


def in_words(report: LayerReport, language: Language) -> list[dict[str, object]]:
    """The first rows as they would be saved: ``{column, label, unit, values}``, one per column.

    Values are in words of the language: codes and references by their names, unknown as unknown.
    Columns that are unknown in all of these rows are left out.
    """
    layer = LAYERS.get(report.layer)
    if layer is None:
        return []
    told: list[dict[str, object]] = []
    for column in layer.columns:
        cells = [line.get(column.name) for line in report.preview]
        if column.name in HIDDEN or all(cell is None for cell in cells):
            continue
        told.append(
            {
                "column": column.name,
                "label": column.label.in_language(language),
                "unit": shown_unit(column, language),
                "values": [
                    report.names.get((column.name, str(cell))) or shown(column, cell, language)
                    for cell in cells
                ],
            }
        )
    if report.measures:
        label = Text("图形", "geometry").in_language(language)
        values = [measure.in_language(language) for measure in report.measures]
        told.append({"column": "geometry", "label": label, "unit": "", "values": values})
    return told


def _measure(shape: shapely.Geometry | None) -> Text:
    """A shape by its kind and size."""
    if shape is None or shapely.is_empty(shape):
        return Text("无", "none")
    dimension = shapely.get_dimensions(shape)
    size = shapely.area(shape) if dimension == 2 else shapely.length(shape)
    if dimension == 2:
        return Text(f"面 {size:,.1f} m²", f"polygon {size:,.1f} m²")
    if dimension == 1:
        return Text(f"线 {size:,.1f} m", f"line {size:,.1f} m")
    x, y = shapely.get_coordinates(shape)[0]
    return Text(f"点 {x:.1f}, {y:.1f}", f"point {x:.1f}, {y:.1f}")


def where_in_words(report: LayerReport, language: Language) -> str:
    """The place in a sentence: townships with shares, and what lies outside them how far."""
    lies = report.lies
    if report.bounds is None:
        return ""
    if lies is None or not (lies.townships or lies.outside):
        return Text("方案还没有乡镇，位置无法对照",
                    "the plan has no townships yet to compare the place with").in_language(language)  # fmt: skip
    zh = language == "zh"
    parts = [f"{name} {share:.0%}" for name, share in lies.townships.items()]
    if lies.outside:
        near, far = f"{lies.nearest_km:.1f}", f"{lies.farthest_km:.1f}"
        span = near if near == far else f"{near}–{far}"
        parts.append(f"方案乡镇以外 {lies.outside:.0%}，相距 {span} km" if zh
                     else f"outside the plan's townships {lies.outside:.0%}, {span} km away")  # fmt: skip
    return ("、" if zh else ", ").join(parts)
