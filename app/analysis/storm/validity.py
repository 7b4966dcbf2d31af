"""Where a run is outside the range of its mode, and how a run says so."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from app.analysis.storm.flood import RECORD, Flood
from app.analysis.storm.ground import Ground
from app.errors import Text
from app.rules.storm import StormTermTable

Mask = npt.NDArray[np.bool_]


def out_of_range(ground: Ground, flood: Flood, terms: StormTermTable, mode: str) -> Mask:
    """Wet cells where the local-inertial equations leave out what matters.

    They miss the momentum that water carries along: water faster than ``froude_range`` of a shallow
    wave, and water on ground steeper than ``steep_slope``, stands too deep in them. The full mode has
    no such cells, and the slider no speed to judge by.
    """
    if mode != RECORD:
        return np.zeros(ground.z.shape, dtype=bool)
    wet = ground.is_open & (flood.depth > terms.term("shown_m"))
    return np.asarray((wet & flood.swift) | _steep(ground, wet, terms.term("steep_slope")))


def range_notes(ground: Ground, flood: Flood, beyond: Mask, terms: StormTermTable) -> list[Text]:
    """How much of the water is out of range and where most of it lies; nothing where none is."""
    wet = ground.is_open & (flood.depth > terms.term("shown_m"))
    if not beyond.any():
        return []
    share, area = float(beyond.sum() / wet.sum()), ground.frame.area_m2
    parts, _ = ndimage.label(beyond, structure=np.ones((3, 3)))
    sizes = np.bincount(parts.ravel())
    largest = int(sizes[1:].argmax()) + 1
    row, column = (float(np.mean(at)) + 0.5 for at in np.nonzero(parts == largest))
    x = ground.frame.west + column * ground.frame.cell_m
    y = ground.frame.north - row * ground.frame.cell_m
    froude, slope = terms.term("froude_range"), terms.term("steep_slope")
    return [Text(
        f"{share:.1%} 的积水面超出局部惯性方式适用范围（弗劳德数大于 {froude:g} 或坡度大于 {slope:.0%}），结果偏深，可用完整浅水方式核对；最大一片 {sizes[largest] * area:,.0f} m²，在 ({x:.0f}, {y:.0f}) 附近",
        f"{share:.1%} of the wet ground is outside the range of the local-inertial mode (Froude number over {froude:g} or slope over {slope:.0%}): too deep there, check with the full mode; the largest part has {sizes[largest] * area:,.0f} m² near ({x:.0f}, {y:.0f})",
    )]  # fmt: skip


def _steep(ground: Ground, wet: Mask, limit: float) -> Mask:
    """Wet cells whose slope to a wet neighbour passes the limit: not those at the foot of a wall."""
    z, least = ground.z, limit * ground.frame.cell_m
    steep = np.zeros(z.shape, dtype=bool)
    for axis in (0, 1):
        low = tuple(slice(None, -1) if k == axis else slice(None) for k in (0, 1))
        high = tuple(slice(1, None) if k == axis else slice(None) for k in (0, 1))
        pair = wet[low] & wet[high] & (np.abs(z[high] - z[low]) > least)
        steep[low] |= pair
        steep[high] |= pair
    return steep
