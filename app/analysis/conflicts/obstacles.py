"""What a pipe must keep away from besides other pipes: buildings, trees, poles and kerbs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.analysis.conflicts.facts import PipeFacts, numbers, texts
from app.rules.conflicts import SurroundTable

Shapes = npt.NDArray[np.object_]
Texts = npt.NDArray[np.object_]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

BUILDING = "building"
SEAM_M = 0.02  # gaps of drawing between two carriageways


@dataclass(frozen=True)
class Obstacles:
    """Lines and points that pipes keep away from, one an outline, with kind and origin."""

    shapes: Shapes
    layer: Texts
    ids: Texts
    kind: Texts
    missing: Texts
    voltage_kv: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ids)


def obstacles(frames: Mapping[str, pd.DataFrame], kinds: SurroundTable) -> Obstacles:
    """All obstacles of the plan in the order building, tree, pole, kerb, each by id."""
    parts = [
        _outlines(frames["building"], "building", kinds),
        _points(frames["tree"], "tree", kinds),
        _points(frames["pole"], "pole", kinds),
        _kerbs(frames["road"], kinds),
    ]
    return Obstacles(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("shapes", "layer", "ids", "kind", "missing", "voltage_kv")
        )
    )


def _kerbs(roads: pd.DataFrame, kinds: SurroundTable) -> Obstacles:
    """The kerbs: outlines of carriageways, unless these are flush (``kerb_m`` 0).

    Where two carriageways meet, the seam between their outlines is no kerb.
    """
    driven = roads[carriageways(roads)]
    kerbs = _outlines(driven[numbers(driven, "kerb_m") != 0.0], "road", kinds)
    if not len(kerbs):
        return kerbs
    # Widened and narrowed again, so that a gap of drawing between two carriageways closes.
    all_driven = shapely.buffer(shapely.union_all(driven.geometry.to_numpy()), SEAM_M)
    within = shapely.buffer(all_driven, -2 * SEAM_M)
    shapely.prepare(within)
    seamed = np.flatnonzero(shapely.intersects(within, kerbs.shapes))
    shapes = kerbs.shapes.copy()
    shapes[seamed] = shapely.line_merge(shapely.difference(kerbs.shapes[seamed], within))
    parts, ring = shapely.get_parts(shapes, return_index=True)
    return Obstacles(
        parts, kerbs.layer[ring], kerbs.ids[ring], kerbs.kind[ring], kerbs.missing[ring],
        kerbs.voltage_kv[ring],
    )  # fmt: skip


def carriageways(roads: pd.DataFrame) -> Flags:
    place, road_class = texts(roads, "place"), texts(roads, "road_class")
    return np.asarray((place == "carriageway") | ((place == "") & (road_class != "footway")))


def _outlines(frame: pd.DataFrame, layer: str, kinds: SurroundTable) -> Obstacles:
    frame = frame.sort_values(f"{layer}_id", ignore_index=True)
    shapes = frame.geometry.to_numpy() if len(frame) else np.zeros(0, dtype=object)
    polygons, owner = shapely.get_parts(shapes, return_index=True)
    rings, ring_owner = shapely.get_rings(polygons, return_index=True)
    owner = owner[ring_owner] if len(rings) else np.zeros(0, dtype=np.int64)
    n = len(rings)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    lines = shapely.linestrings(points, indices=ring) if n else rings
    return Obstacles(
        np.asarray(lines, dtype=object),
        np.full(n, layer, dtype=object),
        texts(frame, f"{layer}_id")[owner],
        kinds.kinds(layer, np.full(n, "", dtype=object), np.full(n, np.nan)),
        np.full(n, "", dtype=object),
        np.full(n, np.nan),
    )


def _points(frame: pd.DataFrame, layer: str, kinds: SurroundTable) -> Obstacles:
    frame = frame.sort_values(f"{layer}_id", ignore_index=True)
    voltage = numbers(frame, "voltage_kv")
    kind = kinds.kinds(layer, texts(frame, "kind"), voltage)
    missing = np.where(kind == "", "kind", "").astype(object)
    shapes = frame.geometry.to_numpy() if len(frame) else np.zeros(0, dtype=object)
    return Obstacles(
        np.asarray(shapes, dtype=object),
        np.full(len(frame), layer, dtype=object),
        texts(frame, f"{layer}_id"),
        kind,
        missing,
        voltage,
    )


def enters_building(pipes: PipeFacts, buildings: pd.DataFrame) -> set[tuple[str, str]]:
    """(pipe, building) pairs in which the pipe serves the building: it ends inside it."""
    if not len(buildings) or not len(pipes):
        return set()
    shapes = gpd.GeoSeries(buildings.geometry.to_numpy())
    ids = texts(buildings, "building_id")
    found: set[tuple[str, str]] = set()
    for end in (0, -1):
        points = shapely.get_point(pipes.lines, end)
        pipe, building = shapes.sindex.query(points, predicate="intersects")
        found |= set(zip(pipes.ids[pipe], ids[building], strict=True))
    return found


def inside_building(pipes: PipeFacts, buildings: pd.DataFrame) -> list[tuple[int, str]]:
    """Pipes that lie wholly under a building, by number, with the building's id."""
    if not len(buildings) or not len(pipes):
        return []
    shapes = gpd.GeoSeries(buildings.geometry.to_numpy())
    ids = texts(buildings, "building_id")
    pipe, building = shapes.sindex.query(pipes.lines, predicate="within")
    return sorted(zip(pipe.tolist(), ids[building].tolist(), strict=True))
