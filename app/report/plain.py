"""Values of frames as plain JSON values; a missing value is None, whatever a column kept it as."""

from __future__ import annotations

import datetime
import json
import math
from typing import Any

from app.schema import Column


def is_missing(value: Any) -> bool:
    """Whether a cell is empty, that is unknown: None, NaN, NaT or NA."""
    if value is None or value is ...:
        return True
    if isinstance(value, float):
        return not math.isfinite(value)
    return type(value).__name__ in ("NAType", "NaTType")


def text(value: Any) -> str | None:
    return None if is_missing(value) else str(value)


def whole(value: Any) -> int | None:
    return None if is_missing(value) else int(value)


def number(value: Any) -> float | None:
    return None if is_missing(value) else float(value)


def flag(value: Any) -> bool | None:
    return None if is_missing(value) else bool(value)


def moment(value: Any) -> str | None:
    """Dates as 2024-09-30, moments as 2024-09-30T08:00:00+00:00."""
    if is_missing(value):
        return None
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def on_the_clock(value: Any, zone: datetime.tzinfo | None = None) -> str:
    """A kept moment (UTC) as people read it here: 2024-03-02 14:05; empty where there is none.

    ``zone`` is the time zone of this computer unless another is given.
    """
    if is_missing(value) or value == "":
        return ""
    at = (
        value
        if isinstance(value, datetime.datetime)
        else datetime.datetime.fromisoformat(str(value))
    )
    at = at if at.tzinfo else at.replace(tzinfo=datetime.UTC)
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def document(value: Any) -> Any:
    """A JSON value, whether the store hands it over parsed or as its text."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return None if is_missing(value) else value


_BY_KIND = {
    "text": text, "int": whole, "float": number, "bool": flag, "date": moment, "datetime": moment,
    "json": document,
}  # fmt: skip


def plain(column: Column, value: Any) -> Any:
    """The value of a cell as JSON, by the kind of its column."""
    return _BY_KIND[column.kind](value)
