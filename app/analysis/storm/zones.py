"""From depth and speed to clean zones by hazard class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy import ndimage

from app.errors import Text
from app.geo.grids import Frame, outlines
from app.rules.storm import HazardRow

Floats32 = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
_CROSS = ndimage.generate_binary_structure(2, 1)


@dataclass(frozen=True)
class Water:
    """Greatest depth and speed of each cell, their product, minutes over the limit, and where the
    mode is outside its range."""

    depth: Floats32
    speed: Floats32
    strength: Floats32
    wet_min: Floats32
    beyond: Mask


def hazard_classes(rows: Sequence[HazardRow], water: Water, *, shown_m: float) -> Bytes:
    """0 where there is no hazard, else 1 for the mildest row: the highest that any limit requires."""
    found = np.zeros(water.depth.shape, dtype=np.uint8)
    wet = water.depth > shown_m
    rating = water.depth * (water.speed + 0.5) + np.where(water.depth > 0.25, 1.0, 0.5)
    values = (
        (water.depth, "depth_min_m", "depth_max_m"),
        (water.speed, "velocity_min_ms", "velocity_max_ms"),
        (water.strength, "dv_min_m2s", "dv_max_m2s"),
        (rating, "hr_min", "hr_max"),
    )
    for number, row in enumerate(rows, start=1):
        reached = np.zeros(found.shape, dtype=bool)
        for value, low, high in values:
            least = getattr(row, low)
            # A scheme may give only the upper limits of a class: the next begins there.
            if least is None and number > 1 and getattr(rows[number - 2], low) is None:
                least = getattr(rows[number - 2], high)
            if least is not None:
                reached |= value >= least
        if number == 1 and all(getattr(row, low) is None for _, low, _ in values):
            reached = wet
        found[reached & wet] = number
    return found


def cleaned(
    classes: Bytes, depth: Floats32, least_cells: int, *, ground: Mask | None = None
) -> Bytes:
    """Classes without a part smaller than so many cells, each with the area that it had.

    From the gravest class down: the largest of its small parts grow over the deepest cells beside
    them, the others fall to the class below; then what is short grows on at the deepest cells
    beside the class, and what is too much falls at its shallowest edge. A class takes from and
    gives to milder ones only, which come after it, so nothing is undone. A class that is smaller
    than one part in all cannot keep its area: it grows to one part where it can.

    Parameters
    ----------
    ground
        Where a zone may lie; everywhere if not given. Dry ground is taken last.
    """
    result = classes.copy()
    free = np.ones(classes.shape, dtype=bool) if ground is None else ground
    for number in range(int(classes.max(initial=0)), 0, -1):
        wanted = int((classes == number).sum())
        if wanted:
            _without_small(result, number, depth, free, least_cells, wanted)
            _fitted(result, number, depth, free, least_cells, wanted)
    return result


def _without_small(
    result: Bytes, number: int, depth: Floats32, free: Mask, least: int, wanted: int
) -> None:
    parts, count = ndimage.label(result == number, structure=_CROSS)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    small = [n for n in range(1, count + 1) if sizes[n] < least]
    small.sort(key=lambda n: (-sizes[n], n))
    boxes = ndimage.find_objects(parts)
    room = wanted - int(sizes[1:].sum() - sizes[small].sum())
    if wanted < least:  # all there is of the class: it grows in water alone
        free = free & (depth > 0)
    for n in small:
        if room < least and (wanted >= least or room <= 0):
            break
        if _grown(result, parts, boxes[n - 1], n, number, depth, free, int(least - sizes[n])):
            room -= least
            parts[boxes[n - 1]][parts[boxes[n - 1]] == n] = 0
    left = np.isin(parts, small)
    result[left & (result == number)] = number - 1


def _fitted(
    result: Bytes, number: int, depth: Floats32, free: Mask, least: int, wanted: int
) -> None:
    """Take away at the shallow edge or add at the deep one until the class has its area."""
    own = result == number
    if int(own.sum()) > max(wanted, least):
        edge = own & ndimage.binary_dilation(result < number, _CROSS)
        flat = np.flatnonzero(edge)
        shallow = flat[np.argsort(depth.ravel()[flat], kind="stable")]
        result.ravel()[shallow[: int(own.sum()) - wanted]] = number - 1
        _drop_small(result, number, least)
    while (short := wanted - int((result == number).sum())) > 0:
        own = result == number
        rim = ndimage.binary_dilation(own, _CROSS) & (result < number) & free
        flat = np.flatnonzero(rim)
        if not flat.size:
            return
        deepest = flat[np.argsort(-depth.ravel()[flat], kind="stable")[:short]]
        result.ravel()[deepest] = number


def _drop_small(result: Bytes, number: int, least: int) -> None:
    parts, _ = ndimage.label(result == number, structure=_CROSS)
    sizes = np.bincount(parts.ravel())
    result[(sizes < least)[parts] & (parts > 0)] = number - 1


def _grown(
    result: Bytes, parts: npt.NDArray[np.int32], box: tuple[slice, slice], part: int, number: int,
    depth: Floats32, free: Mask, short: int,
) -> bool:  # fmt: skip
    """Add the deepest cells beside a part, one after another; False where there are too few."""
    wide = tuple(slice(max(s.start - short, 0), s.stop + short) for s in box)
    own = parts[wide] == part
    shown, deep = result[wide], depth[wide]
    for _ in range(short):
        rim = ndimage.binary_dilation(own, _CROSS) & ~own & (shown < number) & free[wide]
        if not rim.any():
            return False
        beside = ndimage.convolve(own.astype(np.int8), _CROSS.astype(np.int8), mode="constant")
        best = np.argmax(np.where(rim, deep + 1e-4 * beside, -1.0))
        own[np.unravel_index(best, own.shape)] = True
    shown[own] = number
    return True


def unkept_areas(
    before: npt.NDArray[np.uint8], after: npt.NDArray[np.uint8], names: Sequence[str], change: float
) -> list[Text]:
    """Classes whose area the cleaning changed by more than allowed: too small for one part."""
    told = []
    for number, name in enumerate(names, start=1):
        had, has = int((before == number).sum()), int((after == number).sum())
        if abs(has - had) > change * had:
            told.append(Text(
                f"等级 {name} 总面积不足一个图斑：{had} 格变为 {has} 格",
                f"class {name} is smaller in all than one part: {had} cells became {has}",
            ))  # fmt: skip
    return told


def zone_frame(
    frame: Frame, classes: Bytes, water: Water, names: Sequence[str], *, scheme: str,
    return_period_a: float | None, crs: object,
) -> gpd.GeoDataFrame:  # fmt: skip
    """Layer ``storm_zone``: one row for each connected part of a class."""
    shapes = outlines(frame, classes)
    order = sorted(range(len(shapes)), key=lambda i: (-shapes[i][0], -round(shapes[i][1].area, 3), shapes[i][1].bounds))  # fmt: skip
    parts = np.zeros(classes.shape, dtype=np.int32)
    labelled = 0
    for number in range(1, len(names) + 1):
        found, count = ndimage.label(classes == number, structure=_CROSS)
        parts[found > 0] = found[found > 0] + labelled
        labelled += count
    index = np.arange(1, labelled + 1)
    deepest, fastest, longest = (
        ndimage.maximum(values, parts, index) if labelled else np.zeros(0)
        for values in (water.depth, water.speed, water.wet_min)
    )
    beyond = ndimage.mean(water.beyond, parts, index) if labelled else np.zeros(0)
    rows = []
    for rank, i in enumerate(order, start=1):
        number, shape = shapes[i]
        inside = shapely.point_on_surface(shape)
        cell = int(frame.cell_of(inside.x, inside.y))
        part = int(parts.ravel()[cell]) - 1
        minutes = float(longest[part])
        rows.append({
            "storm_zone_id": f"SZ-{rank:05d}", "hazard_class": names[number - 1], "scheme": scheme,
            "return_period_a": return_period_a, "area_m2": round(float(shape.area), 1),
            "depth_max_m": round(float(deepest[part]), 3),
            "velocity_max_ms": round(float(fastest[part]), 2),
            "duration_min": None if np.isnan(minutes) else round(minutes, 1),
            "beyond_share": round(float(beyond[part]), 3),
            "geometry": shape,
        })  # fmt: skip
    columns = [
        "storm_zone_id", "hazard_class", "scheme", "return_period_a", "area_m2", "depth_max_m",
        "velocity_max_ms", "duration_min", "beyond_share", "geometry",
    ]  # fmt: skip
    return gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=crs)
