"""Delivered geometry made usable, and every change said: what was repaired, what was turned away.

Nothing is dropped silently. A shape that cannot be used becomes ``None`` beside a fault with its
position; a repaired one carries its area or length before and after.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

Shapes = NDArray[np.object_]
Mask = NDArray[np.bool_]
Kind = Literal[
    "missing", "unreadable", "not_finite", "off_the_map", "wrong_type", "several_parts",
    "collapsed", "self_crossing", "heights_dropped", "heights_zero",
]  # fmt: skip

_OFF_THE_MAP = 4.6e7  # beyond any metric or zone-prefixed coordinate
_POINT, _LINE, _RING, _POLYGON, _MULTIPOINT, _MULTILINE, _MULTIPOLYGON, _COLLECTION = range(8)
_TYPE_NAMES = (
    "Point", "LineString", "LinearRing", "Polygon",
    "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection",
)  # fmt: skip
_DIMENSION = np.array([0, 1, 1, 2, 0, 1, 2, 2])
_WRAPPERS: dict[int, tuple[int, Any]] = {
    _POINT: (_MULTIPOINT, shapely.multipoints),
    _LINE: (_MULTILINE, shapely.multilinestrings),
    _POLYGON: (_MULTIPOLYGON, shapely.multipolygons),
}
_THREADS = 2
_THREADED_FROM = 20_000


@dataclass(frozen=True)
class ShapeFault:
    """What happened to one shape; ``kept`` is false where it had to be turned away.

    ``before`` and ``after`` are square metres for polygons and metres for lines, in the
    coordinates as given; ``detail`` is the engine's own word for the fault.
    """

    position: int
    kind: Kind
    kept: bool
    before: float = float("nan")
    after: float = float("nan")
    detail: str = ""


@dataclass
class Repaired:
    """The shapes in their old order, ``None`` where one was turned away, and all faults."""

    shapes: Shapes
    faults: list[ShapeFault] = field(default_factory=list)

    def turn_away(self, which: Mask, kind: Kind, details: Sequence[str] | None = None) -> None:
        positions = np.flatnonzero(which)
        for number, position in enumerate(positions):
            detail = details[number] if details is not None else ""
            self.faults.append(ShapeFault(int(position), kind, kept=False, detail=detail))
        if positions.size:
            self.shapes[positions] = None


def shapes_from_wkb(blobs: NDArray[np.object_]) -> Repaired:
    """Geometries of well-known binary; one that cannot be read is a fault, not the end.

    A one-vertex line or an unclosed ring among a million makes the engine refuse them all, so
    on its refusal the good ones are read and each bad one is named with its reason.
    """
    try:
        with np.errstate(invalid="ignore"):  # NaN vertices are told later, by name
            return Repaired(np.asarray(shapely.from_wkb(blobs)))
    except (shapely.GEOSException, TypeError):
        shapes = np.empty(len(blobs), object)
        unreadable, reasons = np.zeros(len(blobs), bool), []
    for position, blob in enumerate(blobs):
        try:
            with np.errstate(invalid="ignore"):
                shapes[position] = shapely.from_wkb(blob)
        except (shapely.GEOSException, TypeError) as error:
            unreadable[position] = True
            reasons.append(str(error).split("\n", 1)[0])
    result = Repaired(shapes)
    result.turn_away(unreadable, "unreadable", reasons)
    return result


def repair_shapes(shapes: Shapes, allowed: Sequence[str], *, keep_z: bool) -> Repaired:
    """The shapes as a layer can hold them.

    Parameters
    ----------
    shapes
        Geometries or ``None``, coordinates in metres; the array is not changed.
    allowed
        Geometry types of the layer (``"Polygon"``, ``"MultiPolygon"`` ...).
    keep_z
        Heights are kept where every vertex has one; a height of zero at every vertex is a
        placeholder for "not measured" and is dropped with a remark.

    Returns
    -------
    The shapes with all faults, sorted by position. Crossing rings are opened (a bowtie becomes
    two triangles), single parts are unwrapped, several lines are joined where they meet.
    """
    result = Repaired(np.array(shapes, object))
    result.turn_away(np.asarray(shapely.is_missing(shapes) | shapely.is_empty(shapes)), "missing")
    invalid = np.flatnonzero(~_valid(result.shapes))
    _turn_away_not_finite(result, invalid)
    _settle_heights(result, keep_z=keep_z)
    _settle_types(result, allowed)
    _open_crossings(result, allowed, invalid)
    _turn_away_collapsed(result)
    result.faults.sort(key=lambda fault: fault.position)
    return result


def _turn_away_not_finite(result: Repaired, suspects: NDArray[np.int64]) -> None:
    """Only what the engine calls invalid can hold a vertex that is no number."""
    count = len(result.shapes)
    no_number, off = np.zeros(count, bool), np.zeros(count, bool)
    coordinates, owner = shapely.get_coordinates(result.shapes[suspects], return_index=True)
    no_number[suspects[owner[~np.isfinite(coordinates).all(axis=1)]]] = True
    with np.errstate(invalid="ignore"):
        far = np.abs(shapely.bounds(result.shapes)) > _OFF_THE_MAP
    off[far.any(axis=1)] = True
    result.turn_away(no_number, "not_finite")
    result.turn_away(off & ~no_number, "off_the_map")


def _settle_heights(result: Repaired, *, keep_z: bool) -> None:
    with_z = np.asarray(shapely.has_z(result.shapes))
    if not with_z.any():
        return
    if not keep_z:
        result.shapes[with_z] = shapely.force_2d(result.shapes[with_z])
        return
    positions = np.flatnonzero(with_z)
    coordinates, owner = shapely.get_coordinates(
        result.shapes[positions], include_z=True, return_index=True
    )
    heights = coordinates[:, 2]
    gaps = np.zeros(len(positions), bool)
    gaps[owner[~np.isfinite(heights)]] = True
    raised = np.zeros(len(positions), bool)
    raised[owner[heights != 0.0]] = True  # NaN counts as raised: gaps are told first
    marks: tuple[tuple[Kind, Mask], ...] = (("heights_dropped", gaps), ("heights_zero", ~raised))
    for kind, which in marks:
        chosen = positions[which]
        result.shapes[chosen] = shapely.force_2d(result.shapes[chosen])
        result.faults += [ShapeFault(int(p), kind, kept=True) for p in chosen]


def _settle_types(result: Repaired, allowed: Sequence[str]) -> None:
    """Unwrap single parts, join lines, wrap where only a multi type fits; the rest is wrong."""
    codes = [_TYPE_NAMES.index(name) for name in allowed]
    types = np.asarray(shapely.get_type_id(result.shapes))
    odd = (types >= 0) & ~np.isin(types, codes)
    if not odd.any():
        return
    fitting = np.isin(_DIMENSION[types], _DIMENSION[codes]) & odd & (types != _COLLECTION)
    several = np.zeros(len(types), bool)
    for position in np.flatnonzero(fitting):
        shape = _as_one_of(result.shapes[position], codes)
        several[position] = shape is None
        result.shapes[position] = shape if shape is not None else result.shapes[position]
    collections = np.flatnonzero(odd & (types == _COLLECTION))
    wrong = odd & ~fitting
    for position in collections:
        shape = _from_collection(result.shapes[position], codes)
        if shape is not None:
            result.shapes[position] = shape
            wrong[position] = False
    result.turn_away(several, "several_parts")
    result.turn_away(wrong, "wrong_type", [_TYPE_NAMES[code] for code in types[wrong]])


def _as_one_of(shape: Any, codes: Sequence[int]) -> Any:
    """The shape in a type of the layer, or None where its parts cannot be one."""
    if shape.geom_type == "MultiLineString":
        shape = _merged(shape)
    if shape.geom_type == "LinearRing":
        shape = shapely.LineString(shape.coords)
    parts = shapely.get_parts(shape)
    part_code = int(shapely.get_type_id(parts[0]))
    if len(parts) == 1 and part_code in codes:
        return parts[0]
    multi, wrap = _WRAPPERS[part_code]
    return wrap(parts) if multi in codes else None


def _merged(lines: Any) -> Any:
    """The parts joined where they meet, in the direction of the first; one part as it is.

    Joining may turn a line round or, if it has no length, leave nothing of it: which end is the
    start decides between the depths of a pipe, and what collapsed is told as that.
    """
    parts = shapely.get_parts(lines)
    if len(parts) < 2:
        return lines
    joined = shapely.line_merge(lines)
    if joined.is_empty:
        return parts[0]
    if joined.geom_type == "LineString":
        start = shapely.get_point(parts[0], 0)
        if joined.coords[-1] == start.coords[0] and joined.coords[0] != start.coords[0]:
            return shapely.reverse(joined)
    return joined


def _from_collection(shape: Any, codes: Sequence[int]) -> Any:
    """The one kind of part that the layer holds, if the collection has no other kind."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    wanted = set(_DIMENSION[list(codes)])
    if not len(parts) or set(_DIMENSION[shapely.get_type_id(parts)]) - wanted:
        return None
    return _as_one_of(shapely.union_all(parts), codes)


