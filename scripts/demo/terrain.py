"""The ground: a plain that falls to the north-west, streets below their kerbs, a canal, hollows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scripts.demo.town import CENTRE_X, CENTRE_Y, Town

BASE_M = 1125.0
FALL_NORTH, FALL_WEST = 0.0020, 0.0008
KERB_M = 0.15
CANAL_DEPTH_M = 5.0
CELL_M = 2.0
MARGIN_M = 160.0
CANAL_SOUTH_M, CANAL_NORTH_M = 60.0, 75.0  # north of the outermost red line

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Hollow:
    """A dish in the ground: ``deepest_m`` below its surroundings in the middle."""

    x: float
    y: float
    half_x: float
    half_y: float
    deepest_m: float


def natural_ground(x: Floats | float, y: Floats | float) -> Floats:
    """Ground before anybody built: a plane with long gentle waves, without any pit."""
    dx, dy = np.asarray(x) - CENTRE_X, np.asarray(y) - CENTRE_Y
    waves = 0.22 * np.sin(dx / 310.0 + 0.8) + 0.18 * np.sin(dy / 260.0) * np.cos(dx / 420.0)
    return np.asarray(BASE_M - FALL_NORTH * dy + FALL_WEST * dx + waves)


def ground(town: Town, x: Floats | float, y: Floats | float, *, hollows: list[Hollow]) -> Floats:
    """Finished ground level at points: street beds lower by the kerb, hollows, the canal."""
    xs, ys = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    z = natural_ground(xs, ys)
    west, south, east, north = town.bounds
    inside = (xs >= west) & (xs <= east) & (ys >= south) & (ys <= north)
    street = np.zeros_like(inside)
    for s in town.streets_north:
        street |= np.abs(xs - s.at) < s.kerb_m
    for s in town.streets_east:
        street |= np.abs(ys - s.at) < s.kerb_m
    z = np.where(street & inside, z - KERB_M, z)
    for h in hollows:
        r = ((xs - h.x) / h.half_x) ** 2 + ((ys - h.y) / h.half_y) ** 2
        z = z - np.where(r < 1, h.deepest_m * (1 - r), 0.0)
    canal = (ys > north + CANAL_SOUTH_M) & (ys < north + CANAL_NORTH_M)
    return np.asarray(np.where(canal, z - CANAL_DEPTH_M, z))
