"""A city's independent grid: four parameters, given or fitted from points known in both systems.

Written as Chinese surveys write them, x to the north and y to the east:
``X = dx + k (x cos a - y sin a)``, ``Y = dy + k (x sin a + y cos a)``; a turns from x towards y.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.errors import CrsError, Text

Floats = NDArray[np.float64]

_DMS = re.compile(r"^([+-]?)(?:(\d+(?:\.\d+)?)[°d度])?(?:(\d+(?:\.\d+)?)['′分])?(?:(\d+(?:\.\d+)?)(?:\"|″|''|秒))?$")  # fmt: skip
_PPM = re.compile(r"^([+-]?\d+(?:\.\d+)?)\s*ppm$", re.IGNORECASE)
_LARGEST_SCALE_CHANGE = 0.01
_COINCIDENT_M = 0.001


@dataclass(frozen=True)
class FourParameters:
    """Shift, turn and scale from a local grid to the system of the plan."""

    dx_m: float
    dy_m: float
    rotation_deg: float
    scale: float

    def moved(self, north: Floats, east: Floats) -> tuple[Floats, Floats]:
        """North and east in the target system."""
        turn = np.radians(self.rotation_deg)
        a, b = self.scale * np.cos(turn), self.scale * np.sin(turn)
        return self.dx_m + a * north - b * east, self.dy_m + b * north + a * east

    def __str__(self) -> str:
        return f"{self.dx_m!r}, {self.dy_m!r}, {self.rotation_deg!r}, {self.scale!r}"


@dataclass(frozen=True)
class Fit:
    """Fitted parameters with what they leave at each pair.

    ``residuals_m`` are target minus moved source, north and east. ``sigma_m`` is the standard
    deviation of the unit weight, NaN with two pairs, which leave nothing to check.
    ``outlier`` is the pair without which the others agree, None if there is none or it cannot
    be told.
    """

    parameters: FourParameters
    residuals_m: Floats
    sigma_m: float
    limit_m: float
    outlier: int | None

    @property
    def worst_m(self) -> float:
        return float(np.hypot(*self.residuals_m.T).max())

    @property
    def is_good(self) -> bool:
        return self.worst_m <= self.limit_m


def fit_four_parameters(source: Floats, target: Floats, *, limit_m: float) -> Fit:
    """The parameters by least squares, all pairs of equal weight.

    Parameters
    ----------
    source, target
        North and east of each point in the local grid and in the target system, one row a pair.
    limit_m
        Residual above which a pair is doubtful.

    Raises
    ------
    CrsError
        Fewer than two pairs, coordinates that are no numbers, or points in one place.
    """
    source, target = np.asarray(source, float), np.asarray(target, float)
    if len(source) < 2:
        raise _refused(
            f"只有 {len(source)} 对控制点，四参数至少需要 2 对",
            f"{len(source)} pairs of control points are given, four parameters need two",
            Text(
                "补充控制点，最好 4 对以上以便检核", "give more, best four or more, to have a check"
            ),
        )
    if not (np.isfinite(source).all() and np.isfinite(target).all()):
        raise _refused("控制点坐标不是数值", "a control point has no number",
                       Text("检查控制点表", "check the table"))  # fmt: skip
    for points in (source, target):
        if np.ptp(points, axis=0).max() < _COINCIDENT_M:
            raise _refused("控制点是同一个点", "the control points are one point",
                           Text("控制点应分布在测区四周", "spread them around the surveyed area"))  # fmt: skip
    parameters = _solved(source, target)
    left = _left(parameters, source, target)
    sigma = np.sqrt((left**2).sum() / (2 * len(source) - 4)) if len(source) > 2 else np.nan
    outlier = None
    if np.hypot(*left.T).max() > limit_m:
        outlier = _outlier(source, target, limit_m)
    return Fit(parameters, left, float(sigma), limit_m, outlier)


def parse_four_parameters(text: str) -> FourParameters:
    """``dx, dy, rotation, scale``: metres north and east, degrees or 0°12'34.5", factor or ppm.

    Raises
    ------
    CrsError
        Not four figures, or a scale that no survey grid has.
    """
    parts = [part for part in re.split(r"[,，;；\s]+(?!ppm)", text.strip()) if part]
    try:
        dx, dy, turn, scale = parts
        found = FourParameters(float(dx), float(dy), _degrees(turn), _scale(scale))
    except ValueError as error:
        raise _refused(
            f"四参数“{text[:80]}”无法理解", f"the four parameters “{text[:80]}” are not understood",
            Text("写成 dx,dy,旋转角,尺度，例如 12.345,-6.789,0°12'34.5\",1.0000123（x 向北，y 向东）",
                 "write dx,dy,rotation,scale such as 12.345,-6.789,0°12'34.5\",1.0000123 (x north, y east)"),
        ) from error  # fmt: skip
    figures = (found.dx_m, found.dy_m, found.rotation_deg, found.scale)
    if not np.isfinite(figures).all() or abs(found.scale - 1) > _LARGEST_SCALE_CHANGE:
        raise _refused(
            f"尺度 {found.scale:g} 不像测量坐标系的尺度", f"a scale of {found.scale:g} is no survey's",
            Text("尺度接近 1，或写成 12.3ppm", "it is near 1; parts per million are written 12.3ppm"),
        )  # fmt: skip
    return found


def _solved(source: Floats, target: Floats) -> FourParameters:
    """Closed form about the centres: with origins 4,000 km away figures would be lost."""
    middle, aim = source.mean(axis=0), target.mean(axis=0)
    (x, y), (u, v) = (source - middle).T, (target - aim).T
    size = (x**2 + y**2).sum()
    a, b = (x * u + y * v).sum() / size, (x * v - y * u).sum() / size
    return FourParameters(
        float(aim[0] - a * middle[0] + b * middle[1]),
        float(aim[1] - b * middle[0] - a * middle[1]),
        float(np.degrees(np.arctan2(b, a))),
        float(np.hypot(a, b)),
    )


def _left(parameters: FourParameters, source: Floats, target: Floats) -> Floats:
    return target - np.stack(parameters.moved(source[:, 0], source[:, 1]), axis=1)


def _outlier(source: Floats, target: Floats, limit_m: float) -> int | None:
    """With three pairs any of them could be the wrong one; from four on the others decide."""
    if len(source) < 4:
        return None
    found = []
    for k in range(len(source)):
        rest = np.arange(len(source)) != k
        fitted = _solved(source[rest], target[rest])
        if np.hypot(*_left(fitted, source[rest], target[rest]).T).max() <= limit_m:
            found.append(k)
    return found[0] if len(found) == 1 else None


def _degrees(text: str) -> float:
    bare = text.replace(" ", "")
    try:
        return float(bare)
    except ValueError:
        parts = _DMS.match(bare)
        if parts is None or not any(parts.groups()[1:]):
            raise
        degrees, minutes, seconds = (float(part or 0) for part in parts.groups()[1:])
        size = degrees + minutes / 60 + seconds / 3600
        return -size if parts.group(1) == "-" else size


def _scale(text: str) -> float:
    parts = _PPM.match(text)
    return 1 + float(parts.group(1)) * 1e-6 if parts else float(text)


def _refused(zh: str, en: str, fix: Text) -> CrsError:
    return CrsError(Text(zh, en), where="grid", fix=fix)
