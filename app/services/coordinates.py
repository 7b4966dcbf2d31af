"""Points as people type them: plan coordinates in metres, or degrees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from app.errors import CrsError, Text, UsageError
from app.geo.crs import gauss_kruger_zone, parse_crs, project_points
from app.services.plans import OpenPlan

DEGREES = "EPSG:4326"
MOST_POINTS = 5000
_ZONE = 1_000_000  # a Chinese easting may carry its zone number in front: 35 456 789


def turned(
    plan: OpenPlan, points: Sequence[object], to: Literal["plan", "degrees"]
) -> list[list[float]]:
    """Points as [east, north] of the plan, or [longitude, latitude], from the other of the two.

    An easting with the number of the plan's own zone in front is understood.

    Raises
    ------
    UsageError
        Not a list of pairs of numbers.
    CrsError
        A point that lies nowhere near where the plan's reference system is good.
    """
    xy = _pairs(points)
    crs = plan.store.meta.crs
    if to == "plan":
        east, north = project_points(xy[:, 0], xy[:, 1], DEGREES, crs)
        found = np.column_stack([east, north]).round(4)
    else:
        lon, lat = project_points(_without_zone(xy[:, 0], crs), xy[:, 1], crs, DEGREES)
        found = np.column_stack([lon, lat]).round(10)
        used = parse_crs(crs).area_of_use
        inside = np.isfinite(found).all(axis=1)
        if (
            used is not None
        ):  # five degrees beside it the projection is still good enough to look at
            inside &= np.abs(lon - (used.west + used.east) / 2) < 5 + (used.east - used.west) / 2
            inside &= (lat > used.south - 5) & (lat < used.north + 5)
        if not inside.all():
            raise _elsewhere(xy[~inside][0], crs)
    listed: list[list[float]] = found.tolist()
    return listed


def _pairs(points: Sequence[object]) -> np.ndarray:
    try:
        xy = np.asarray(points, dtype="float64")
    except (TypeError, ValueError):
        xy = np.empty(0)
    if xy.ndim != 2 or xy.shape[1] != 2 or len(xy) > MOST_POINTS or not np.isfinite(xy).all():
        raise UsageError(
            Text("坐标应为成对的数", "coordinates are pairs of numbers"),
            where="points",
            fix=Text(f"每次不超过 {MOST_POINTS} 个点", f"at most {MOST_POINTS} points at once"),
        )
    return xy


def _without_zone(east: np.ndarray, crs: str) -> np.ndarray:
    system = parse_crs(crs)
    used = system.area_of_use
    if used is None or "Gauss-Kruger" not in system.name or " zone " in system.name:
        return east
    zone = gauss_kruger_zone((used.west + used.east) / 2)
    return np.where(east // _ZONE == zone, east - zone * _ZONE, east)


def _elsewhere(point: np.ndarray, crs: str) -> CrsError:
    return CrsError(
        Text(
            f"X {point[1]:.10g}，Y {point[0]:.10g} 不在 {crs} 的适用范围内",
            f"north {point[1]:.10g}, east {point[0]:.10g} lies outside where {crs} is used",
        ),
        where=crs,
        fix=Text("X 为北坐标，Y 为东坐标，单位米", "X is north and Y is east, in metres"),
    )
