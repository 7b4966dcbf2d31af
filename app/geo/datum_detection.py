"""Whether degrees went through a web map: GCJ-02 and BD-09 found out by what else is known there.

The figures alone never tell: a shifted point is as good a place as a true one. So the delivery is
read in all three ways and laid over what the plan already holds; the answer carries its evidence,
and where the plan has nothing to compare with it is "unknown".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from app.errors import Text
from app.geo.crs import Datum

Shapes = NDArray[np.object_]
Certainty = Literal["sure", "likely", "unknown", "stated", ""]

NAMES: dict[Datum, str] = {"wgs84": "WGS-84/CGCS2000", "gcj02": "GCJ-02", "bd09": "BD-09"}
_VERTICES = 24
# Two outlines of the same thing agree within a few metres; the shift is 100 m at least.
_SAME_M = 8.0
_CLEARER = 3.0
_FEWEST = 5
_FARTHEST_M = 3000.0
# By chance alone shares differ by some standard errors of the sample.
_LEAST_SHARE, _ERRORS = 0.1, 4.0


@dataclass(frozen=True)
class DatumGuess:
    """How degrees were shifted, how certain that is, and the evidence; no certainty: not asked."""

    datum: Datum = "wgs84"
    certainty: Certainty = ""
    evidence: Text = Text("", "")


def datum_by_same_things(readings: Mapping[Datum, Shapes], known: Shapes) -> DatumGuess | None:
    """The reading under which the shapes lie on things of their own kind that the plan has.

    Parameters
    ----------
    readings
        The same shapes read in each way, in a metric system.
    known
        Shapes of the plan in that system.

    Returns
    -------
    The datum, if under one reading most shapes lie within metres of a known one and under the
    others far from it; None if the two hold different things, or too few.
    """
    count = min((len(shapes) for shapes in readings.values()), default=0)
    if count < _FEWEST or not len(known):
        return None
    areas = known[shapely.get_dimensions(known) == 2]
    delivered = next(iter(readings.values()))
    measure = _between_areas if len(areas) and _all_areas(delivered) else _to_lines
    trees = shapely.STRtree(areas if measure is _between_areas else _outlines(known))
    medians = {datum: measure(shapes, trees) for datum, shapes in readings.items()}
    (best, near), (_, second) = sorted(medians.items(), key=lambda item: item[1])[:2]
    if near > _SAME_M or second < max(_CLEARER * near, 2 * _SAME_M):
        return None
    told_zh = "，".join(f"按 {NAMES[d]} 读 {_metres(m).zh}" for d, m in medians.items())
    told_en = ", ".join(f"{_metres(m).en} read as {NAMES[d]}" for d, m in medians.items())
    return DatumGuess(
        best,
        "sure",
        Text(
            f"与方案中同类对象的中位距离：{told_zh}（抽样 {count} 个）",
            f"median distance to the plan's things of the same kind: {told_en} ({count} sampled)",
        ),
    )


def datum_by_where_it_cannot_be(
    readings: Mapping[Datum, Shapes], areas: Shapes, *, what: Text
) -> DatumGuess | None:
    """The reading under which the fewest shapes lie on areas of the plan that hold no such things.

    ``what`` names the areas, such as buildings where pipes are delivered. None where chance alone
    could make the difference.
    """
    return _by_share(readings, areas, what, best=min)


def datum_by_where_it_belongs(
    readings: Mapping[Datum, Shapes], areas: Shapes, *, what: Text
) -> DatumGuess | None:
    """The reading under which the most shapes lie on areas of the plan where such things are."""
    return _by_share(readings, areas, what, best=max)


def _by_share(
    readings: Mapping[Datum, Shapes],
    areas: Shapes,
    what: Text,
    *,
    best: Callable[[Iterable[float]], float],
) -> DatumGuess | None:
    count = min((len(shapes) for shapes in readings.values()), default=0)
    if count < _FEWEST or not len(areas):
        return None
    tree = shapely.STRtree(areas)
    shares = {datum: _share_inside(shapes, tree) for datum, shapes in readings.items()}
    chosen = best(shares.values())
    others = [share for share in shares.values() if share != chosen]
    if len(others) != len(shares) - 1:
        return None
    second = best(others)
    error = float(np.sqrt(second * (1 - second) / count))
    if abs(second - chosen) < max(_LEAST_SHARE, _ERRORS * error):
        return None
    told_zh = "，".join(f"按 {NAMES[d]} 读 {s:.0%}" for d, s in shares.items())
    told_en = ", ".join(f"{s:.0%} read as {NAMES[d]}" for d, s in shares.items())
    return DatumGuess(
        next(datum for datum, share in shares.items() if share == chosen),
        "likely",
        Text(
            f"落在方案{what.zh}上的比例：{told_zh}（抽样 {count} 个）",
            f"share that lies on the plan's {what.en}: {told_en} ({count} sampled)",
        ),
    )


def _outlines(shapes: Shapes) -> Shapes:
    areas = shapely.get_dimensions(shapes) == 2
    outlines: Shapes = np.where(areas, shapely.boundary(shapes), shapes)
    return outlines


def _points_of(shapes: Shapes) -> tuple[Shapes, NDArray[np.int64]]:
    """Some vertices of each shape and the shape that each belongs to."""
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    place = np.arange(len(owner)) - np.searchsorted(owner, owner)
    kept = place < _VERTICES
    points: Shapes = np.asarray(shapely.points(coordinates[kept]), object)
    return points, owner[kept]


def _all_areas(shapes: Shapes) -> bool:
    return bool((shapely.get_dimensions(shapes) == 2).all())


def _between_areas(shapes: Shapes, tree: shapely.STRtree) -> float:
    """Median over the shapes of how far each outline is from the known one most like it.

    Rows of equal houses repeat every few dozen metres: only the whole outline tells them apart.
    """
    nearest = np.full(len(shapes), _FARTHEST_M)
    asked, held = tree.query(shapes, predicate="intersects")
    apart = shapely.hausdorff_distance(shapes[asked], tree.geometries[held])
    np.minimum.at(nearest, asked, apart)
    return float(np.median(nearest))


def _to_lines(shapes: Shapes, tree: shapely.STRtree) -> float:
    """Median over the shapes of how far their farthest vertex is from any known line."""
    points, owner = _points_of(shapes)
    found = np.full(len(points), _FARTHEST_M)
    (asked, _), distances = tree.query_nearest(
        points, max_distance=_FARTHEST_M, return_distance=True, all_matches=False
    )
    found[asked] = distances
    farthest = np.zeros(len(shapes))
    np.maximum.at(farthest, owner, found)  # a shape lies on its like with all its vertices
    return float(np.median(farthest))


def _share_inside(shapes: Shapes, tree: shapely.STRtree) -> float:
    hit = np.unique(tree.query(shapes, predicate="intersects")[0])
    return len(hit) / len(shapes)


def _metres(distance: float) -> Text:
    if distance >= _FARTHEST_M:
        return Text("附近没有", "none near")
    return Text(f"{distance:.1f} m", f"{distance:.1f} m")
