"""Households with and without each kind of facility, by community and township."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.analysis.nearby.facilities import Asked
from app.analysis.nearby.homes import Homes, Starts
from app.analysis.nearby.judge import BEYOND, UNKNOWN, WITHIN
from app.schema.result_layers import REACH_GAP

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Shapes = npt.NDArray[np.object_]
LEVELS = ("5min", "10min", "15min")


def of_homes(verdict: Ints, starts: Starts, homes: Homes) -> Ints:
    """The verdict of each home from those of its doors.

    A stair unit takes its best door. Where nobody knows who uses which door of a building, its
    households are within or beyond only if all doors are.
    """
    return of_doors(verdict, starts.home, homes.by_every_door)


def of_doors(verdict: Ints, home: Ints, by_every_door: Flags) -> Ints:
    """The same for the doors of some homes, ``home`` the number of each door's among them."""
    n = len(by_every_door)
    best, worst = np.zeros(n, np.int64), np.full(n, WITHIN, np.int64)
    np.maximum.at(best, home, verdict)
    np.minimum.at(worst, home, verdict)
    every = np.where(best == worst, best, UNKNOWN)
    return np.where(by_every_door, every, best)


def of_level(level: str, asked: Sequence[Asked], by_row: Mapping[str, Ints]) -> Ints | None:
    """All mandatory kinds of the level that are judged by distance: beyond if one is."""
    wanted = [
        item.row.rule_id
        for item in asked
        if level in item.row.level
        and item.row.obligation == "mandatory"
        and item.row.measure != "count"
    ]
    if not wanted:
        return None
    stacked = np.stack([by_row[rule_id] for rule_id in wanted])
    lacking = (stacked == BEYOND).any(axis=0)
    return np.where(lacking, BEYOND, stacked.min(axis=0, initial=WITHIN))


@dataclass(frozen=True)
class Placed:
    """Homes by the communities, or the townships, that they lie in: ``of`` -1 where in none."""

    layer: str
    ids: Shapes
    of: Ints

    @classmethod
    def by(cls, layer: str, ids: Shapes) -> Placed:
        names, of = np.unique(ids.astype(str), return_inverse=True)
        skip = int(len(names) > 0 and names[0] == "")
        return cls(layer, names[skip:].astype(object), of.ravel() - skip)

    def sums(self, numbers: Ints) -> Ints:
        """The sum of a number of every home, by place."""
        on = self.of >= 0
        total = np.bincount(self.of[on], weights=numbers[on], minlength=len(self.ids))
        return total.astype(np.int64)


def gap_rows(
    kind: str, verdict: Ints, homes: Homes, places: Sequence[Placed], asked: Asked | None,
    level: str,
) -> pd.DataFrame:  # fmt: skip
    """One row a community and township: its households within, and those that nobody can judge.

    The share is of households that were judged; homes without a number of households are counted
    apart, as homes.
    """
    uncounted = np.isnan(homes.households)
    counted = np.where(uncounted, 0.0, homes.households).astype(np.int64)
    numbers = {
        "households": counted,
        "households_within": np.where(verdict == WITHIN, counted, 0),
        "households_unknown": np.where(verdict == UNKNOWN, counted, 0),
        "homes_uncounted": uncounted.astype(np.int64),
    }
    of = np.concatenate([np.full(len(one.ids), one.layer, dtype=object) for one in places])
    found = pd.DataFrame({"place_layer": of, "place_id": np.concatenate([p.ids for p in places])})
    for name, values in numbers.items():
        found[name] = np.concatenate([one.sums(values) for one in places])
    judged = (found["households"] - found["households_unknown"]).to_numpy(dtype=float)
    within = found["households_within"].to_numpy(dtype=float)
    share = np.divide(within, judged, out=np.full(len(judged), np.nan), where=judged > 0)
    doubtful = found["households_unknown"].to_numpy() + found["homes_uncounted"].to_numpy()
    found["share_within"] = share
    found["verdict"] = np.where(
        within < judged, "beyond", np.where((doubtful > 0) | (judged == 0), "unknown", "within")
    )
    found["kind"], found["level"] = kind, level
    found["rule_id"] = None if asked is None else asked.row.rule_id
    found["clause"] = None if asked is None else asked.clause
    name = f"{kind}-{level}" if asked is None else asked.row.rule_id
    found["reach_gap_id"] = name + "-" + found["place_layer"] + "-" + found["place_id"]
    rows: pd.DataFrame = found[list(REACH_GAP.column_names)]
    return rows
