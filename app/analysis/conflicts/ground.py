"""How high the ground is: from the terrain raster, else from surveyed nodes nearby."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.analysis.conflicts.facts import numbers
from app.schema.analysis import Raster

Floats = npt.NDArray[np.float64]

# A manhole farther away says nothing of the ground here.
NODE_REACH_M = 30.0


@dataclass(frozen=True)
class Ground:
    """Heights in the plan's height datum; ``source`` is ``terrain``, ``pipe_node`` or empty."""

    raster: Raster | None
    node_tree: shapely.STRtree
    node_m: Floats

    @property
    def source(self) -> str:
        if self.raster is not None:
            return "terrain"
        return "pipe_node" if len(self.node_m) else ""

    def height_m(self, x: Floats, y: Floats) -> Floats:
        """Height at each point, NaN where nothing tells it."""
        if self.raster is not None:
            return bilinear(self.raster, x, y)
        found = np.full(len(x), np.nan)
        if len(self.node_m):
            points = shapely.points(x, y)
            at, node = self.node_tree.query_nearest(
                points, max_distance=NODE_REACH_M, all_matches=False
            )
            found[at] = self.node_m[node]
        return found


def ground_of(raster: Raster | None, nodes: pd.DataFrame) -> Ground:
    """The ground that a plan knows: its terrain, or the nodes with a stated ground height."""
    height = numbers(nodes, "ground_m")
    known = np.isfinite(height)
    shapes = nodes.geometry.to_numpy()[known] if known.any() else np.zeros(0, dtype=object)
    return Ground(raster, shapely.STRtree(shapes), height[known])


def bilinear(raster: Raster, x: Floats, y: Floats) -> Floats:
    """Values between the four cell centres around each point; NaN outside and beside nodata."""
    rows, columns = raster.values.shape
    c = (x - raster.west) / raster.cell_m - 0.5
    r = (raster.north - y) / raster.cell_m - 0.5
    inside = (c >= 0) & (r >= 0) & (c <= columns - 1) & (r <= rows - 1)
    c0 = np.clip(np.nan_to_num(np.floor(c)).astype(np.int64), 0, max(columns - 2, 0))
    r0 = np.clip(np.nan_to_num(np.floor(r)).astype(np.int64), 0, max(rows - 2, 0))
    c1, r1 = np.minimum(c0 + 1, columns - 1), np.minimum(r0 + 1, rows - 1)
    dc, dr = c - c0, r - r0
    values = raster.values.astype(np.float64)
    upper = values[r0, c0] * (1 - dc) + values[r0, c1] * dc
    lower = values[r1, c0] * (1 - dc) + values[r1, c1] * dc
    return np.where(inside, upper * (1 - dr) + lower * dr, np.nan)
