"""Where delivered rows lie: their geometry read, brought into the plan's system and repaired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from app.errors import CrsError, Text
from app.geo.crs import Bounds, project, project_points
from app.geo.crs_detection import CrsGuess, detect_crs
from app.geo.datum_detection import DatumGuess
from app.geo.repair import Kind, Repaired, ShapeFault, repair_shapes, shapes_from_wkb
from app.geo.similarity import FourParameters, parse_four_parameters
from app.schema import Layer
from app.services.imports.report import Faults, ImportOptions
from app.services.imports.shift import datum_of
from app.store import PlanStore
from app.store.readers.delivery import DeliveredLayer

Shapes = NDArray[np.object_]
_SAMPLE = 5000

_SAID: dict[Kind, tuple[Text, Text]] = {
    "missing": (Text("没有几何图形", "the row has no geometry"),
                Text("补绘图形，或删除该行", "draw it, or drop the row")),
    "unreadable": (Text("几何数据无法读取", "the geometry cannot be read"),
                   Text("重绘该图形（线至少两点，面须闭合）",
                        "draw it again: a line has two points, a ring is closed")),
    "not_finite": (Text("坐标不是有限数（NaN 或无穷）", "a coordinate is NaN or infinite"),
                   Text("改正坐标", "correct the coordinates")),
    "off_the_map": (Text("坐标数值超出地球范围", "the coordinates are off the map"),
                    Text("检查坐标和坐标系", "check the coordinates and the CRS")),
    "wrong_type": (Text("几何类型不适用于此图层", "this layer does not hold that geometry type"),
                   Text("分图层交付点、线、面", "deliver points, lines and polygons apart")),
    "several_parts": (Text("由互不相连的几部分组成", "it has parts that do not meet"),
                      Text("拆成几行，每行一段", "make it several rows, one for each part")),
    "collapsed": (Text("长度或面积为零", "it has no length or area"),
                  Text("重绘该图形", "draw it again")),
    "self_crossing": (Text("边界自相交，已修复", "its boundary crossed itself and was repaired"),
                      Text("核对修复后的图形", "look at the repaired shape")),
    "heights_dropped": (Text("部分顶点没有高程，按无高程处理", "some vertices have no height: kept flat"),
                        Text("补全高程后重新交付", "deliver all heights")),
    "heights_zero": (Text("高程全为 0，按未知处理", "all heights are 0: taken as unknown"),
                     Text("交付真实高程，或不带高程", "deliver real heights or none")),
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """How the coordinates of one delivered layer are read.

    ``scale`` makes the file's unit metres, ``grid`` leads from a local grid to ``source``.
    ``unit_denied``: the file states a unit that its figures contradict.
    """

    guess: CrsGuess
    source: str
    shift: DatumGuess = field(default_factory=DatumGuess)
    scale: float = 1.0
    grid: FourParameters | None = None
    unit_denied: bool = False

    def in_source(self, shapes: Shapes) -> Shapes:
        """The delivered shapes in ``source``."""
        if self.scale == 1.0 and self.grid is None:
            return shapes
        has_z = bool(shapely.has_z(shapes).any())
        coordinates = shapely.get_coordinates(shapes, include_z=has_z) * self.scale
        if self.grid is not None:
            north, east = self.grid.moved(coordinates[:, 1], coordinates[:, 0])
            coordinates[:, 0], coordinates[:, 1] = east, north
        return np.asarray(shapely.set_coordinates(shapes.copy(), coordinates))


def plan_area(store: PlanStore) -> Bounds | None:
    """West, south, east, north of what the plan holds; of its reference system's use if empty."""
    for name in ("township", "community", "building", "road"):
        if not store.counts()[name]:
            continue
        bounds = store.read(name, columns=["geometry"]).total_bounds
        if np.isfinite(bounds).all():
            lon, lat = project_points(bounds[[0, 2]], bounds[[1, 3]], store.meta.crs, "EPSG:4326")
            return float(lon[0]), float(lat[0]), float(lon[1]), float(lat[1])
    used = CRS.from_user_input(store.meta.crs).area_of_use
    return None if used is None else (used.west, used.south, used.east, used.north)


def read_shapes(blobs: NDArray[np.object_]) -> Repaired:
    return shapes_from_wkb(blobs)


def points_of(first: NDArray[np.float64], second: NDArray[np.float64]) -> Repaired:
    """Points from two columns; a row that lacks one of the two has none."""
    known = ~(np.isnan(first) | np.isnan(second))
    shapes = np.empty(len(first), object)
    shapes[known] = shapely.points(first[known], second[known])
    return Repaired(shapes)


def shapes_from_wkt(texts: Sequence[Any]) -> Repaired:
    """Geometries written as text."""
    shapes = np.empty(len(texts), object)
    unreadable, reasons = np.zeros(len(texts), bool), []
    for position, text in enumerate(texts):
        if not isinstance(text, str):
            continue
        try:
            with np.errstate(invalid="ignore"):
                shapes[position] = shapely.from_wkt(text)
        except shapely.GEOSException as error:
            unreadable[position] = True
            reasons.append(str(error).split("\n", 1)[0])
    result = Repaired(shapes)
    result.turn_away(unreadable, "unreadable", reasons)
    return result


