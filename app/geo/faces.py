"""What lines enclose: the faces between them, and the stretches between the nodes they share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry


def faces_between(lines: Sequence[BaseGeometry], outline: shapely.Polygon) -> list[shapely.Polygon]:
    """The polygons that the lines and the outline cut the inside of the outline into.

    A line that ends inside a face cuts nothing. No lines: the outline alone.
    """
    shapely.prepare(outline)
    inside = [line for line in lines if outline.intersects(line)]
    noded = shapely.union_all([*inside, outline.exterior])
    faces = shapely.get_parts(shapely.polygonize([noded]))
    around = outline.buffer(1e-6)
    found = [face for face in faces if isinstance(face, shapely.Polygon) and around.contains(face)]
    # West to east, then south to north: the same faces come in the same order from any input order.
    return sorted(found, key=lambda face: face.bounds)


def extended_to(
    line: shapely.LineString, outline: shapely.Polygon, *, at_end: bool
) -> shapely.LineString:
    """The line carried straight on from one end to just beyond the outline around it."""
    xy = shapely.get_coordinates(line)
    if not at_end:
        xy = xy[::-1]
    step = xy[-1] - xy[-2]
    length = float(np.hypot(*step))
    if length == 0:
        return line
    west, south, east, north = outline.bounds
    reach = xy[-1] + step / length * (east - west + north - south)
    ray = shapely.LineString([xy[-1], reach])
    crossing = shapely.intersection(ray, outline.exterior)
    if crossing.is_empty:
        return line
    edge = min(
        (p for p in shapely.get_coordinates(crossing)), key=lambda p: float(np.hypot(*(p - xy[-1])))
    )
    beyond = edge + step / length  # so that it crosses the edge whatever the rounding
    carried = np.vstack([xy, beyond])
    return shapely.LineString(carried if at_end else carried[::-1])


def shared_nodes(ways: Iterable[Sequence[int]]) -> frozenset[int]:
    """The nodes at which a network branches or ends: used twice, or first or last of a way."""
    uses: Counter[int] = Counter()
    ends: set[int] = set()
    for nodes in ways:
        uses.update(nodes)
        ends.update((nodes[0], nodes[-1]))
    return frozenset(ends | {node for node, count in uses.items() if count > 1})


def stretches(nodes: Sequence[int], cuts: frozenset[int]) -> list[tuple[int, int]]:
    """First and last position of each stretch of a way between nodes at which it is cut."""
    at = [i for i, node in enumerate(nodes) if node in cuts or i in (0, len(nodes) - 1)]
    return list(pairwise(at))
