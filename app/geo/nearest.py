"""The nearest of some shapes to each of many others, by the straight line between their outlines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.spatial import cKDTree

from app.geo.noding import Floats, Ints, Shapes

_CANDIDATES = 4
_FEW = 8


@dataclass(frozen=True)
class Anchored:
    """Shapes with a point in each and how far the shape reaches from it."""

    shapes: Shapes
    xy: Floats
    radius_m: Floats

    def __len__(self) -> int:
        return len(self.shapes)

    def take(self, at: Ints) -> Anchored:
        return Anchored(self.shapes[at], self.xy[at], self.radius_m[at])


def anchored(shapes: Shapes) -> Anchored:
    """Points are their own anchors; every other shape has one on its surface."""
    anchors = shapely.point_on_surface(shapes) if len(shapes) else shapes
    xy = shapely.get_coordinates(anchors).reshape(-1, 2)
    radius = np.zeros(len(shapes))
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    if len(points):
        np.maximum.at(radius, owner, np.hypot(*(points - xy[owner]).T))
    return Anchored(shapes, xy, radius)


def nearest_of(places: Anchored, others: Anchored) -> tuple[Floats, Ints]:
    """Metres to the nearest of the others and its index; of equally near ones the first."""
    n, k = len(places), min(_CANDIDATES, len(others))
    if k and not places.radius_m.any() and not others.radius_m.any():
        return _nearest_points(places, others)
    far, at = cKDTree(others.xy).query(places.xy, k=k)
    far, at = far.reshape(n, k), at.reshape(n, k).astype(np.int64)
    # Outlines are nearer than their anchors, by no more than both reach.
    slack = places.radius_m + (others.radius_m.max() if len(others) else 0.0)
    near = far <= (far[:, :1] + slack[:, None]) * (1 + 1e-12)
    place, column = np.nonzero(near)
    best, index = _best(n, place, at[place, column], places, others)
    open_ = np.flatnonzero(near[:, -1]) if len(others) > k else np.zeros(0, np.int64)
    if len(open_):
        tree = shapely.STRtree(others.shapes)
        (row, found), _ = tree.query_nearest(places.shapes[open_], return_distance=True)
        again, which = _best(n, open_[row], found.astype(np.int64), places, others)
        best[open_], index[open_] = again[open_], which[open_]
    return best, index


def _nearest_points(places: Anchored, others: Anchored) -> tuple[Floats, Ints]:
    """The nearest of points to points; where two are equally near, all candidates are looked at."""
    if len(others) <= _FEW:
        away = np.hypot(*(others.xy[:, None] - places.xy[None]).T).T
        index = away.argmin(axis=0).astype(np.int64)
        return away[index, np.arange(len(places))], index
    far, at = cKDTree(others.xy).query(places.xy, k=2)
    best, index = far[:, 0].copy(), at[:, 0].astype(np.int64)
    tied = np.flatnonzero(far[:, 1] <= best * (1 + 1e-12))
    for place in tied.tolist():
        away = np.hypot(*(others.xy - places.xy[place]).T)
        index[place] = np.argmin(away)
        best[place] = away[index[place]]
    return best, index


def _best(
    n: int, place: Ints, other: Ints, places: Anchored, others: Anchored
) -> tuple[Floats, Ints]:
    """The nearest candidate of each place."""
    both = (places.radius_m[place] == 0) & (others.radius_m[other] == 0)
    far = np.hypot(*(places.xy[place] - others.xy[other]).T)
    solid = np.flatnonzero(~both)
    far[solid] = shapely.distance(places.shapes[place[solid]], others.shapes[other[solid]])
    order = np.lexsort((other, far, place))
    _, first = np.unique(place[order], return_index=True)
    best, index = np.full(n, np.inf), np.full(n, -1, dtype=np.int64)
    chosen = order[first]
    best[place[chosen]], index[place[chosen]] = far[chosen], other[chosen]
    return best, index
