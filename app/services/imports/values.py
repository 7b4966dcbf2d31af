"""Cells as people write them, made values of a column: 1998年, 3,200㎡, DN300, 是, 2024.4.1.

What cannot be understood stays unknown and is marked, never guessed.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.schema import Column, Domain

Mask = NDArray[np.bool_]

_NUMBER = r"[-+]?(?:\d+(?:,\d{3})+|\d+)?(?:\.\d+)?(?:[eE][-+]?\d+)?"
_QUANTITY = re.compile(rf"^({_NUMBER})\s*([^\d\s.,+-].*)?$")
_YEAR = re.compile(r"^(\d{4})(?:年.*|[-./]\d{1,2}.*)?$")
_DATE = re.compile(r"^(\d{4})\s*[年./-]\s*(\d{1,2})(?:\s*[月./-]\s*(\d{1,2}))?[日号]?(?:[ T].*)?$")
_SCALES: dict[tuple[str, str], float] = {
    ("cm", "m"): 0.01, ("mm", "m"): 0.001, ("km", "m"): 1000.0,
    ("m", "mm"): 1000.0, ("cm", "mm"): 10.0,
    ("万m2", "m²"): 1e4, ("亩", "m²"): 10_000 / 15, ("公顷", "m²"): 1e4, ("ha", "m²"): 1e4,
    ("kpa", "MPa"): 0.001, ("v", "kV"): 0.001,
    ("元", "fen"): 100.0, ("万元", "fen"): 1e6, ("亿元", "fen"): 1e10,
}  # fmt: skip
_SAME_UNIT = {
    "米": "m", "公尺": "m", "厘米": "cm", "毫米": "mm", "公里": "km", "千米": "km",
    "平方米": "m²", "平米": "m²", "m2": "m²", "㎡": "m²", "万平方米": "万m2", "万平米": "万m2",
    "万m²": "万m2", "兆帕": "mpa", "千帕": "kpa", "千伏": "kv", "伏": "v", "分": "fen",
}  # fmt: skip
# Counting words that say nothing about the unit: 6层, 36户, 2条.
_COUNTERS = frozenset("层户栋条根个孔处座人名间套级株辆位台年")
_YES = frozenset({"是", "有", "已", "√", "y", "yes", "true", "t", "1", "1.0"})
_NO = frozenset({"否", "无", "没有", "未", "×", "n", "no", "false", "f", "0", "0.0"})
_EMPTY = frozenset({"", "-", "--", "/", "\\", "—", "——", "不详", "不明", "未知", "无数据", "null",
                    "none", "nan", "n/a", "暂无", "空"})  # fmt: skip


@dataclass(frozen=True)
class Converted:
    """The values of one column as the plan keeps them, and which cells were not understood."""

    values: Any
    faulty: Mask


def plain(text: str) -> str:
    """Full-width digits and letters made ordinary, blanks at both ends gone."""
    return unicodedata.normalize("NFKC", text).strip()


def unit_of(word: str) -> str:
    """One spelling per unit: 平方米, ㎡ and m2 are m²."""
    bare = word.strip()
    return _SAME_UNIT.get(bare, _SAME_UNIT.get(bare.lower(), bare))


def scale(given: str, wanted: str) -> float | None:
    """The factor from a unit to the column's; None if they do not measure the same thing."""
    source = unit_of(given)
    if not source or source.lower() == wanted.lower():
        return 1.0
    return _SCALES.get((source, wanted), _SCALES.get((source.lower(), wanted)))


def convert(
    raw: NDArray[Any], column: Column, *, unit: str = "", words: Mapping[str, str] | None = None
) -> Converted:
    """The delivered cells of a column.

    Parameters
    ----------
    raw
        Numbers, booleans or texts; None and NaN are unknown.
    unit
        The unit that the header or a person states; empty if the column's own.
    words
        Other words for the codes of the column's domain.
    """
    if column.kind in ("int", "float") and raw.dtype.kind in "iuf":
        return _numbers(raw.astype(float), column, unit)
    if column.kind == "bool" and raw.dtype.kind == "b":
        return Converted(pd.array(raw, dtype="boolean"), np.zeros(len(raw), bool))
    if column.kind == "text" and column.domain is None:
        return _texts(raw)
    return _by_distinct(raw, column, _reader(column, unit, words or {}))


def _reader(column: Column, unit: str, words: Mapping[str, str]) -> Callable[[object], object]:
    if column.domain is not None:
        codes = _codes(column.domain, words)
        return lambda cell: codes.get(_bare_word(cell))
    if column.name.startswith("year") or column.name.endswith("_year"):
        return _year
    readers: dict[str, Callable[[object], object]] = {
        "int": lambda cell: quantity(cell, unit, column.unit),
        "float": lambda cell: quantity(cell, unit, column.unit),
        "bool": _flag,
        "date": _date,
        "datetime": lambda cell: str(cell),
        "json": _list,
    }
    return readers[column.kind]


