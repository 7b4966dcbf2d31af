"""GeoPackage geometry blobs: a header with an envelope, then ISO well-known binary."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
import shapely

from app.schema.model import Geometry

HEADER_BYTES = (8, 40, 56, 56, 72)  # by envelope code: none, XY, XYZ, XYM, XYZM
EMPTY_FLAG = 0x10
MULTI = {"Point": "MultiPoint", "LineString": "MultiLineString", "Polygon": "MultiPolygon"}
MULTI_CODE = {"MultiPoint": 4, "MultiLineString": 5, "MultiPolygon": 6}
Z_CODE = 1000


def column_type(kinds: Sequence[Geometry]) -> str:
    """The one geometry type that the container declares for a layer that may hold these.

    A layer of single and multiple parts is stored as multiple throughout, so that every
    program that opens the file sees one type; :func:`decode` gives single parts back.
    """
    if len(kinds) == 1:
        return kinds[0].upper()
    bases = {kind.removeprefix("Multi") for kind in kinds}
    return f"MULTI{bases.pop().upper()}" if len(bases) == 1 else "GEOMETRY"


def promoted_to(kinds: Sequence[Geometry]) -> str:
    """The multiple type that single parts of the layer are wrapped into, if any."""
    declared = column_type(kinds)
    return next((m for m in MULTI_CODE if m.upper() == declared and len(kinds) > 1), "")


def encode(
    geometries: np.ndarray, srs_id: int, kinds: Sequence[Geometry]
) -> tuple[list[bytes | None], np.ndarray]:
    """Blobs of many geometries, and their boxes (minx, miny, maxx, maxy; NaN where empty).

    Parameters
    ----------
    geometries
        Shapely geometries; None stays None.
    srs_id
        Reference system number that goes into each header.
    kinds
        Geometry types that the layer allows.
    """
    count = len(geometries)
    bounds = shapely.bounds(geometries) if count else np.empty((0, 4))
    missing = shapely.is_missing(geometries)
    empty = shapely.is_empty(geometries)
    is_point = shapely.get_type_id(geometries) == 0
    with_box = ~(missing | empty | is_point)

    heads = np.zeros(
        count, dtype=[("m", "S2"), ("v", "u1"), ("f", "u1"), ("s", "<i4"), ("e", "<f8", 4)]
    )
    heads["m"] = b"GP"
    heads["f"] = 1 + 2 * with_box + EMPTY_FLAG * empty
    heads["s"] = srs_id
    heads["e"] = bounds[:, [0, 2, 1, 3]]
    raw = heads.tobytes()
    bodies = _bodies(geometries, kinds)
    sizes = np.where(with_box, 40, 8).tolist()
    blobs = [
        None if body is None else raw[at : at + size] + body
        for at, size, body in zip(range(0, 40 * count, 40), sizes, bodies, strict=True)
    ]
    return blobs, bounds


def _bodies(geometries: np.ndarray, kinds: Sequence[Geometry]) -> list[bytes | None]:
    bodies = shapely.to_wkb(geometries, flavor="iso", byte_order=1).tolist()
    target = promoted_to(kinds)
    if not target:
        return bodies  # type: ignore[no-any-return]
    code = MULTI_CODE[target]
    flat = struct.pack("<BII", 1, code, 1)
    solid = struct.pack("<BII", 1, code + Z_CODE, 1)
    single = shapely.get_type_id(geometries) == {4: 0, 5: 1, 6: 3}[code]
    single &= ~shapely.is_empty(geometries)
    has_z = shapely.has_z(geometries)
    for at in np.flatnonzero(single).tolist():
        bodies[at] = (solid if has_z[at] else flat) + bodies[at]
    return bodies  # type: ignore[no-any-return]


def decode(blobs: Sequence[bytes | None], kinds: Sequence[Geometry]) -> np.ndarray:
    """Shapely geometries of blobs; multiples of one part come back single where both are allowed."""
    bodies = [None if blob is None else blob[body_offset(blob) :] for blob in blobs]
    geometries = shapely.from_wkb(np.array(bodies, dtype=object))
    if promoted_to(kinds) and len(geometries):
        many = np.flatnonzero(shapely.get_type_id(geometries) >= 4)
        single = many[shapely.get_num_geometries(geometries[many]) == 1]
        geometries[single] = shapely.get_geometry(geometries[single], 0)
    return np.asarray(geometries, dtype=object)


def body_offset(blob: bytes) -> int:
    """Where the well-known binary starts."""
    if blob[:2] != b"GP":
        raise ValueError("not a GeoPackage geometry")
    return HEADER_BYTES[(blob[3] >> 1) & 7]


def envelope(blob: bytes | None) -> tuple[float, float, float, float] | None:
    """(minx, maxx, miny, maxy) of one blob without parsing its body where the header has it."""
    if blob is None or is_empty(blob):
        return None
    flags = blob[3]
    order = "<" if flags & 1 else ">"
    if (flags >> 1) & 7:
        minx, maxx, miny, maxy = struct.unpack_from(order + "4d", blob, 8)
        return minx, maxx, miny, maxy
    body_order = "<" if blob[8] else ">"
    (kind,) = struct.unpack_from(body_order + "I", blob, 9)
    if kind % Z_CODE == 1:
        x, y = struct.unpack_from(body_order + "2d", blob, 13)
        return x, x, y, y
    minx, miny, maxx, maxy = shapely.from_wkb(blob[8:]).bounds
    return minx, maxx, miny, maxy


def is_empty(blob: bytes) -> bool:
    return bool(blob[3] & EMPTY_FLAG)
