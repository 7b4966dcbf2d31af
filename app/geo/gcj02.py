"""The shifted coordinates of Chinese web maps: GCJ-02 (Amap, Tencent) and BD-09 (Baidu).

Constants of the public formula: the ellipsoid of Krasovsky 1940, origin 105 E 35 N. There is no
closed inverse; it is iterated until it no longer moves. Outside China nothing is shifted.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
LonLat = tuple[Floats, Floats]

_SEMI_MAJOR_M = 6378245.0
_ECCENTRICITY2 = 0.00669342162296594323
_BD_TURN = np.pi * 3000.0 / 180.0
_BD_LON_DEG, _BD_LAT_DEG = 0.0065, 0.006
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271
_STEPS = 12  # each step gains two to three digits; five are enough inside China


def inside_shift_area(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
    """True where the public formula shifts at all; a rectangle, so only rough near the border."""
    x, y = np.asarray(lon, float), np.asarray(lat, float)
    return np.asarray((x >= _WEST) & (x <= _EAST) & (y >= _SOUTH) & (y <= _NORTH))


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> LonLat:
    """Degrees WGS 84 (or CGCS2000) to degrees GCJ-02."""
    x, y = np.asarray(lon, float), np.asarray(lat, float)
    here = inside_shift_area(x, y)
    east, north = _shift_deg(np.where(here, x, 105.0), np.where(here, y, 35.0))
    return np.where(here, x + east, x), np.where(here, y + north, y)


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> LonLat:
    """Degrees GCJ-02 back to WGS 84: the point whose forward shift is the given one."""
    return _inverse(wgs84_to_gcj02, lon, lat)


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> LonLat:
    """Degrees GCJ-02 to degrees BD-09."""
    x, y = np.asarray(lon, float), np.asarray(lat, float)
    here = inside_shift_area(x, y)
    px, py = np.where(here, x, 105.0), np.where(here, y, 35.0)
    radius = np.hypot(px, py) + 0.00002 * np.sin(py * _BD_TURN)
    angle = np.arctan2(py, px) + 0.000003 * np.cos(px * _BD_TURN)
    return (
        np.where(here, radius * np.cos(angle) + _BD_LON_DEG, x),
        np.where(here, radius * np.sin(angle) + _BD_LAT_DEG, y),
    )


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> LonLat:
    """Degrees BD-09 back to GCJ-02, iterated as well: the published one-step form leaves metres."""
    return _inverse(gcj02_to_bd09, lon, lat)


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> LonLat:
    """Degrees WGS 84 to degrees BD-09."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> LonLat:
    """Degrees BD-09 back to WGS 84."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def _shift_deg(lon: Floats, lat: Floats) -> LonLat:
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    wave = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east_m += (wave + 20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east_m += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north_m += (wave + 20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north_m += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0

    latitude = np.radians(lat)
    flattened = 1.0 - _ECCENTRICITY2 * np.sin(latitude) ** 2
    meridian_m = _SEMI_MAJOR_M * (1.0 - _ECCENTRICITY2) / (flattened * np.sqrt(flattened))
    parallel_m = _SEMI_MAJOR_M / np.sqrt(flattened) * np.cos(latitude)
    return np.degrees(east_m / parallel_m), np.degrees(north_m / meridian_m)


def _inverse(forward: Callable[[Floats, Floats], LonLat], lon: ArrayLike, lat: ArrayLike) -> LonLat:
    given_x, given_y = np.asarray(lon, float), np.asarray(lat, float)
    here = inside_shift_area(given_x, given_y)
    target_x, target_y = np.where(here, given_x, 105.0), np.where(here, given_y, 35.0)
    x, y = target_x, target_y
    for _ in range(_STEPS):
        shifted_x, shifted_y = forward(x, y)
        x, y = x + (target_x - shifted_x), y + (target_y - shifted_y)
    return np.where(here, x, given_x), np.where(here, y, given_y)
