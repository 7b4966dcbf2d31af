"""The extents that the catalogue lists for each layer, kept in step with its rows."""

from __future__ import annotations

import sqlite3

import numpy as np

from app.schema.model import Layer
from app.store import gpkg
from app.store.sqlite import quoted

Extent = tuple[float, float, float, float]  # minx, miny, maxx, maxy
SIDES = "min_x, min_y, max_x, max_y"


def stored(connection: sqlite3.Connection, layer: Layer) -> Extent | None:
    row = connection.execute(
        f"SELECT {SIDES} FROM gpkg_contents WHERE table_name = ?", (layer.name,)
    ).fetchone()
    return None if row is None or row[0] is None else tuple(row)


def grow(connection: sqlite3.Connection, layer: Layer, box: Extent | None) -> None:
    """Widen the listed extent so that it holds the box, and note the time of the change."""
    known = stored(connection, layer)
    if box is not None and known is not None:
        box = (
            min(box[0], known[0]), min(box[1], known[1]),
            max(box[2], known[2]), max(box[3], known[3]),
        )  # fmt: skip
    write(connection, layer, box or known)


def shrink(connection: sqlite3.Connection, layer: Layer, gone: Extent) -> None:
    """Recompute the listed extent if the vanished box touched its edge."""
    known = stored(connection, layer)
    if known is None:
        return
    touches = (
        gone[0] <= known[0] or gone[1] <= known[1] or gone[2] >= known[2] or gone[3] >= known[3]
    )
    if touches:
        write(connection, layer, from_rtree(connection, layer))


def from_rtree(connection: sqlite3.Connection, layer: Layer) -> Extent | None:
    """The extent by the R-tree; its sides are rounded outward to single precision."""
    tree = quoted(gpkg.rtree_name(layer))
    row = connection.execute(
        f"SELECT min(minx), min(miny), max(maxx), max(maxy) FROM {tree}"
    ).fetchone()
    return None if row[0] is None else tuple(row)


def of_boxes(boxes: np.ndarray) -> Extent | None:
    """The extent of (minx, miny, maxx, maxy) rows, those without a box left out."""
    boxes = boxes[~np.isnan(boxes[:, 0])]
    if not len(boxes):
        return None
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def write(connection: sqlite3.Connection, layer: Layer, extent: Extent | None) -> None:
    sides = extent or (None, None, None, None)
    connection.execute(
        "UPDATE gpkg_contents SET min_x = ?, min_y = ?, max_x = ?, max_y = ?,"
        " last_change = strftime('%Y-%m-%dT%H:%M:%fZ','now') WHERE table_name = ?",
        (*sides, layer.name),
    )
