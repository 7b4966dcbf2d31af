"""Which reference system a plan measures in, and what delivered coordinates are in.

Chinese survey data are CGCS2000 in 3-degree Gauss-Kruger zones; the easting may carry the zone
number in front. Official axis order is northing first, so here everything is x = east, y = north.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal, Protocol

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from app.errors import CrsError, Text
from app.geo import gcj02

Floats = NDArray[np.float64]
Bounds = tuple[float, float, float, float]
Datum = Literal["wgs84", "gcj02", "bd09"]

GEOGRAPHIC = "EPSG:4490"
WGS84 = "EPSG:4326"
WEB_MERCATOR = "EPSG:3857"
_ZONES = range(25, 46)  # 3-degree zones that touch China; central meridian = zone * 3
# Coarse outline (west, south, east, north) that only picks a default; a stated system always wins.
_CHINA = (
    (79.4, 42.8, 96.4, 49.3),
    (73.4, 35.4, 80.0, 41.5),
    (78.0, 29.5, 124.2, 42.8),
    (84.0, 27.8, 97.1, 29.6),
    (97.0, 21.1, 124.4, 29.6),
    (105.0, 3.3, 119.0, 21.6),
    (109.6, 39.3, 131.3, 50.4),
    (119.0, 47.5, 127.5, 53.7),
    (127.4, 42.4, 135.1, 49.6),
)
_OLD_DATUMS = ("Beijing_1954", "Beijing 1954", "Xian_1980", "Xian 1980", "Xian80")


class HasCrs(Protocol):
    """Anything with a reference system: a GeoDataFrame or GeoSeries."""

    @property
    def crs(self) -> Any: ...


def in_china(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
    """True where Chinese reference systems are the default; coarse near the border."""
    x, y = np.asarray(lon, float), np.asarray(lat, float)
    inside = np.zeros(np.broadcast(x, y).shape, bool)
    for west, south, east, north in _CHINA:
        inside |= (x >= west) & (x <= east) & (y >= south) & (y <= north)
    return inside


def gauss_kruger_zone(lon: float) -> int:
    """Number of the 3-degree zone of a longitude: 106.2 E lies in zone 35."""
    return int(np.floor(lon / 3.0 + 0.5))


def gauss_kruger_crs(zone: int, *, prefixed: bool) -> str:
    """CGCS2000 in a 3-degree zone, with or without the zone number before the easting.

    Raises
    ------
    CrsError
        No such zone is defined: 25 to 45 are.
    """
    if zone not in _ZONES:
        raise CrsError(
            Text(f"没有第 {zone} 号 3 度带", f"there is no 3-degree zone {zone}"),
            where="crs",
            fix=Text("3 度带带号为 25 至 45", "zones are numbered 25 to 45"),
        )
    return f"EPSG:{(4513 if prefixed else 4534) + zone - _ZONES.start}"


def utm_crs(lon: float, lat: float) -> str:
    """WGS 84 / UTM zone of a place, the exceptions of Norway left to who states a system."""
    zone = int(np.clip(np.floor((lon + 180.0) / 6.0) + 1, 1, 60))
    return f"EPSG:{(32600 if lat >= 0 else 32700) + zone}"


def plan_crs(lon: float, lat: float) -> str:
    """The metric system a plan at this place is kept in.

    Raises
    ------
    CrsError
        The place is not on the map: longitude or latitude out of range or not a number.
    """
    if not (-180.0 <= lon <= 180.0 and -84.0 <= lat <= 84.0):
        raise CrsError(
            Text(
                f"经纬度 {lon}, {lat} 不可用",
                f"{lon}, {lat} is not a place a plan can be at",
            ),
            where="crs",
            fix=Text(
                "经度 -180 至 180，纬度 -84 至 84",
                "longitude -180 to 180, latitude -84 to 84",
            ),
        )
    if bool(in_china(lon, lat)):
        return gauss_kruger_crs(gauss_kruger_zone(lon), prefixed=False)
    return utm_crs(lon, lat)


def parse_crs(text: str, *, where: str = "crs") -> CRS:
    """A reference system from an EPSG code, a name or the text of a .prj file.

    Raises
    ------
    CrsError
        The text names no reference system.
    """
    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        shown = text.strip()[:60]
        raise CrsError(
            Text(f"不认识的坐标系：{shown}", f"unknown reference system: {shown}"),
            where=where,
            fix=Text("用 EPSG 代码，例如 EPSG:4544", "give an EPSG code such as EPSG:4544"),
        ) from error


def is_metric(crs: Any) -> bool:
    """Whether distances in this system are metres on the ground (Web Mercator's are not)."""
    if crs is None:
        return False
    system = _system(crs)
    units = [axis.unit_conversion_factor for axis in system.axis_info[:2]]
    return system.is_projected and units == [1.0, 1.0] and not _stretches(system)


def require_metric(frame: HasCrs, name: str) -> None:
    """Refuse a layer whose coordinates do not measure in metres.

    Raises
    ------
    CrsError
        The layer has no reference system, or one in degrees, feet or Web Mercator metres.
    """
    if is_metric(frame.crs):
        return
    shown = "no reference system" if frame.crs is None else str(_system(frame.crs).name)
    raise CrsError(
        Text(
            f"图层 {name} 的坐标系（{shown}）不以米为单位",
            f"{name} is in {shown}, which does not measure in metres",
        ),
        where=name,
        fix=Text("导入时用 --crs 说明坐标系", "give --crs when importing"),
    )


def short_name(crs: Any) -> str:
    """``EPSG:<code>`` where the system is a registered one, else its own name."""
    system = _system(crs)
    code = system.to_epsg(min_confidence=70)
    return f"EPSG:{code}" if code else str(system.name)


def unit_of(crs: Any) -> str:
    """What the first axis measures in: "metre", "US survey foot", "degree"."""
    axes = _system(crs).axis_info
    return str(axes[0].unit_name) if axes else ""


def is_old_datum(crs: Any) -> bool:
    """Beijing 1954 or Xian 1980: the way to CGCS2000 needs parameters of the city."""
    system = _system(crs)
    base = system.geodetic_crs
    names = f"{system.name} {base.name if base is not None else ''}"
    return any(name in names for name in _OLD_DATUMS)


def project_points(x: ArrayLike, y: ArrayLike, source: str, target: str) -> tuple[Floats, Floats]:
    """Coordinates of ``source`` in ``target``; not finite where the way does not exist."""
    try:
        east, north = _transformer(source, target).transform(
            np.asarray(x, float), np.asarray(y, float), errcheck=False
        )
    except ProjError as error:
        raise CrsError(
            Text(f"无法从 {source} 换算到 {target}", f"no way from {source} to {target}"),
            where="crs",
            fix=Text("请说明正确的坐标系", "state the right reference system"),
        ) from error
    return np.asarray(east), np.asarray(north)


def project(
    shapes: NDArray[np.object_],
    source: str,
    target: str,
    *,
    datum: Datum = "wgs84",
    swapped: bool = False,
) -> NDArray[np.object_]:
    """The geometries in ``target``, with swapped axes and the shift of web maps undone.

    Parameters
    ----------
    shapes
        Geometries in ``source``; Z is kept as it is, a missing geometry stays missing.
    datum
        ``gcj02`` or ``bd09``: the coordinates were shifted before they were written.
    swapped
        The first coordinate is the northing or the latitude.

    Raises
    ------
    CrsError
        A shifted datum is stated outside China, or there is no way between the systems.
    """
    if source == target and datum == "wgs84" and not swapped:
        return shapes
    has_z = bool(shapely.has_z(shapes).any())
    coordinates = shapely.get_coordinates(shapes, include_z=has_z)
    first, second = coordinates[:, 0].copy(), coordinates[:, 1].copy()
    x, y = (second, first) if swapped else (first, second)
    if datum != "wgs84":
        x, y = project_points(x, y, source, WGS84)
        x, y = _unshifted(x, y, datum)
        source = WGS84
    if source != target:
        x, y = project_points(x, y, source, target)
    coordinates[:, 0], coordinates[:, 1] = x, y
    return np.asarray(shapely.set_coordinates(shapes.copy(), coordinates))


def _unshifted(lon: Floats, lat: Floats, datum: Datum) -> tuple[Floats, Floats]:
    known = np.isfinite(lon) & np.isfinite(lat)
    if not bool(in_china(lon[known], lat[known]).all()):
        raise CrsError(
            Text(
                "GCJ-02/BD-09 只用于中国境内的数据",
                "GCJ-02 and BD-09 exist only in China",
            ),
            where="datum",
            fix=Text(
                "去掉 --datum，或检查坐标",
                "leave out --datum, or check the coordinates",
            ),
        )
    back = gcj02.gcj02_to_wgs84 if datum == "gcj02" else gcj02.bd09_to_wgs84
    return back(lon, lat)


def _system(crs: Any) -> CRS:
    return crs if isinstance(crs, CRS) else CRS.from_user_input(crs)


def _stretches(system: CRS) -> bool:
    """A Mercator of the whole world: metres in name, far from metres away from the equator."""
    operation = system.coordinate_operation
    method = "" if operation is None else str(operation.method_name)
    return method.startswith("Mercator") or "Pseudo" in method


@lru_cache(maxsize=64)
def _transformer(source: str, target: str) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)