def place_of(
    shapes: Shapes,
    delivered: DeliveredLayer,
    options: ImportOptions,
    area: Bounds | None,
    *,
    plan_crs: str,
    where: str,
) -> Place:
    """The reference system of the coordinates, found out or stated.

    Raises
    ------
    CrsError
        It cannot be told, or what is stated does not fit.
    """
    step = max(1, len(shapes) // _SAMPLE)
    sample = shapely.get_coordinates(shapes[::step])
    if delivered.in_plan_crs:
        guess = detect_crs(sample[:, 0], sample[:, 1], stated=plan_crs)
        return Place(guess, plan_crs)
    unit = delivered.unit_m or 1.0
    if options.grid:
        grid = parse_four_parameters(options.grid)
        target = options.crs or plan_crs
        north, east = grid.moved(sample[:, 1] * unit, sample[:, 0] * unit)
        guess = _required(detect_crs(east, north, stated=target, area=area), where)
        return Place(guess, str(guess.crs), scale=unit, grid=grid)
    said = options.crs or delivered.crs
    guess = _guess(sample * unit, said, options, area)
    if guess.crs is None and unit != 1.0:
        as_metres = _guess(sample, said, options, area)
        if as_metres.crs is not None:
            return Place(as_metres, as_metres.crs, unit_denied=True)
    guess = _required(guess, where)
    return Place(guess, str(guess.crs), scale=unit)


def _guess(
    sample: NDArray[np.float64], said: str | None, options: ImportOptions, area: Bounds | None
) -> CrsGuess:
    if options.datum in ("gcj02", "bd09") and not options.crs:
        said = "EPSG:4326"  # shifted coordinates are degrees, whatever a .prj claims
    return detect_crs(sample[:, 0], sample[:, 1], stated=said, area=area)


def _required(guess: CrsGuess, where: str) -> CrsGuess:
    if guess.crs is None:
        named = "、".join(guess.candidates)
        raise CrsError(
            Text(f"{where}：{guess.reason.zh}", f"{where}: {guess.reason.en}"),
            where=where,
            fix=Text(
                "用 --crs 说明坐标系，例如 --crs EPSG:4544；城市独立坐标系用 --grid 给出四参数"
                + (f"（可能是 {named}）" if named else ""),
                "state the system with --crs, such as --crs EPSG:4544; the four parameters of a "
                "city's own grid with --grid" + (f" (perhaps {named})" if named else ""),
            ),
        )
    return guess


def shifted(
    place: Place, shapes: Shapes, layer: Layer, options: ImportOptions, store: PlanStore
) -> tuple[Place, DatumGuess]:
    """The place with the shift of web maps that it is read with, and what the plan says about it."""
    found = datum_of(
        place.in_source(shapes), place.source, layer, store, swapped=place.guess.swapped
    )
    if options.datum == "auto":
        return replace(place, shift=found), found
    told = DatumGuess(options.datum, "stated", Text("由导入者指定", "said by who imports"))
    return replace(place, shift=told), found


def settle(read: Repaired, place: Place, layer: Layer, *, target: str) -> Repaired:
    """The shapes in the plan's system as the layer can hold them, with all faults."""
    projected = project(
        place.in_source(read.shapes), place.source, target, datum=place.shift.datum,
        swapped=place.guess.swapped,
    )  # fmt: skip
    repaired = repair_shapes(projected, layer.geometry, keep_z=layer.has_z)
    told = {fault.position for fault in read.faults}
    repaired.faults = [f for f in repaired.faults if f.position not in told] + read.faults
    return repaired


def tell_faults(
    faults: Sequence[ShapeFault],
    numbers: NDArray[np.int64],
    into: Faults,
    *,
    optional: bool,
    unplaced: Mapping[int, Text],
) -> None:
    """Each fault of a shape as a finding with its row; a bowtie with its change of area.

    A row that is missing its shape for a reason known already is told with that reason.
    """
    known = [int(numbers[f.position]) for f in faults if int(numbers[f.position]) in unplaced]
    into.rows(
        "unplaced", "error", known, [unplaced[row] for row in known],
        Text("核对点号，补齐点表或改正线表", "check the numbers, complete the points or correct the line"),
        column="geometry", rejected=True,
    )  # fmt: skip
    faults = [fault for fault in faults if int(numbers[fault.position]) not in unplaced]
    for kind, (message, fix) in _SAID.items():
        chosen = [fault for fault in faults if fault.kind == kind]
        if not chosen or (kind == "missing" and optional):
            continue
        kept = chosen[0].kept
        into.rows(
            kind, "warning" if kept else "error", [int(numbers[f.position]) for f in chosen],
            [_said(message, fault) for fault in chosen], fix, column="geometry", rejected=not kept,
        )  # fmt: skip


def _said(message: Text, fault: ShapeFault) -> Text:
    if fault.kind == "self_crossing":
        change = f"{fault.before:.1f} → {fault.after:.1f} m²"
        return Text(f"{message.zh}，面积 {change}", f"{message.en}; area {change}")
    if fault.detail:
        return Text(f"{message.zh}（{fault.detail}）", f"{message.en} ({fault.detail})")
    return message
