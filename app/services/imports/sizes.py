"""Sizes of pipes as surveys write them: DN300, Φ325×8, De110, 300*200, 0.3m."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.services.imports.values import plain, scale

_ONE = re.compile(r"^(dn|de|od|φ|ф|ø|∅|d)?\s*[:=]?\s*(\d+(?:\.\d+)?)\s*(mm|cm|m|毫米|厘米|米)?$")
_TWO = re.compile(
    r"^(dn|de|od|φ|ф|ø|∅|d)?\s*(\d+(?:\.\d+)?)\s*(?:mm|m)?\s*[x×*＊✕xх]\s*(\d+(?:\.\d+)?)\s*(mm|cm|m)?$"
)
_OUTSIDE = ("de", "od")
_ROUND = ("φ", "ф", "ø", "∅", "d", "dn")
_THICKEST_WALL_MM = 60.0


@dataclass(frozen=True)
class Sizes:
    """One row per cell, NaN where the text does not say; ``faulty`` was not understood."""

    nominal_mm: NDArray[np.float64]
    outside_mm: NDArray[np.float64]
    width_mm: NDArray[np.float64]
    height_mm: NDArray[np.float64]
    faulty: NDArray[np.bool_]


def pipe_sizes(raw: NDArray[Any], *, unit: str = "") -> Sizes:
    """What the cells of a size column say.

    DN and Φ alone give the nominal size; De, OD and Φ with a wall thickness give the outside
    diameter; two lengths are the width and height of a duct or box.
    """
    positions, distinct = pd.factorize(raw.astype(object), use_na_sentinel=True)
    told = np.full((len(distinct) + 1, 4), np.nan)
    faulty = np.zeros(len(distinct) + 1, bool)
    for number, cell in enumerate(distinct):
        found = _size(cell, unit)
        if found is None:
            faulty[number] = True
        else:
            told[number] = found
    columns = told[positions]
    nominal, outside, width, height = columns.T
    return Sizes(nominal, outside, width, height, faulty[positions])


_Told = tuple[float, float, float, float]


def _size(cell: object, unit: str) -> _Told | None:
    """Nominal, outside, width, height in millimetres; all NaN for an empty cell."""
    nan = float("nan")
    if isinstance(cell, int | float):
        factor = scale(unit, "mm") or 1.0
        return (float(cell) * factor, nan, nan, nan)
    text = plain(str(cell)).lower()
    if text in ("", "-", "/", "不详", "不明", "未知"):
        return (nan, nan, nan, nan)
    one = _ONE.match(text)
    if one:
        mark, length = one.group(1), float(one.group(2))
        mm = length * (scale(one.group(3) or unit, "mm") or 1.0)
        return (nan, mm, nan, nan) if mark in _OUTSIDE else (mm, nan, nan, nan)
    two = _TWO.match(text)
    if two is None:
        return None
    factor = scale(two.group(4) or unit, "mm") or 1.0
    first, second = float(two.group(2)) * factor, float(two.group(3)) * factor
    if two.group(1):  # Φ325×8: outside diameter and wall
        return (nan, first, nan, nan) if second <= _THICKEST_WALL_MM else None
    return (nan, nan, first, second)
