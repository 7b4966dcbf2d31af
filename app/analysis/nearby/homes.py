"""Where people set out from: unit doors, buildings without one, and the households behind them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.geo.nearest import Anchored, anchored

Shapes = npt.NDArray[np.object_]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

RESIDENTIAL = ("residential", "mixed")


@dataclass(frozen=True)
class Starts:
    """One row a door, or a building without doors, sorted by building and door.

    ``home`` is the index of the households that use the door. ``door`` is "" for a building.
    """

    building: Shapes
    door: Shapes
    places: Anchored
    home: Ints
    households: Floats
    community: Shapes

    def __len__(self) -> int:
        return len(self.building)


@dataclass(frozen=True)
class Homes:
    """Households known together: of a stair unit, or of a building whose units are not counted.

    ``by_every_door``: nobody knows which door they use, so every door of theirs has to serve.
    """

    households: Floats
    community: Shapes
    building: Shapes
    by_every_door: Flags

    def __len__(self) -> int:
        return len(self.households)

    @property
    def unit(self) -> str:
        """What people are counted in: households, or homes where nobody knows any of those."""
        return "homes" if len(self) and bool(np.isnan(self.households).all()) else "households"

    @cached_property
    def weight(self) -> Floats:
        """What each home counts for: its households, 0 where they are unknown; 1 among homes."""
        if self.unit == "homes":
            return np.ones(len(self))
        known: Floats = np.nan_to_num(self.households)
        return known


def starts_of(
    buildings: pd.DataFrame, units: pd.DataFrame, doors: pd.DataFrame
) -> tuple[Starts, Homes]:
    """The doors of residential buildings and the households behind them; unknown use is a home."""
    use = buildings["use"]
    lived_in = buildings[use.isna() | use.isin(RESIDENTIAL)]
    rows = _rows(lived_in, doors)
    rows = rows.sort_values(["building_id", "unit_door_id"], ignore_index=True)
    known = units.drop_duplicates("stair_unit_id").set_index("stair_unit_id")["households"]
    of_unit = _numbers(rows["stair_unit_id"].map(known))
    any_known = pd.Series(~np.isnan(of_unit)).groupby(rows["building_id"]).transform("any")
    by_unit = any_known.to_numpy(dtype=bool)
    unit = rows["stair_unit_id"].fillna(rows["unit_door_id"])
    key = np.where(by_unit, "U" + unit.astype(str), "B" + rows["building_id"].astype(str))
    home, first = np.unique(key.astype(str), return_inverse=True)
    home_of = first.astype(np.int64)
    at = np.full(len(home), -1, dtype=np.int64)
    at[home_of[::-1]] = np.arange(len(rows))[::-1]
    counted = np.where(by_unit, of_unit, _numbers(rows["building_households"]))
    community = _texts(rows["community_id"])
    buildings_of = _texts(rows["building_id"])
    flat = np.asarray(shapely.force_2d(rows["shape"].to_numpy(object)), dtype=object)
    starts = Starts(
        buildings_of, _texts(rows["unit_door_id"]), anchored(flat), home_of,
        np.where(by_unit, of_unit, np.where(rows["alone"], counted, np.nan)), community,
    )  # fmt: skip
    return starts, Homes(counted[at], community[at], buildings_of[at], ~by_unit[at])


def _rows(buildings: pd.DataFrame, doors: pd.DataFrame) -> pd.DataFrame:
    """Doors with what is known of their building, and buildings that have none."""
    ground = pd.DataFrame(
        {
            "building_id": buildings["building_id"].astype(object),
            "community_id": buildings["community_id"].astype(object),
            "building_households": buildings["households"],
            "outline": buildings["geometry"].to_numpy(object),
        }
    )
    own = pd.DataFrame(
        {
            "building_id": doors["building_id"].astype(object),
            "unit_door_id": doors["unit_door_id"].astype(object),
            "stair_unit_id": doors["stair_unit_id"].astype(object),
            "place": doors["geometry"].to_numpy(object),
        }
    )
    own = own[_there(own["place"])]
    rows = ground.merge(own, on="building_id", how="left")
    doorless = rows["unit_door_id"].isna()
    rows["shape"] = np.where(doorless, rows["outline"], rows["place"]).astype(object)
    rows["unit_door_id"] = rows["unit_door_id"].where(~doorless, "")
    rows["alone"] = rows.groupby("building_id")["building_id"].transform("size").eq(1)
    return rows[_there(rows["shape"])]


def _there(shapes: pd.Series) -> Flags:
    objects = shapes.to_numpy(object)
    there: Flags = np.asarray(
        ~(shapely.is_missing(objects) | shapely.is_empty(objects)), dtype=bool
    )
    return there


def _texts(values: pd.Series) -> Shapes:
    objects = values.astype(object).to_numpy()
    return np.where(pd.isna(objects), "", objects).astype(object)


def _numbers(values: pd.Series) -> Floats:
    return pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
