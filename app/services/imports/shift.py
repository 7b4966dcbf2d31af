"""Whether delivered degrees were shifted by a web map, asked of what the plan holds at the place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from app.errors import Text
from app.geo.crs import WGS84, Bounds, Datum, in_china, parse_crs, project, project_points
from app.geo.datum_detection import (
    DatumGuess,
    datum_by_same_things,
    datum_by_where_it_belongs,
    datum_by_where_it_cannot_be,
)
from app.schema import LAYERS, Layer
from app.store import PlanStore

Shapes = NDArray[np.object_]
Said = Literal["auto", "wgs84", "gcj02", "bd09"]
_SAMPLED = 400
_AROUND_M = 200.0
_DATUMS: tuple[Datum, ...] = ("wgs84", "gcj02", "bd09")
# What things of a layer lie on or end at, beside their own like: the plan may hold it already.
_ALSO_ON = {
    "unit_door": ("building",), "stair_unit": ("building",), "gate": ("wall", "community"),
    "wall": ("community",), "pipe_node": ("pipe",), "pipe": ("pipe_node",),
    "walkway": ("road",), "community": ("wall",),
}  # fmt: skip
# Areas that hold no such things: pipes run beside houses, houses stand beside roads.
_NEVER_ON = {"building": "road", "stair_unit": "road"} | dict.fromkeys(
    ("pipe", "pipe_node", "tree", "pole", "wall", "walkway", "road"), "building"
)
_BELONGS_ON = {"service": "building", "plot_room": "building", "asset": "community"}


def datum_of(
    shapes: Shapes, source: str, layer: Layer, store: PlanStore, *, swapped: bool
) -> DatumGuess:
    """How the coordinates of a delivered layer were shifted, with the evidence.

    Metres and places outside China are not asked about: the answer has no certainty.
    """
    sample = _sample(shapes)
    if not len(sample) or not parse_crs(source).is_geographic:
        return DatumGuess()
    first, second = shapely.get_coordinates(sample).T
    lon, lat = project_points(*((second, first) if swapped else (first, second)), source, WGS84)
    if not bool(in_china(lon, lat).all()):
        return DatumGuess()
    readings: Mapping[Datum, Shapes] = {
        datum: project(sample, source, store.meta.crs, datum=datum, swapped=swapped)
        for datum in _DATUMS
    }
    around = shapely.total_bounds(np.concatenate(list(readings.values())))
    box = (around[0] - _AROUND_M, around[1] - _AROUND_M,
           around[2] + _AROUND_M, around[3] + _AROUND_M)  # fmt: skip
    return (
        _by_same(readings, layer, store, box)
        or _by_share(readings, layer, store, box)
        or _cannot_tell(layer)
    )


def _by_same(
    readings: Mapping[Datum, Shapes], layer: Layer, store: PlanStore, box: Bounds
) -> DatumGuess | None:
    for name in (layer.name, *_ALSO_ON.get(layer.name, ())):
        found = datum_by_same_things(readings, _known(store, name, box))
        if found is not None:
            return found
    return None


def _by_share(
    readings: Mapping[Datum, Shapes], layer: Layer, store: PlanStore, box: Bounds
) -> DatumGuess | None:
    for table, judge in ((_NEVER_ON, datum_by_where_it_cannot_be),
                         (_BELONGS_ON, datum_by_where_it_belongs)):  # fmt: skip
        name = table.get(layer.name)
        if name is not None:
            label = LAYERS[name].label
            areas = _known(store, name, box)
            areas = areas[shapely.get_dimensions(areas) == 2]
            found = judge(readings, areas, what=Text(label.zh, f"{label.en}s"))
            if found is not None:
                return found
    return None


def _sample(shapes: Shapes) -> Shapes:
    good = shapes[~shapely.is_missing(shapes)]
    good = good[~shapely.is_empty(good)]
    good = good[np.isfinite(shapely.bounds(good)).all(axis=1)]
    return good[:: max(1, len(good) // _SAMPLED)][:_SAMPLED]


def _known(store: PlanStore, layer: str, box: Bounds) -> Shapes:
    if not LAYERS[layer].is_spatial:
        return np.empty(0, object)
    rows = store.read(layer, columns=["geometry"], bbox=box)
    shapes: Shapes = np.asarray(rows.geometry.to_numpy(), object)
    return shapes[~shapely.is_missing(shapes)]


def _cannot_tell(layer: Layer) -> DatumGuess:
    return DatumGuess(
        "wgs84",
        "unknown",
        Text(
            "无法区分 WGS-84 与 GCJ-02/BD-09：方案在此处没有与"
            f"“{layer.label.zh}”对照得出差别的同类对象、楼栋或道路，按 WGS-84 读取",
            "unknown: cannot tell WGS-84 from GCJ-02 or BD-09 without things of the plan that show "
            f"the difference ({layer.name}, buildings or roads at the place); read as WGS-84",
        ),
    )
