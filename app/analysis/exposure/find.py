"""Depth of the water at homes, doors, services, cabinets and on roads."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.errors import Text
from app.geo.grids import Frame
from app.rules.storm import StormTermTable
from app.schema import layer_named
from app.schema.analysis import Inputs, NoParams, Outcome, Progress, Raster

Floats = npt.NDArray[np.float64]
CABINETS = ("power_cabinet", "telecom_cabinet")
_GRAVEST_FIRST = ("high", "medium", "low")


def find_exposure(inputs: Inputs, params: NoParams, progress: Progress) -> Outcome:
    """Layer ``storm_exposure``: one row for each thing in the water, with the depth beside it.

    A sill or base that was not measured takes the figure of ``storm_terms`` and is named missing;
    unknown households stay unknown and are counted apart.
    """
    terms: StormTermTable = inputs.rules["storm_terms"]
    depth = _Depth(inputs.rasters["storm_depth"])
    zones = _Zones(inputs.frames["storm_zone"], depth.cell_m)
    towns = inputs.frames["community"].set_index("community_id")["township_id"].to_dict()
    progress(0.1, Text("查找受影响的楼栋", "finding the buildings"))
    sills = _Sills(inputs.frames.get("storm_measure"), terms.term("sill_near_m"))
    rows, dry = _kept_dry(_buildings(inputs.frames["building"], zones, depth), inputs, sills)
    homes = inputs.frames["building"].set_index("building_id")
    progress(0.5, Text("查找门、设施与道路", "finding doors, services and roads"))
    rows += _doors(inputs, homes, zones, depth, terms.term("door_sill_m"), sills)
    rows += _things(inputs.frames["service"], "service", zones, depth, None, 0.0)
    assets = inputs.frames["asset"]
    cabinets = assets[assets["kind"].isin(CABINETS)]
    rows += _things(cabinets, "asset", zones, depth, "base_m", terms.term("cabinet_base_m"))
    rows += _roads(inputs.frames["road"], depth, zones, terms.term("fire_engine_m"))
    for row in rows:
        row["township_id"] = towns.get(row["community_id"])
        row["return_period_a"] = zones.return_period_a
    frame = _framed(rows, inputs.frames["building"])
    return Outcome({"storm_exposure": frame}, {**_counts(frame), "dry_behind_sills": dry})


class _Sills:
    """Raised sills, asked for the highest within reach of a shape; NaN where there is none."""

    def __init__(self, measures: pd.DataFrame | None, near_m: float) -> None:
        rows, self._near_m = None, near_m
        if measures is not None:
            used = measures["state"].ne("closed").fillna(True) & measures["geometry"].notna()
            rows = measures[(measures["kind"] == "door_sill") & used]
        self._tree = shapely.STRtree([] if rows is None else rows["geometry"].to_numpy(object))
        self._sill_m = (
            np.zeros(0) if rows is None else pd.to_numeric(rows["sill_m"]).to_numpy(float)
        )

    def at(self, shapes: npt.NDArray[np.object_]) -> Floats:
        found: Floats = np.full(len(shapes), np.nan)
        if len(self._sill_m) and len(shapes):
            of, which = self._tree.query(shapes, predicate="dwithin", distance=self._near_m)
            np.fmax.at(found, of, self._sill_m[which])
        return found


def _kept_dry(
    rows: list[dict[str, Any]], inputs: Inputs, sills: _Sills
) -> tuple[list[dict[str, Any]], int]:
    """Without the buildings whose every door has a raised sill above the water, and how many."""
    if not rows:
        return rows, 0
    doors = inputs.frames["unit_door"]
    at_door = sills.at(doors["geometry"].to_numpy(object))
    lowest = pd.Series(np.nan_to_num(at_door)).groupby(doors["building_id"].to_numpy(object)).min()
    at_house = sills.at(np.array([row["geometry"] for row in rows], dtype=object))
    kept = [
        row for row, beside in zip(rows, at_house, strict=True)
        if not float(lowest.get(row["target_id"], np.nan_to_num(beside))) > row["depth_m"]
    ]  # fmt: skip
    return kept, len(rows) - len(kept)


class _Depth:
    """Greatest depths of the run, asked at points."""

    def __init__(self, raster: Raster) -> None:
        self.raster, self.cell_m = raster, raster.cell_m
        self._frame = Frame(raster.west, raster.north, raster.cell_m, *raster.values.shape)
        self._values = np.append(np.nan_to_num(raster.values).ravel(), 0.0)

    def at(self, x: Floats, y: Floats) -> Floats:
        return np.asarray(self._values[self._frame.cell_of(x, y)], dtype=float)

    def around(self, x: Floats, y: Floats) -> Floats:
        """The deepest within a cell of each point: a door stands in its wall."""
        step = self.cell_m
        ways = [(i * step, j * step) for i in (-1, 0, 1) for j in (-1, 0, 1)]
        return np.asarray(np.max([self.at(x + dx, y + dy) for dx, dy in ways], axis=0, initial=0.0))

    def deeper_than(self, least_m: float) -> tuple[Floats, Floats, Floats]:
        """Centres and depths of the cells that are at least so deep."""
        r, c = np.nonzero(np.nan_to_num(self.raster.values) >= least_m)
        x: Floats = self.raster.west + (c.astype(np.float64) + 0.5) * self.cell_m
        y: Floats = self.raster.north - (r.astype(np.float64) + 0.5) * self.cell_m
        return x, y, np.asarray(self.raster.values[r, c], dtype=np.float64)


class _Zones:
    """The zones, asked which of them touches a shape."""

    def __init__(self, frame: pd.DataFrame, cell_m: float) -> None:
        order = {name: rank for rank, name in enumerate(_GRAVEST_FIRST)}
        names = frame["hazard_class"].astype(str)
        # Schemes other than the default number their classes: the greater, the graver.
        self._names = names.to_numpy(object)
        self._rank = np.array([order.get(name, -_number(name)) for name in names], dtype=float)
        self._tree = shapely.STRtree(frame["geometry"].to_numpy(object))
        self._near_m = cell_m
        periods = frame["return_period_a"].dropna()
        self.return_period_a = float(periods.iloc[0]) if len(periods) else None

    def of(self, shapes: npt.NDArray[np.object_]) -> dict[int, str]:
        """The gravest class within a cell of each shape that has one."""
        which, zone = self._tree.query(shapes, predicate="dwithin", distance=self._near_m)
        found: dict[int, str] = {}
        for at in np.argsort(self._rank[zone], kind="stable").tolist():
            found.setdefault(int(which[at]), str(self._names[zone[at]]))
        return found


def _number(name: str) -> float:
    digits = "".join(sign for sign in name if sign.isdigit())
    return float(digits or 0)


def _row(layer: str, row: Any, shape: object, hazard: str, depth_m: float, **more: object) -> dict[str, Any]:  # fmt: skip
    return {
        "target_layer": layer, "target_id": row[f"{layer}_id"], "hazard_class": hazard,
        "depth_m": round(float(depth_m), 3), "households": None,
        "community_id": row.get("community_id"), "missing": None, "geometry": shape, **more,
    }  # fmt: skip


def _buildings(buildings: pd.DataFrame, zones: _Zones, depth: _Depth) -> list[dict[str, Any]]:
    shapes = buildings["geometry"].to_numpy(object)
    rows = []
    for at, hazard in sorted(zones.of(shapes).items()):
        rim = shapely.segmentize(shapely.buffer(shapes[at], 0.75 * depth.cell_m), depth.cell_m)
        points = shapely.get_coordinates(rim)
        building = buildings.iloc[at]
        homes = building["households"]
        known = not pd.isna(homes)
        rows.append(_row(
            "building", building, shapes[at], hazard, depth.at(points[:, 0], points[:, 1]).max(),
            households=int(homes) if known else None, missing=None if known else "households",
        ))  # fmt: skip
    return rows


def _doors(
    inputs: Inputs, homes: pd.DataFrame, zones: _Zones, depth: _Depth, sill_m: float, sills: _Sills
) -> list[dict[str, Any]]:
    """Unit doors whose sill lies under the water beside them."""
    doors = inputs.frames["unit_door"].reset_index(drop=True)
    if not len(doors):
        return []
    of = homes.reindex(doors["building_id"])
    doors = doors.assign(
        community_id=of["community_id"].to_numpy(),
        sill_m=doors["sill_m"].astype(float).fillna(pd.Series(of["door_sill_m"].to_numpy(float))),
    )
    raised = sills.at(doors["geometry"].to_numpy(object))
    doors["sill_m"] = np.fmax(doors["sill_m"].to_numpy(float), raised)
    return _things(doors, "unit_door", zones, depth, "sill_m", sill_m)


def _things(
    frame: pd.DataFrame,
    layer: str,
    zones: _Zones,
    depth: _Depth,
    column: str | None,
    usual_m: float,
) -> list[dict[str, Any]]:
    """Things in a zone whose height above ground is under the water beside them."""
    shapes = frame["geometry"].to_numpy(object)
    found = zones.of(shapes)
    if not found:
        return []
    middle = shapely.get_coordinates(shapely.point_on_surface(shapes))
    deep = depth.around(middle[:, 0], middle[:, 1])
    rows = []
    for at, hazard in sorted(found.items()):
        row = frame.iloc[at]
        height = np.nan if column is None else float(pd.to_numeric(row[column], errors="coerce"))
        unknown = column is not None and np.isnan(height)
        if deep[at] > (usual_m if np.isnan(height) else height):
            rows.append(_row(layer, row, shapes[at], hazard, deep[at], missing=column if unknown else None))  # fmt: skip
    return rows


def _roads(
    roads: pd.DataFrame, depth: _Depth, zones: _Zones, least_m: float
) -> list[dict[str, Any]]:
    """Roads where the water is too deep for a fire engine."""
    x, y, deep = depth.deeper_than(least_m)
    if not len(roads) or not len(x):
        return []
    shapes = roads["geometry"].to_numpy(object)
    cell, road = shapely.STRtree(shapes).query(shapely.points(x, y), predicate="intersects")
    deepest = pd.Series(deep[cell]).groupby(road).max()
    hazards = zones.of(shapes)
    return [
        _row("road", roads.iloc[at], shapes[at], hazards.get(at, ""), value)
        for at, value in zip(deepest.index.tolist(), deepest.tolist(), strict=True)
    ]


def _framed(rows: list[dict[str, Any]], like: pd.DataFrame) -> gpd.GeoDataFrame:
    for number, row in enumerate(rows, start=1):
        row["storm_exposure_id"] = f"SX-{number:05d}"
    columns = [*layer_named("storm_exposure").column_names, "geometry"]
    crs = like.crs if isinstance(like, gpd.GeoDataFrame) else None
    return gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=crs)


def _counts(frame: gpd.GeoDataFrame) -> dict[str, int]:
    kinds = frame["target_layer"]
    homes = frame[kinds == "building"]
    return {
        "buildings": len(homes),
        "households": int(pd.to_numeric(homes["households"]).sum()),
        "households_unknown": int(homes["missing"].notna().sum()),
        **{f"{name}s": int((kinds == name).sum()) for name in ("unit_door", "service", "asset", "road")},
    }  # fmt: skip
