"""A layer as the packed arrays that the map's tile worker paints and picks from.

The bytes are, little-endian throughout::

    u32             length of the header in bytes, a multiple of four
    header          JSON in UTF-8, padded with blanks
    arrays          one after the other, each aligned to four bytes

The header holds ``format`` (1), ``layer``, ``kind`` (``polygon``, ``line`` or ``point``), ``n``
(features), ``origin`` and ``bounds`` (Web-Mercator metres), ``ids`` (``n`` texts), ``columns`` and
``arrays``: ``[{name, type, offset, length}]`` with ``type`` one of ``f32 u32 u16 u8``, ``offset``
counted in bytes from the end of the header and ``length`` in elements.

========================  ====================================================================
array                     content
========================  ====================================================================
``xy`` f32                2 x vertices: metres relative to ``origin``
``part_start`` u32        parts + 1: first vertex of each part (ring, line; a point is a part)
``feature_start`` u32     n + 1: first part of each feature
``column:<name>``         one value a feature
========================  ====================================================================

``columns`` is ``{name: {"type": "number"}}`` (f32, NaN is unknown) or ``{name: {"type": "code",
"codes": [...]}}`` (value 0 is unknown, value i is ``codes[i - 1]``).
Features without a geometry are left out: the map has nowhere to draw them.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from geopandas import GeoDataFrame

WEB_MERCATOR = "EPSG:3857"
_TYPES = {"f": "f32", "u4": "u32", "u2": "u16", "u1": "u8"}
_POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_POINTS = (shapely.GeometryType.POINT, shapely.GeometryType.MULTIPOINT)

Array = npt.NDArray[Any]


def pack_layer(rows: GeoDataFrame, *, layer: str, columns: Sequence[str] = ()) -> bytes:
    """The rows of ``layer`` with the named columns, ready to be painted.

    Parameters
    ----------
    rows
        Any CRS that is set; ``<layer>_id`` and every one of ``columns`` present.
    columns
        Numbers travel as numbers, everything else as codes.
    """
    drawn = rows[~(rows.geometry.isna() | rows.geometry.is_empty)]
    shapes = np.asarray(drawn.geometry.to_crs(WEB_MERCATOR).values)
    kind, shapes = _one_kind(shapes)
    xy, part_start, feature_start = _ragged(shapes)
    bounds = shapely.total_bounds(shapes) if len(shapes) else np.zeros(4)
    origin = [float(bounds[0]), float(bounds[1])]

    arrays: dict[str, Array] = {
        "xy": (xy - origin).astype("<f4").ravel(),
        "part_start": part_start.astype("<u4"),
        "feature_start": feature_start.astype("<u4"),
    }
    described: dict[str, dict[str, object]] = {}
    for name in columns:
        arrays[f"column:{name}"], described[name] = _packed_column(drawn[name])
    header: dict[str, object] = {
        "format": 1,
        "layer": layer,
        "kind": kind,
        "n": len(drawn),
        "origin": origin,
        "bounds": [float(value) for value in bounds],
        "ids": drawn[f"{layer}_id"].astype(str).tolist(),
        "columns": described,
    }
    return _assembled(header, arrays)


def _one_kind(shapes: Array) -> tuple[str, Array]:
    """The kind that all shapes share; where kinds are mixed, the simpler one stands for all."""
    types = shapely.get_type_id(shapes)
    polygonal, points = np.isin(types, _POLYGONAL), np.isin(types, _POINTS)
    if not len(shapes) or polygonal.all():
        return "polygon", shapes
    if points.any():
        return "point", np.where(points, shapes, shapely.point_on_surface(shapes))
    return "line", np.where(polygonal, shapely.boundary(shapes), shapes)


def _ragged(shapes: Array) -> tuple[Array, Array, Array]:
    if not len(shapes):
        return np.zeros((0, 2)), np.zeros(1), np.zeros(1)
    kind, xy, offsets = shapely.to_ragged_array(shapely.force_2d(shapes))
    if kind in (
        shapely.GeometryType.MULTIPOLYGON,
        shapely.GeometryType.MULTILINESTRING,
    ):
        rings, *outer = offsets
        features = outer[0] if len(outer) == 1 else outer[0][outer[1]]
        return xy, rings, features
    if kind == shapely.GeometryType.MULTIPOINT:
        return xy, np.arange(len(xy) + 1), offsets[0]
    if kind == shapely.GeometryType.POLYGON:
        return xy, offsets[0], offsets[1]
    starts = offsets[0] if offsets else np.arange(len(xy) + 1)
    return xy, starts, np.arange(len(shapes) + 1)


def _packed_column(values: pd.Series) -> tuple[Array, dict[str, object]]:
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return values.to_numpy("<f4", na_value=np.nan), {"type": "number"}
    texts = values.map(str, na_action="ignore")
    positions, codes = pd.factorize(texts, sort=True)
    width = "<u1" if len(codes) < 255 else "<u2" if len(codes) < 65_535 else "<u4"
    return (positions + 1).astype(width), {
        "type": "code",
        "codes": [str(c) for c in codes],
    }


def _assembled(header: dict[str, object], arrays: dict[str, Array]) -> bytes:
    listed, body, offset = [], [], 0
    for name, array in arrays.items():
        data = array.tobytes()
        key = "f" if array.dtype.kind == "f" else f"u{array.dtype.itemsize}"
        listed.append(
            {
                "name": name,
                "type": _TYPES[key],
                "offset": offset,
                "length": int(array.size),
            }
        )
        padding = -len(data) % 4
        body.append(data + b"\0" * padding)
        offset += len(data) + padding
    text = json.dumps({**header, "arrays": listed}, ensure_ascii=False).encode()
    text += b" " * (-len(text) % 4)
    return struct.pack("<I", len(text)) + text + b"".join(body)
