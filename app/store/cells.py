"""Values on their way between frames, rows and SQLite; an empty cell is NULL and means unknown."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from app.errors import InvalidDataError, Text
from app.schema.model import Column, Kind, Layer

Cell = str | int | float | bytes | None


def to_cells(values: pd.Series[Any], column: Column, layer: Layer) -> list[Cell]:
    """The column of a frame as SQLite values.

    Raises
    ------
    InvalidDataError
        A value is not of the column's kind; the first such row is named.
    """
    quick = _quick_cells(values, column.kind)
    if quick is not None:
        return quick
    missing = values.isna().to_numpy()
    objects = values.astype(object).to_numpy()
    convert = TO_CELL[column.kind]
    cells: list[Cell] = []
    for at, value in enumerate(objects):
        if missing[at]:
            cells.append(None)
            continue
        try:
            cells.append(convert(value))
        except (TypeError, ValueError, OverflowError) as problem:
            raise wrong_value(layer, column, value, row=f"#{at + 1}") from problem
    return cells


def _quick_cells(values: pd.Series[Any], kind: Kind) -> list[Cell] | None:
    """Whole-array conversion where the dtype already says what the values are."""
    dtype: Any = values.dtype
    plain = dtype.kind if isinstance(dtype, np.dtype) else ""
    extension: Any = values.array
    cells: list[Cell] | None = None
    if kind == "float" and plain == "f":
        array = values.to_numpy(dtype=float)
        if not np.isinf(array).any():
            boxed = array.astype(object)
            boxed[np.isnan(array)] = None
            cells = boxed.tolist()
    elif kind in ("int", "bool") and plain and plain in "iub":
        cells = values.to_numpy(dtype=np.int64).tolist()
    elif (kind == "int" and not plain and pd.api.types.is_integer_dtype(dtype)) or (
        kind == "text" and isinstance(dtype, pd.StringDtype)
    ):
        cells = extension.to_numpy(dtype=object, na_value=None).tolist()
    return cells


def to_cell(value: object, column: Column, layer: Layer, *, row: str = "") -> Cell:
    """One value as SQLite value; None, NaN and NaT are unknown.

    Raises
    ------
    InvalidDataError
        The value is not of the column's kind.
    """
    if value is None or (not isinstance(value, (list, dict, tuple)) and pd.isna(value)):  # type: ignore[call-overload]
        return None
    try:
        return TO_CELL[column.kind](value)
    except (TypeError, ValueError, OverflowError) as problem:
        raise wrong_value(layer, column, value, row=row) from problem


def wrong_value(layer: Layer, column: Column, value: object, *, row: str) -> InvalidDataError:
    kinds = {
        "text": Text("文字", "text"),
        "int": Text("整数", "a whole number"),
        "float": Text("有限的数", "a finite number"),
        "bool": Text("是/否", "yes or no"),
        "date": Text("日期", "a date"),
        "datetime": Text("时间", "a point in time"),
        "json": Text("列表或对象", "a list or object"),
    }
    wanted = kinds[column.kind]
    shown = str(value)[:60]
    return InvalidDataError(
        Text(
            f"“{layer.label.zh}”的“{column.label.zh}”应为{wanted.zh}，得到“{shown}”",
            f"{layer.name}.{column.name} takes {wanted.en}, got {shown!r}",
        ),
        where=f"{layer.name}.{column.name} {row}".strip(),
        fix=Text("请改正该值，或留空表示未知", "correct the value, or leave it empty if unknown"),
    )


def _text(value: object) -> Cell:
    if isinstance(value, (bytes, list, dict)):
        raise TypeError("not text")
    return str(value)


def _int(value: object) -> Cell:
    number = int(value)  # type: ignore[call-overload]
    if isinstance(value, str) or number != value:
        raise ValueError("not a whole number")
    return int(number)


def _float(value: object) -> Cell:
    if isinstance(value, (str, bytes)):
        raise TypeError("not a number")
    number = float(value)  # type: ignore[arg-type]
    if not math.isfinite(number):
        raise ValueError("not finite")
    return number


def _bool(value: object) -> Cell:
    if value in (0, 1, True, False):
        return int(bool(value))
    raise ValueError("not a truth value")


def _date(value: object) -> Cell:
    if isinstance(value, np.datetime64):
        return str(np.datetime_as_string(value, unit="D"))
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    return dt.date.fromisoformat(str(value)[:10]).isoformat()


def _datetime(value: object) -> Cell:
    if isinstance(value, np.datetime64):
        value = pd.Timestamp(value)
    moment = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(str(value))
    moment = moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _json(value: object) -> Cell:
    if isinstance(value, str):
        try:
            parsed = json.loads(value)
        except ValueError:
            parsed = value
        value = parsed if isinstance(parsed, (list, dict)) else value
    if isinstance(value, (tuple, np.ndarray)):
        value = list(value)
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True)


TO_CELL: dict[Kind, Callable[[object], Cell]] = {
    "text": _text,
    "int": _int,
    "float": _float,
    "bool": _bool,
    "date": _date,
    "datetime": _datetime,
    "json": _json,
}


def from_cell(cell: Cell, kind: Kind) -> object:
    """One SQLite value as a plain Python value."""
    if cell is None:
        return None
    if kind == "bool":
        return bool(cell)
    if kind == "float":
        return float(cell)
    if kind == "date":
        return dt.date.fromisoformat(str(cell)[:10])
    if kind == "datetime":
        return dt.datetime.fromisoformat(str(cell))
    if kind == "json":
        return json.loads(str(cell))
    return cell


def to_array(cells: Sequence[Cell], kind: Kind) -> Any:
    """A column of SQLite values as the array that frames of the plan carry.

    text: ``str`` with NaN; int: ``Int64``; float: ``float64``; bool: ``boolean``; date:
    ``datetime64[s]``; datetime: ``datetime64[ms, UTC]``; json: objects or None.
    """
    if kind == "text":
        return pd.array(np.array(cells, dtype=object), dtype="str")
    if kind == "float":
        return np.array(cells, dtype=float)
    if kind in ("int", "bool"):
        missing = np.zeros(len(cells), dtype=bool)
        if None in cells:
            missing = pd.isna(np.array(cells, dtype=object))
            cells = [0 if cell is None else cell for cell in cells]
        if kind == "int":
            return pd.arrays.IntegerArray(np.array(cells, dtype=np.int64), missing)
        return pd.arrays.BooleanArray(np.array(cells, dtype=bool), missing)
    if kind == "date":
        return pd.array(np.array(cells, dtype="datetime64[s]"))
    if kind == "datetime":
        plain = [None if cell is None else str(cell).removesuffix("Z") for cell in cells]
        return pd.Series(np.array(plain, dtype="datetime64[ms]")).dt.tz_localize("UTC").array
    objects = np.empty(len(cells), dtype=object)
    objects[:] = [None if cell is None else json.loads(str(cell)) for cell in cells]
    return objects


def now_text() -> str:
    """This moment as the store writes it."""
    return str(_datetime(dt.datetime.now(dt.UTC)))
