"""What a pipe must keep away from besides other pipes: buildings, trees, poles and kerbs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property

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

BUILDING, ROAD = "building", "road"
SEAM_M = 0.02  # gaps of drawing between two carriageways


@dataclass(frozen=True)
class Obstacles:
    """Lines and points that pipes keep away from, one an outline, with kind and origin.

    ``row`` is the number of the building that an outline belongs to, -1 for all else. ``assumed``
    are kerbs of roads whose width nobody stated: drawn by the class of the road, not measured.
    """

    shapes: Shapes
    layer: Texts
    ids: Texts
    kind: Texts
    missing: Texts
    voltage_kv: npt.NDArray[np.float64]
    row: Ints
    assumed: Flags

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, at: Ints) -> Obstacles:
        """These outlines and points, in this order."""
        return Obstacles(*(getattr(self, field.name)[at] for field in fields(self)))

    @cached_property
    def tree(self) -> shapely.STRtree:
        """The outlines and points by place."""
        return shapely.STRtree(self.shapes)


@dataclass(frozen=True)
class Buildings:
    """The buildings of a plan by id."""

    shapes: Shapes
    ids: Texts

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, at: Ints) -> Buildings:
        return Buildings(self.shapes[at], self.ids[at])

    @cached_property
    def tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.shapes)


def buildings_of(frame: pd.DataFrame) -> Buildings:
    """The buildings of the layer in the order of their ids."""
    if not len(frame):
        return Buildings(np.zeros(0, dtype=object), np.zeros(0, dtype=object))
    frame = frame.sort_values("building_id", ignore_index=True)
    return Buildings(frame.geometry.to_numpy(), texts(frame, "building_id"))


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
            for name in (field.name for field in fields(Obstacles))
        )
    )


def _kerbs(roads: pd.DataFrame, kinds: SurroundTable) -> Obstacles:
    """The kerbs: outlines of carriageways, unless these are flush (``kerb_m`` 0).

    Where two carriageways meet, the seam between their outlines is no kerb.
    """
    driven = roads[carriageways(roads)]
    kerbs = _outlines(driven[numbers(driven, "kerb_m") != 0.0], ROAD, kinds)
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
        kerbs.voltage_kv[ring], kerbs.row[ring], kerbs.assumed[ring],
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
        owner if layer == BUILDING else np.full(n, -1),
        np.isnan(numbers(frame, "width_m"))[owner] if layer == ROAD else np.zeros(n, dtype=bool),
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
        np.full(len(frame), -1),
        np.zeros(len(frame), dtype=bool),
    )


def ends_inside(
    pipes: PipeFacts, things: Obstacles, buildings: Buildings, pipe: Ints, thing: Ints
) -> Flags:
    """Whether a pipe serves the building of an outline beside it: it ends inside it."""
    inside = np.zeros(len(pipe), dtype=bool)
    shapes = buildings.shapes[things.row[thing]]
    for end in (0, -1):
        inside |= shapely.intersects(shapes, shapely.get_point(pipes.lines[pipe], end))
    return inside


def inside_building(pipes: PipeFacts, which: Ints, buildings: Buildings) -> tuple[Ints, Ints]:
    """Pipes of ``which`` that lie wholly under a building, and the building, by number."""
    nothing = np.zeros(0, dtype=np.int64)
    if not len(buildings) or not len(which):
        return nothing, nothing
    found, building = buildings.tree.query(pipes.lines[which], predicate="within")
    order = np.lexsort((building, found))
    return which[found[order]], building[order]
