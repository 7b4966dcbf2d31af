"""Ways that a pipe could take: a stretch shifted sideways between two bends, and laid deeper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import numpy.typing as npt
import shapely
import shapely.ops

Floats = npt.NDArray[np.float64]
_SAME_M = 1e-6


@dataclass(frozen=True)
class Limits:
    """How far and how finely is searched; none of them is a figure of a standard.

    ``ramps`` are the metres along the line for each metre sideways: 1 is a bend of 45°, 8 of 7°.
    """

    sideways_m: float = 5.0
    sideways_step_m: float = 0.25
    along_step_m: float = 3.0
    most_stations: int = 14
    ramps: tuple[float, ...] = (1.0, 3.0, 8.0)
    deeper_m: float = 2.0
    shallower_m: float = 1.0
    depth_step_m: float = 0.05
    bend_deg: float = 45.0


@dataclass(frozen=True)
class Start:
    """The pipe as it was drawn: its line in metres, and what must hold for its depth.

    ``may_sink`` is false where an end of a gravity pipe is joined: its levels stay.
    ``least_slope`` with ``fall_m`` (0 where unknown) bounds how much longer a gravity pipe may get.
    """

    line: shapely.LineString
    may_sink: bool = True
    fall_m: float = 0.0
    least_slope: float = 0.0

    @property
    def longest_m(self) -> float:
        """The length at which the fall is used up; endless where no slope is asked."""
        if self.fall_m <= 0 or self.least_slope <= 0:
            return float("inf")
        return max(self.fall_m / self.least_slope, float(self.line.length))


@dataclass(frozen=True)
class Way:
    """One way: the stretch ``from_m`` to ``to_m`` of the line shifted by ``sideways_m`` (left is
    positive) over ramps, the whole laid ``deeper_m`` deeper."""

    from_m: float = 0.0
    to_m: float = 0.0
    sideways_m: float = 0.0
    ramp_out: float = 1.0
    ramp_back: float = 1.0
    deeper_m: float = 0.0


def ways(start: Start, limits: Limits, stations: Floats) -> Iterator[tuple[float, Way]]:
    """Every shift of a stretch that holds all ``stations``, the cheapest first.

    The cost is that on a straight line: on a bent one :func:`cost_of` may be a little more.
    """
    length = float(start.line.length)
    count = max(2, min(limits.most_stations, round(length / limits.along_step_m)))
    at = np.linspace(0.0, length, count + 1)
    first, last = (stations.min(), stations.max()) if len(stations) else (length, 0.0)
    steps = round(limits.sideways_m / limits.sideways_step_m)
    sizes = np.arange(1, steps + 1) * limits.sideways_step_m
    ramps = np.array(limits.ramps)
    begin, end, size, up, down = (
        axis.ravel()
        for axis in np.meshgrid(
            at[at <= first + _SAME_M], at[at >= last - _SAME_M], sizes, ramps, ramps, indexing="ij"
        )
    )
    fits = end - begin >= size * (up + down) - _SAME_M
    begin, end, size, up, down = (axis[fits] for axis in (begin, end, size, up, down))
    cost = straight_cost(length, end - begin, size, up, down)
    for k in np.lexsort((down, up, size, begin, cost)):
        for side in (size[k], -size[k]):
            yield float(cost[k]), Way(*map(float, (begin[k], end[k], side, up[k], down[k])))


def variations(start: Start, way: Way, limits: Limits, share: float) -> Iterator[Way]:
    """Ways a little beside a found one: ends, shift, ramps and depth moved by a share of a step."""
    length = float(start.line.length)
    along = limits.along_step_m * share * np.array([-1.0, 0.0, 1.0])
    depths = [way.deeper_m]
    if start.may_sink and way.deeper_m:
        depths += [way.deeper_m - limits.depth_step_m * share * np.sign(way.deeper_m)]
    if not way.sideways_m:
        yield from (replace(way, deeper_m=round(float(depth), 4)) for depth in depths)
        return
    sizes = abs(way.sideways_m) + limits.sideways_step_m * share * np.array([-1.0, -0.5, 0.0, 0.5])
    turns = np.array([1 / (1 + share), 1.0, 1 + share])
    for begin, end, size, up, down, depth in product(
        np.unique(np.clip(way.from_m + along, 0, length)),
        np.unique(np.clip(way.to_m + along, 0, length)),
        sizes[sizes > 0.01], np.unique(np.maximum(way.ramp_out * turns, 1.0)),
        np.unique(np.maximum(way.ramp_back * turns, 1.0)), depths,
    ):  # fmt: skip
        if end - begin >= size * (up + down):
            side = float(np.copysign(size, way.sideways_m))
            yield Way(
                float(begin), float(end), side, float(up), float(down), round(float(depth), 4)
            )


def straight_cost(length: float, run: Floats, size: Floats, up: Floats, down: Floats) -> Floats:
    """Metres added by two ramps, and the mean shift of the line."""
    added = size * (np.hypot(1.0, up) - up + np.hypot(1.0, down) - down)
    return np.asarray(added + size * (run - size * (up + down) / 2) / length, float)


def cost_of(start: Start, way: Way, line: shapely.LineString) -> float:
    """Metres: added length, mean shift to the side, and the change of depth."""
    length = float(start.line.length)
    if not way.sideways_m:
        return abs(way.deeper_m)
    added = float(line.length) - length
    run = way.to_m - way.from_m
    size = abs(way.sideways_m)
    shift = size * (run - size * (way.ramp_out + way.ramp_back) / 2) / length
    return max(added, 0.0) + shift + abs(way.deeper_m)


def drawn(start: Start, way: Way) -> shapely.LineString | None:
    """The line of a way, ends where they were; None where it cannot be drawn."""
    line = shapely.force_2d(start.line)
    if not way.sideways_m:
        return line
    size = abs(way.sideways_m)
    begin, end = way.from_m + size * way.ramp_out, way.to_m - size * way.ramp_back
    middle = shapely.ops.substring(line, begin, max(begin, end))
    if middle.geom_type == "Point":  # the ramps meet
        shifted = _beside(line, begin, way.sideways_m)[None, :]
    else:
        curve = shapely.offset_curve(middle, way.sideways_m, join_style="mitre")
        if curve.geom_type != "LineString" or curve.is_empty:
            return None
        shifted = shapely.get_coordinates(curve)
    before = shapely.get_coordinates(shapely.ops.substring(line, 0, way.from_m))
    after = shapely.get_coordinates(shapely.ops.substring(line, way.to_m, line.length))
    places = np.vstack([before, shifted, after])
    kept = np.append(True, np.hypot(*np.diff(places, axis=0).T) > _SAME_M)
    found = shapely.LineString(places[kept])
    return found if found.is_simple else None


def bends_of(line: shapely.LineString) -> Floats:
    """Degrees by which a line turns at each of its inner vertices."""
    steps = np.diff(shapely.get_coordinates(line), axis=0)
    headings = np.arctan2(steps[:, 1], steps[:, 0])
    turns = np.degrees(np.abs((np.diff(headings) + np.pi) % (2 * np.pi) - np.pi))
    return np.asarray(turns, float)


def _beside(line: shapely.LineString, along_m: float, sideways_m: float) -> Floats:
    a, b = (
        shapely.get_coordinates(line.interpolate(max(0.0, min(along_m + step, line.length))))[0]
        for step in (-0.01, 0.01)
    )
    direction = (b - a) / np.hypot(*(b - a))
    middle = shapely.get_coordinates(line.interpolate(along_m))[0]
    return np.asarray(middle + sideways_m * np.array([-direction[1], direction[0]]), float)
