"""The town as the rules look at it: communities, homes and what lies inside which ground."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.analysis.scope.found import Codes, Floats, Found, Mask, Names
from app.errors import Text
from app.schema.domains import BUILDING_USE

NO_HOMES = tuple(code for code in BUILDING_USE.values if code not in ("residential", "mixed"))
IN_USE = ("existing", "")


@dataclass(frozen=True)
class Places:
    """Frames of the layers, sorted by id; geometry in one CRS in metres."""

    frames: Mapping[str, pd.DataFrame]
    year: int

    def rows(self, layer: str) -> pd.DataFrame:
        """The rows of a layer; none where the plan holds no such layer."""
        return self.frames[layer]

    def has(self, layer: str) -> bool:
        """Whether the analysis that gives this layer was run."""
        return layer in self.frames

    @cached_property
    def communities(self) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(self.rows("community")).sort_values(
            "community_id", ignore_index=True
        )

    @cached_property
    def grounds(self) -> Names:
        return np.asarray(shapely.force_2d(shapes_of(self.communities)), dtype=object)

    @cached_property
    def homes(self) -> gpd.GeoDataFrame:
        """Residential buildings; one of unknown use is taken as a home."""
        rows = gpd.GeoDataFrame(self.rows("building")).sort_values("building_id", ignore_index=True)
        return rows[~rows["use"].isin(NO_HOMES)].reset_index(drop=True)

    @cached_property
    def stair_units(self) -> pd.DataFrame:
        return self.rows("stair_unit").sort_values("stair_unit_id", ignore_index=True)

    @cached_property
    def community_of_building(self) -> pd.Series:
        return self.rows("building").set_index("building_id")["community_id"]

    @cached_property
    def targets(self) -> dict[str, tuple[Names, Names, Names]]:
        """Ids, communities and shapes of every kind of target."""
        towns, homes, units = self.communities, self.homes, self.stair_units
        ids = texts(towns["community_id"])
        of = units["building_id"].map(self.community_of_building)
        return {
            "community": (ids, ids, shapes_of(towns)),
            "building": (
                texts(homes["building_id"]), texts(homes["community_id"]), shapes_of(homes),
            ),
            "stair_unit": (texts(units["stair_unit_id"]), texts(of), shapes_of(units)),
        }  # fmt: skip

    def found(self, layer: str, says: Text) -> Found:
        """A verdict sheet over all targets of an object kind."""
        return Found.nothing(layer, *self.targets[layer], says)

    @cached_property
    def target_places(self) -> dict[str, Codes]:
        """Position of the community of every target, by kind; -1 where it is in none."""
        return {layer: self.position(pd.Series(of)) for layer, (_, of, _) in self.targets.items()}

    @property
    def home_places(self) -> Codes:
        """Position of the community of each home."""
        return self.target_places["building"]

    @cached_property
    def _index(self) -> pd.Index:
        made: pd.Index = pd.Index(self.communities["community_id"].astype(object))
        return made

    def position(self, community_ids: pd.Series) -> Codes:
        """Place of each id among the communities; -1 where there is none."""
        return np.asarray(self._index.get_indexer(pd.Index(community_ids.astype(object))), np.int64)

    def per_community(self, at: Codes, values: npt.NDArray[np.generic] | None = None) -> Floats:
        """Sums of ``values`` (or counts) by position of the community."""
        inside = at >= 0
        weights = None if values is None else np.asarray(values, dtype=float)[inside]
        sums = np.bincount(at[inside], weights, minlength=len(self.communities))
        return sums.astype(float)

    def inside(self, rows: pd.DataFrame) -> tuple[Codes, Codes]:
        """(row, community) pairs that share ground."""
        tree = shapely.STRtree(self.grounds)
        row, community = tree.query(shapely.force_2d(shapes_of(rows)), predicate="intersects")
        return row.astype(np.int64), community.astype(np.int64)

    def held_by(self, rows: pd.DataFrame) -> Codes:
        """Community of each row: the one that it names, else the one whose ground it stands on."""
        at = (
            self.position(rows["community_id"])
            if "community_id" in rows
            else np.full(len(rows), -1)
        )
        lost = np.flatnonzero(at < 0)
        row, community = self.inside(rows.iloc[lost])
        at = at.astype(np.int64)
        at[lost[row]] = community
        return at

    @cached_property
    def assets(self) -> pd.DataFrame:
        """Facilities in place (a state that is unknown is taken as there)."""
        rows = self.rows("asset")
        return rows[texts_in(rows["state"], IN_USE)].reset_index(drop=True)

    @cached_property
    def surveyed_assets(self) -> Mask:
        """Communities where somebody recorded facilities at all; elsewhere none is no evidence."""
        return self.per_community(self.held_by(self.rows("asset"))) > 0

    def assets_of(self, kind: str) -> pd.DataFrame:
        return self.assets[self.assets["kind"] == kind].reset_index(drop=True)

    def wanted(self, words: tuple[str, ...]) -> Mask:
        """Communities whose survey names one of the words among the works wanted."""
        said = texts(self.communities["works_wanted"])
        return np.array([any(word in text for word in words) for text in said], dtype=bool)


def texts(values: pd.Series) -> Names:
    """Texts, with ``""`` for what is missing."""
    objects = values.astype(object).to_numpy()
    return np.where(pd.isna(objects), "", objects).astype(object)


def texts_in(values: pd.Series, among: tuple[str, ...]) -> Mask:
    return np.isin(texts(values).astype(str), among)


def numbers(values: pd.Series) -> Floats:
    return pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def flags(values: pd.Series) -> Floats:
    """1 and 0, NaN for what is unknown."""
    known: Floats = np.asarray(
        values.astype("boolean").astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    )
    return known


def shapes_of(rows: pd.DataFrame) -> Names:
    return np.asarray(rows["geometry"].to_numpy(object), dtype=object)


def far_from(points: Names, targets: Names) -> Floats:
    """Distance in metres of each point to the nearest target; infinite where there is none."""
    if not len(targets) or not len(points):
        return np.full(len(points), np.inf)
    tree = shapely.STRtree(targets)
    (at, _), distance = tree.query_nearest(points, return_distance=True, all_matches=False)
    out = np.full(len(points), np.inf)
    out[at] = distance
    return out