def _texts(raw: NDArray[Any]) -> Converted:
    if raw.dtype.kind in "iu":
        texts: Sequence[object] = raw.astype(str).tolist()
    else:
        cells = raw.tolist()
        if set(map(type, cells)) <= {str}:  # a million texts: one pass without a Python call each
            once: dict[str, str] = {}
            texts = list(map(once.setdefault, *[list(map(str.strip, cells))] * 2))
            texts = [text or None for text in texts] if "" in texts else texts
        else:
            texts = [_as_text(cell) for cell in cells]
    return Converted(pd.array(np.array(texts, object), dtype="str"), np.zeros(len(raw), bool))


def _as_text(value: object) -> str | None:
    if isinstance(value, str):
        return value.strip() or None
    if value is None or value != value:
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _numbers(values: NDArray[np.float64], column: Column, unit: str) -> Converted:
    factor = scale(unit, column.unit) if unit else 1.0
    if factor is None:
        return _finished([None] * len(values), column, ~np.isnan(values))
    faulty = np.isinf(values)
    scaled = np.where(faulty, np.nan, values)
    if factor != 1.0:
        scaled = np.round(scaled * factor, 9)  # 95 cm is 0.95 m, not 0.9500000000000001
    if column.kind == "float":
        return Converted(scaled, faulty)
    if factor != 1.0:
        scaled = np.round(scaled)
    known = ~np.isnan(scaled)
    whole = np.zeros(len(scaled), np.int64)
    odd = known & (scaled != np.round(scaled))
    good = known & ~odd
    whole[good] = scaled[good].astype(np.int64)
    return Converted(pd.arrays.IntegerArray(whole, ~good), faulty | odd)


def _by_distinct(raw: NDArray[Any], column: Column, read: Callable[[object], object]) -> Converted:
    """Each different cell is read once: a million rows have a few hundred of them."""
    cells = raw.astype(object)
    positions, distinct = pd.factorize(cells, use_na_sentinel=True)
    read_values: list[object] = []
    not_read = np.zeros(len(distinct) + 1, bool)
    for number, cell in enumerate(distinct):
        empty = isinstance(cell, str) and plain(cell).lower() in _EMPTY
        value = None if empty else read(cell)
        read_values.append(value)
        not_read[number] = value is None and not empty
    read_values.append(None)  # position -1: an empty cell
    taken = [read_values[p] for p in positions.tolist()]
    return _finished(taken, column, not_read[positions])


def _finished(values: Sequence[Any], column: Column, faulty: Mask) -> Converted:
    if column.kind == "json":
        objects = np.empty(len(values), object)
        objects[:] = values
        return Converted(objects, faulty)
    if column.kind in ("float", "int"):
        numbers = np.array([np.nan if v is None else v for v in values], float)
        found = _numbers(numbers, column, "")
        return Converted(found.values, found.faulty | faulty)
    if column.kind == "bool":
        return Converted(pd.array(list(values), dtype="boolean"), faulty)
    if column.kind in ("date", "datetime"):
        return Converted(np.array(values, object), faulty)
    return Converted(pd.array(np.array(values, object), dtype="str"), faulty)


def quantity(cell: object, unit: str, wanted: str) -> float | None:
    """A number with or without its unit: 1.2, 1.2m, 120cm, 3,200㎡, 6层."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        number, said = float(cell), unit
    else:
        found = _QUANTITY.match(plain(str(cell)))
        if not found or not found.group(1) or found.group(1) in "+-":
            return None
        number, said = float(found.group(1).replace(",", "")), (found.group(2) or "").strip()
        said = unit if not said or said in _COUNTERS else said
    factor = scale(said, wanted)
    if factor is None or not math.isfinite(number):
        return None
    return number if factor == 1.0 else round(number * factor, 9)


def _year(cell: object) -> int | None:
    if isinstance(cell, int | float):
        return int(cell) if float(cell).is_integer() else None
    text = plain(str(cell))
    found = _YEAR.match(text)
    if found:
        return int(found.group(1))
    return int(text) if text.isdecimal() else None  # told as out of range, with the figure


def _date(cell: object) -> str | None:
    if isinstance(cell, int | float):
        return None
    found = _DATE.match(plain(str(cell)))
    if not found:
        return None
    year, month, day = (int(part or 1) for part in found.groups())
    try:
        return pd.Timestamp(year, month, day).date().isoformat()
    except ValueError:
        return None


def _flag(cell: object) -> bool | None:
    word = plain(str(cell)).lower()
    return True if word in _YES else False if word in _NO else None


def _list(cell: object) -> object:
    if isinstance(cell, str):
        return [part for part in re.split(r"[、,，;；/|\s]+", cell.strip("[]\"' ")) if part]
    return [str(cell)]


def _bare_word(cell: object) -> str:
    word = plain(_as_text(cell) or "").lower().replace(" ", "")
    return word.removesuffix("结构") or word


def _codes(domain: Domain, words: Mapping[str, str]) -> dict[str, str]:
    found = {_bare_word(word): code for word, code in words.items() if code in domain}
    for code in domain.codes:
        for word in (code.label.en, code.label.zh, code.code):
            found[_bare_word(word)] = code.code
    return found