def _open_crossings(result: Repaired, allowed: Sequence[str], invalid: NDArray[np.int64]) -> None:
    areal = np.isin(shapely.get_type_id(result.shapes[invalid]), (_POLYGON, _MULTIPOLYGON))
    faulty = invalid[areal]
    if not faulty.size:
        return
    broken = result.shapes[faulty]
    reasons = shapely.is_valid_reason(broken)
    opened = shapely.make_valid(broken, method="structure", keep_collapsed=False)
    codes = [_TYPE_NAMES.index(name) for name in allowed]
    lost = np.zeros(len(result.shapes), bool)
    details: list[str] = []
    for position, old, new, reason in zip(faulty, broken, opened, reasons, strict=True):
        fitting = None if new.is_empty else _as_one_of(new, codes)
        if fitting is None:
            lost[position] = True
            details.append(str(reason))
            continue
        result.shapes[position] = fitting
        result.faults.append(
            ShapeFault(int(position), "self_crossing", True, old.area, fitting.area, str(reason))
        )
    result.turn_away(lost, "collapsed", details)


def _turn_away_collapsed(result: Repaired) -> None:
    types = np.asarray(shapely.get_type_id(result.shapes))
    lines = np.isin(types, (_LINE, _RING, _MULTILINE))
    areas = np.isin(types, (_POLYGON, _MULTIPOLYGON))
    collapsed = np.zeros(len(types), bool)
    if lines.any():
        collapsed |= lines & ~(shapely.length(result.shapes) > 0)
    if areas.any():
        collapsed |= areas & ~(shapely.area(result.shapes) > 0)
    result.turn_away(collapsed, "collapsed")


def _valid(shapes: Shapes) -> Mask:
    """The engine works without the interpreter's lock, so large arrays are cut in two."""
    if len(shapes) < _THREADED_FROM:
        return np.asarray(shapely.is_valid(shapes))
    with ThreadPoolExecutor(_THREADS) as pool:
        return np.concatenate(list(pool.map(shapely.is_valid, np.array_split(shapes, _THREADS))))
