"""Trial pits: the fewest places where opening the ground would settle the open verdicts."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.schema import layer_named

# One pit opens a few metres of street: verdicts closer together share it.
PIT_REACH_M = 3.0


def trial_pits(conflicts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """De-duplicated pits per owner from unverified rows and possible ones within the accuracy.

    Each owner's open rows are grouped greedily: the place that settles most comes first, ties by
    the row's id, until none is left. A row between two owners counts for both, each opens its own.
    """
    needs = (conflicts["verdict"] == "unverified") | (
        (conflicts["verdict"] == "possible") & (conflicts["reason"] == "accuracy")
    )
    open_rows = conflicts[needs].sort_values("conflict_id", ignore_index=True)
    rows = []
    for owner, own in _by_owner(open_rows).items():
        xy = own[["x", "y"]].to_numpy(float)
        ids = own["conflict_id"].to_numpy(dtype=object)
        for k, (place, settled) in enumerate(_greedy(xy), start=1):
            rows.append(
                {
                    "trial_pit_id": f"T-{owner or 'unknown'}-{k:04d}",
                    "owner_id": owner,
                    "settles": len(settled),
                    "conflict_ids": sorted(ids[settled].tolist()),
                    "x": float(xy[place, 0]),
                    "y": float(xy[place, 1]),
                }
            )
    frame = pd.DataFrame(rows, columns=list(layer_named("trial_pit").column_names))
    points = shapely.points(frame["x"].to_numpy(float), frame["y"].to_numpy(float))
    return gpd.GeoDataFrame(frame, geometry=np.asarray(points, dtype=object), crs=conflicts.crs)


def _by_owner(rows: gpd.GeoDataFrame) -> dict[str, pd.DataFrame]:
    sides = [
        rows.assign(owner=rows[column].fillna(""))
        for column in ("a_owner_id", "b_owner_id")
        if column in rows.columns
    ]
    both = pd.concat([sides[0], sides[1][sides[1]["b_layer"] == "pipe"]], ignore_index=True)
    both = both.drop_duplicates(["owner", "conflict_id"])
    return {str(owner): part for owner, part in both.groupby("owner", sort=True)}


def _greedy(xy: npt.NDArray[np.float64]) -> list[tuple[int, npt.NDArray[np.int64]]]:
    """(row of the pit, rows it settles) until every row is settled."""
    shapes = gpd.GeoSeries(shapely.points(xy))
    row, near = shapes.sindex.query(shapes.to_numpy(), predicate="dwithin", distance=PIT_REACH_M)
    left = np.ones(len(xy), dtype=bool)
    pits = []
    while left.any():
        gain = np.bincount(row[left[near]], minlength=len(xy)) * left
        place = int(np.argmax(gain))
        settled = np.sort(near[(row == place) & left[near]])
        pits.append((place, settled))
        left[settled] = False
    return pits
