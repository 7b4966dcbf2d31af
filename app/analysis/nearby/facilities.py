"""Facilities in use and what the standard asks of each kind."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.geo.nearest import Anchored, anchored
from app.rules.services import FacilityRow, FacilityTable, LifeCircleTable

Shapes = npt.NDArray[np.object_]
Ints = npt.NDArray[np.int64]
BLOCK = "block"


@dataclass(frozen=True)
class Asked:
    """One row of the standard with the distance that it is judged by; None: inside the community.

    A kind that is judged by presence has no radius of its own: it is looked for within the walking
    distance of its life circle, whose clause is then named beside its own.
    """

    row: FacilityRow
    limit_m: float | None
    clause: str

    @property
    def by_straight(self) -> bool:
        return self.row.measure == "straight"


def asked_of(facilities: FacilityTable, circles: LifeCircleTable) -> tuple[Asked, ...]:
    """Every kind that residents are judged by, in the order of the standard."""
    found = []
    for row in facilities.judged_by("walk", "straight", "count"):
        if row.measure != "count":
            found.append(Asked(row, row.service_radius_m, row.clause))
        elif BLOCK in row.level:
            found.append(Asked(row, None, row.clause))
        else:
            level = max(row.level, key=circles.walk_limit_m)
            circle = circles.by_id[f"{level}/walk_distance"]
            found.append(Asked(row, circles.walk_limit_m(level), f"{row.clause}；{circle.clause}"))
    return tuple(found)


@dataclass(frozen=True)
class Services:
    """Facilities in use, sorted by id; the place is the entrance where it is known."""

    ids: Shapes
    kind: Shapes
    places: Anchored
    community: Shapes

    @property
    def shape(self) -> Shapes:
        return self.places.shapes

    def of(self, kind: str) -> Ints:
        return np.flatnonzero(self.kind == kind)


def services_of(frame: pd.DataFrame, communities: gpd.GeoDataFrame) -> Services:
    """Planned and closed facilities serve nobody yet; one of unknown state is taken as there."""
    state = frame["state"]
    open_ = frame[state.isna() | state.eq("existing")].sort_values("service_id", ignore_index=True)
    shape = np.asarray(shapely.force_2d(open_["geometry"].to_numpy(object)), dtype=object)
    x, y = (
        pd.to_numeric(open_[name], errors="coerce").to_numpy(dtype=float)
        for name in ("entrance_x", "entrance_y")
    )
    known = np.isfinite(x) & np.isfinite(y)
    shape[known] = shapely.points(x[known], y[known])
    there = ~(shapely.is_missing(shape) | shapely.is_empty(shape))
    ids, kind = open_["service_id"].to_numpy(object), open_["kind"].to_numpy(object)
    places = anchored(shape[there])
    said = open_["community_id"].astype(object).to_numpy()[there]
    return Services(ids[there], kind[there], places, communities_of(places, said, communities))


def communities_of(places: Anchored, said: Shapes, communities: gpd.GeoDataFrame) -> Shapes:
    """The community that each place is said to belong to, else the one that it lies in; else ""."""
    found = np.where(pd.isna(said), "", said).astype(object)
    drawn = communities[communities.geometry.notna()].sort_values("community_id")
    tree = shapely.STRtree(drawn.geometry.to_numpy())
    place, at = tree.query(shapely.points(places.xy), predicate="intersects")
    order = np.lexsort((at, place))
    place, first = np.unique(place[order], return_index=True)
    names = drawn["community_id"].to_numpy(object)[at[order][first]]
    open_ = found[place] == ""
    found[place[open_]] = names[open_]
    return found
