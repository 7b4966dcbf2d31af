"""What delivered coordinates are in, told from their size, what the file states, and the place.

Nothing is guessed silently: every answer carries its certainty and the reason, and where the
figures fit no system of the place the answer is "unknown" with what to ask for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.errors import Text
from app.geo.crs import (
    GEOGRAPHIC,
    WEB_MERCATOR,
    WGS84,
    Bounds,
    gauss_kruger_crs,
    gauss_kruger_zone,
    in_china,
    is_old_datum,
    parse_crs,
    project_points,
    short_name,
    utm_crs,
)

Certainty = Literal["stated", "sure", "likely", "unknown"]
Floats = NDArray[np.float64]

_MARGIN_DEG = 0.5  # about 50 km around the plan
_SAMPLE = 5000
_SIX_DEGREE_ZONES = range(13, 24)


@dataclass(frozen=True)
class CrsGuess:
    """The answer of :func:`detect_crs`.

    ``crs`` is None where it has to be asked for. ``swapped`` says that the first coordinate of
    the file is the northing or latitude. ``candidates`` are systems that fit equally well.
    """

    crs: str | None
    certainty: Certainty
    reason: Text
    swapped: bool = False
    candidates: tuple[str, ...] = ()


def detect_crs(
    x: ArrayLike, y: ArrayLike, *, stated: Any = None, area: Bounds | None = None
) -> CrsGuess:
    """The reference system of the coordinates.

    Parameters
    ----------
    x, y
        First and second coordinate as the file has them; values that are no numbers are ignored.
    stated
        What the file or the person says: an EPSG code, WKT or a pyproj CRS; None if nothing.
    area
        West, south, east, north of the plan in degrees; the coordinates must fall within about
        50 km of it. None while the plan is empty.

    Returns
    -------
    The system with its certainty and the reason in words.

    Raises
    ------
    CrsError
        ``stated`` names no reference system.
    """
    first, second = _sample(x, y)
    if first.size == 0:
        return _unknown("没有可用的坐标", "there are no usable coordinates")
    if stated is not None:
        return _check_stated(first, second, stated, area)
    if _within(first, 180.0) and _within(second, 180.0):
        return _degrees(first, second, area)
    return _metres(first, second, area)


def _sample(x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    first, second = np.asarray(x, float).ravel(), np.asarray(y, float).ravel()
    known = np.isfinite(first) & np.isfinite(second)
    first, second = first[known], second[known]
    step = max(1, first.size // _SAMPLE)
    return first[::step], second[::step]


def _check_stated(x: Floats, y: Floats, stated: Any, area: Bounds | None) -> CrsGuess:
    system = parse_crs(stated) if isinstance(stated, str) else stated
    name = short_name(system)
    if not name.startswith("EPSG:"):
        name = str(system.to_wkt())
    shown = short_name(system)
    degrees = system.is_geographic
    if degrees != (_within(x, 360.0) and _within(y, 360.0)):
        guess = detect_crs(x, y, area=area)
        return CrsGuess(
            None,
            "unknown",
            Text(
                f"文件声明 {shown}，但坐标数值（例如 {x[0]:.9g}, {y[0]:.9g}）与之不符；"
                f"按数值判断：{guess.reason.zh}",
                f"the file states {shown}, but coordinates such as {x[0]:.9g}, {y[0]:.9g} "
                f"contradict it; by their size: {guess.reason.en}",
            ),
            candidates=(guess.crs,) if guess.crs else guess.candidates,
        )
    straight, turned = _fits(x, y, name, area), _fits(y, x, name, area)
    if is_old_datum(system):
        return _unknown(
            f"文件声明 {shown}：1954 北京/1980 西安坐标系换算到 CGCS2000 需要当地参数，"
            "默认参数误差可达百米。请由交付单位换算后再交",
            f"the file states {shown}: Beijing 1954 and Xian 1980 need local parameters to reach "
            "CGCS2000, the default ones can be a hundred metres off; have it converted",
        )
    if turned and not straight:
        return CrsGuess(
            name,
            "stated",
            Text(
                f"文件声明 {shown}，坐标轴前后颠倒",
                f"the file states {shown}, axes swapped",
            ),
            swapped=True,
        )
    if not straight:
        return _unknown(
            f"按文件声明的 {shown}，数据不在本规划范围附近（50 公里）",
            f"read as the stated {shown}, the data lie more than 50 km outside the plan's area",
        )
    return CrsGuess(name, "stated", Text(f"文件声明 {shown}", f"the file states {shown}"))


def _degrees(x: Floats, y: Floats, area: Bounds | None) -> CrsGuess:
    straight = _within(y, 90.0) and _fits(x, y, WGS84, area)
    turned = _within(x, 90.0) and _fits(y, x, WGS84, area)
    if area is None and straight and turned:  # both could be places: prefer the one in China
        straight, turned = _prefer_china(x, y)
    if not straight and not turned:
        return _unknown(
            "数值像经纬度，但不在本规划范围附近；也可能是地方独立坐标",
            "the figures look like degrees but lie nowhere near the plan; "
            "they may be a local independent grid",
        )
    lon, lat = (x, y) if straight else (y, x)
    crs = GEOGRAPHIC if bool(in_china(lon, lat).mean() > 0.5) else WGS84
    if turned and not straight:
        return CrsGuess(
            crs,
            "sure",
            Text(
                "经纬度，纬度在前（坐标轴颠倒）",
                "degrees, latitude first (axes swapped)",
            ),
            swapped=True,
        )
    if area is None and crs == WGS84:
        return CrsGuess(
            crs,
            "likely",
            Text("数值在经纬度范围内", "the figures are in the range of degrees"),
        )
    return CrsGuess(crs, "sure", Text("经纬度（度）", "degrees of longitude and latitude"))


def _prefer_china(x: Floats, y: Floats) -> tuple[bool, bool]:
    if in_china(y, x).mean() > in_china(x, y).mean():
        return False, True
    return True, False


def _metres(x: Floats, y: Floats, area: Bounds | None) -> CrsGuess:
    found: list[tuple[str, bool, bool]] = []  # code, swapped, prefixed
    for swapped, east, north in ((False, x, y), (True, y, x)):
        for code, prefixed in _metric_candidates(east, north, area):
            if _fits(east, north, code, area):
                found.append((code, swapped, prefixed))
    if not found:
        return _local_grid(x, y, area)
    code, swapped, prefixed = found[0]
    rivals = tuple(dict.fromkeys(c for c, _, _ in found[1:] if c != code))
    turned = Text("，北坐标在前", ", northing first") if swapped else Text("", "")
    if prefixed:
        reason = Text(
            f"东坐标带 {_prefix(y if swapped else x)} 带号{turned.zh}",
            f"the easting carries zone number {_prefix(y if swapped else x)}{turned.en}",
        )
        return CrsGuess(code, "sure", reason, swapped, rivals)
    reason = Text(
        f"按 {code} 读落在本规划范围附近{turned.zh}",
        f"read as {code} the data lie in the plan's area{turned.en}",
    )
    return CrsGuess(code, "likely", reason, swapped, rivals)


def _metric_candidates(
    east: Floats, north: Floats, area: Bounds | None
) -> Iterator[tuple[str, bool]]:
    """Systems these figures could be in, the likeliest first; True where the zone is written."""
    if not (1e5 < np.median(np.abs(north)) < 1e7):
        return
    zone = _prefix(east)
    within = east - zone * 1e6
    if 1e5 < np.median(within) < 9e5 and np.all((within > 0) & (within < 1e6)):
        if zone in range(25, 46):
            yield gauss_kruger_crs(zone, prefixed=True), True
        if zone in _SIX_DEGREE_ZONES:
            yield f"EPSG:{4491 + zone - _SIX_DEGREE_ZONES.start}", True
    if np.all((east > 0) & (east < 1e6)):
        yield from ((code, False) for code in _unprefixed(area))
    if area is not None and np.all(np.abs(east) < 2.004e7):
        yield WEB_MERCATOR, False


def _unprefixed(area: Bounds | None) -> Iterator[str]:
    if area is None:
        return
    lon, lat = (area[0] + area[2]) / 2, (area[1] + area[3]) / 2
    if bool(in_china(lon, lat)):
        here = gauss_kruger_zone(lon)
        for zone in (here, here - 1, here + 1):
            if 25 <= zone <= 45:
                yield gauss_kruger_crs(zone, prefixed=False)
    yield utm_crs(lon, lat)


def _local_grid(x: Floats, y: Floats, area: Bounds | None) -> CrsGuess:
    """Metres that fit no system of the place: most often a grid of the city or of the site."""
    sample = f"{x[0]:.9g}, {y[0]:.9g}"
    near_axis = [v for v in (x, y) if abs(float(np.median(v)) - 5e5) < 3e4]
    if area is None and _in_one_zone(x, y):
        return _unknown(
            f"米制坐标（{sample}）不带带号，中央经线无法从数值判断，请说明坐标系",
            f"metres ({sample}) without a zone number: the central meridian cannot be told from "
            "the figures, state the reference system",
        )
    if area is not None and near_axis:
        return _unknown(
            f"坐标（{sample}）不在本规划范围；东坐标接近 500000，"
            "疑为另取中央经线的地方独立坐标系，请向交付单位索取参数，不可猜测",
            f"coordinates ({sample}) are not in the plan's area; an easting near 500000 points "
            "to a local grid with another central meridian: ask for its parameters",
        )
    return _unknown(
        f"坐标（{sample}）不符合本地任何常用坐标系，疑为地方独立坐标，请索取坐标系参数",
        f"coordinates ({sample}) fit no usual system of the place; they may be a local "
        "independent grid: ask for its parameters",
    )


def _in_one_zone(x: Floats, y: Floats) -> bool:
    """Whether one coordinate looks like an easting without zone and the other like a northing."""
    low, high = sorted((float(np.median(x)), float(np.median(y))))
    return 1e5 < low < 9e5 and 1e6 < high < 1e7


def _fits(east: Floats, north: Floats, code: str, area: Bounds | None) -> bool:
    """Whether most of the coordinates, read so, lie on the map and near the plan."""
    lon, lat = project_points(east, north, code, WGS84)
    good = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lat) <= 90) & (np.abs(lon) <= 180)
    if area is not None:
        west, south, right, top = area
        good &= (lon >= west - _MARGIN_DEG) & (lon <= right + _MARGIN_DEG)
        good &= (lat >= south - _MARGIN_DEG) & (lat <= top + _MARGIN_DEG)
    return bool(good.mean() > 0.5)


def _prefix(east: Floats) -> int:
    return int(np.median(east) // 1e6)


def _within(values: Floats, limit: float) -> bool:
    return bool((np.abs(values) <= limit).mean() > 0.5)


def _unknown(zh: str, en: str) -> CrsGuess:
    return CrsGuess(None, "unknown", Text(zh, en))
