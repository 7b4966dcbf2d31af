"""Every planned dig of any party as one row: where, when, how wide, and on whose terms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.analysis.corridors.params import CorridorParams
from app.geo.beside import middle_line
from app.rules.conflicts import DigSavingTable

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Shapes = npt.NDArray[np.object_]
Texts = npt.NDArray[np.object_]

_OPEN_WORK = ("idea", "planned", "approved", "running", "")
_REJECTED = "rejected"


@dataclass(frozen=True)
class Digs:
    """One row a straight run of lines; ``dig`` numbers the digs (a dig may have several parts).

    ``key`` is layer and id, ``what`` the item or pipe class ('' unknown), ``first_day`` and
    ``last_day`` are days since 1970, ``width_m`` NaN where it is not stated.
    """

    lines: Shapes
    dig: Ints
    key: Texts
    name: Texts
    owner: Texts
    what: Texts
    first_day: Ints
    last_day: Ints
    width_m: Floats
    reach_m: Floats
    days: Ints

    def __len__(self) -> int:
        return len(self.key)


@dataclass(frozen=True)
class _Dig:
    key: str
    name: str
    owner: str
    what: str
    starts_on: object
    ends_on: object
    shape: shapely.Geometry | None
    width_m: float


def planned_digs(
    frames: Mapping[str, pd.DataFrame], saving: DigSavingTable, params: CorridorParams
) -> tuple[Digs, Counter[str]]:
    """The digs with a place and a period, by key; and how many were left out, by reason."""
    left_out: Counter[str] = Counter()
    kept: list[tuple[_Dig, int, int]] = []
    for dig in sorted(_stated(frames, saving), key=lambda d: d.key):
        first, last = _day(dig.starts_on), _day(dig.ends_on)
        if dig.shape is None or bool(shapely.is_empty(dig.shape)):
            left_out["without_place"] += 1
        elif first is None or last is None:
            left_out["without_period"] += 1
        elif last < first:
            left_out["ends_before_start"] += 1
        else:
            kept.append((dig, first, last))
    return _arrays(kept, frames["organisation"], params), left_out


def _stated(frames: Mapping[str, pd.DataFrame], saving: DigSavingTable) -> Iterator[_Dig]:
    for row in _rows(frames["work"]):
        if row["kind"] == "dig" and _text(row["state"]) in _OPEN_WORK:
            yield _Dig(
                f"work:{row['work_id']}", _text(row["name"]), _text(row["organisation_id"]),
                _text(row["item_code"]), row["starts_on"], row["ends_on"], row["geometry"],
                _number(row["trench_width_m"]),
            )  # fmt: skip
    for row in _rows(frames["pipe"]):
        if row["status"] == "planned" and row["laying"] != "overhead":
            yield _Dig(
                f"pipe:{row['pipe_id']}", _text(row["road_name"]), _text(row["owner_id"]),
                _text(row["pipe_class"]), row["works_from"], row["works_to"], row["geometry"],
                float("nan"),
            )  # fmt: skip
    for row in _rows(frames["community_item"]):
        if row["work_item_id"] in saving.digging_items and row["decision"] != _REJECTED:
            shape = row["geometry"]
            # A community's outline is where the item is done, not where the trench runs.
            is_run = shape is not None and shapely.get_dimensions(shape) == 1
            yield _Dig(
                f"community_item:{row['community_item_id']}", _text(row["work_item_id"]),
                _text(row["lead_id"]), _text(row["work_item_id"]), row["starts_on"],
                row["ends_on"], shape if is_run else None, float("nan"),
            )  # fmt: skip


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    names = [str(name) for name in frame.columns]
    return [dict(zip(names, row, strict=True)) for row in frame.itertuples(index=False, name=None)]


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value)


def _number(value: Any) -> float:
    return float("nan") if value is None or pd.isna(value) else float(value)


def _day(value: object) -> int | None:
    if value is None or pd.isna(value) or value == "":  # type: ignore[call-overload]
        return None
    return int(np.datetime64(str(value)[:10], "D").astype(np.int64))


def _arrays(
    kept: list[tuple[_Dig, int, int]], organisations: pd.DataFrame, params: CorridorParams
) -> Digs:
    lines, number, widths = [], [], []
    for i, (dig, _, _) in enumerate(kept):
        parts, width = _parts(dig)
        lines += parts
        number += [i] * len(parts)
        widths.append(width)
    own = {_text(row["organisation_id"]): row for row in _rows(organisations)}
    terms = [own.get(dig.owner, {}) for dig, _, _ in kept]
    reach = [_number(row.get("join_distance_m")) for row in terms]
    days = [_number(row.get("lead_time_days")) for row in terms]
    return Digs(
        lines=_objects(lines),
        dig=np.array(number, dtype=np.int64),
        key=_objects([dig.key for dig, _, _ in kept]),
        name=_objects([dig.name for dig, _, _ in kept]),
        owner=_objects([dig.owner for dig, _, _ in kept]),
        what=_objects([dig.what for dig, _, _ in kept]),
        first_day=np.array([first for _, first, _ in kept], dtype=np.int64),
        last_day=np.array([last for _, _, last in kept], dtype=np.int64),
        width_m=np.array(widths, dtype=float),
        reach_m=np.array([params.join_distance_m if np.isnan(r) else r for r in reach], float),
        days=np.array([params.join_days if np.isnan(d) else int(d) for d in days], np.int64),
    )


def _objects(values: list[Any]) -> Texts:
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


def _parts(dig: _Dig) -> tuple[list[shapely.LineString], float]:
    """The lines of a dig, and its width: of an area its middle line and its mean width."""
    parts = shapely.get_parts(shapely.force_2d(dig.shape)).tolist()
    if shapely.get_dimensions(dig.shape) < 2:
        return [part for part in parts if part.length > 0], dig.width_m
    middles = [middle_line(part) for part in parts]
    mean = float(np.mean([width for _, width in middles]))
    return [line for line, _ in middles], mean if np.isnan(dig.width_m) else dig.width_m
