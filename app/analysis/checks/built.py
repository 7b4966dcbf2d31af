"""What was built against what was planned: how far it lies off, how much is missing, by item."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely

# Points this far apart on a line are compared; a curve between them is no matter.
SPACING_M = 1.0


def compare_as_built(
    planned: pd.DataFrame, built: pd.DataFrame, *, tolerance_m: float
) -> pd.DataFrame:
    """Each surveyed item against its planned geometry.

    Parameters
    ----------
    planned
        Layer ``community_item`` with ``geometry``, in metres.
    built
        Layer ``as_built``; several surveys of an item are taken together.
    tolerance_m
        How far the one may lie from the other.

    Returns
    -------
    Rows ``community_item_id, offset_m, uncovered_share, planned_size, built_size, verdict, missing``:
    the greatest distance of what was built from the plan, the share of the plan that has nothing
    built within the tolerance, and length or area of both. An item without a survey is ``unknown``
    (``as_built``), one without a planned shape is ``unknown`` (``community_item.geometry``).
    """
    found = built[built["geometry"].notna()]
    parts: dict[Any, list[Any]] = {}
    for name, shape in zip(found["community_item_id"], found["geometry"], strict=True):
        parts.setdefault(name, []).append(shape)
    shapes = {name: _together(surveys) for name, surveys in parts.items()}
    rows = [
        _compared(str(name), shape, shapes.get(name), tolerance_m)
        for name, shape in zip(planned["community_item_id"], planned["geometry"], strict=True)
    ]
    columns = [
        "community_item_id",
        "offset_m",
        "uncovered_share",
        "planned_size",
        "built_size",
        "verdict",
        "missing",
    ]
    return pd.DataFrame(rows, columns=columns)


def _together(parts: Any) -> Any:
    """Several surveys of one item as one shape."""
    return shapely.union_all(list(parts))


def _compared(name: str, plan: Any, real: Any, tolerance_m: float) -> tuple[Any, ...]:
    nan = float("nan")
    if plan is None or shapely.is_empty(plan):
        return (name, nan, nan, nan, _size(real), "unknown", "community_item.geometry")
    if real is None or shapely.is_empty(real):
        return (name, nan, nan, _size(plan), nan, "unknown", "as_built")
    flat, real = shapely.force_2d(plan), shapely.force_2d(real)
    offset = float(shapely.distance(_points(real), flat).max())
    lacking = shapely.distance(_points(flat), real) > tolerance_m
    share = float(lacking.mean())
    verdict = "pass" if offset <= tolerance_m and not lacking.any() else "fail"
    return (name, round(offset, 3), round(share, 4), _size(plan), _size(real), verdict, None)


def _points(shape: Any) -> Any:
    """Points along a line or an outline; the point itself of a point."""
    dense = shapely.segmentize(shape, SPACING_M)
    return shapely.points(np.unique(shapely.get_coordinates(dense), axis=0))


def _size(shape: Any) -> float:
    """Area of a surface, length of a line, nothing for a point."""
    if shape is None:
        return float("nan")
    return round(float(shapely.area(shape) or shapely.length(shape)), 2)
