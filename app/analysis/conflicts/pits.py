"""Trial pits: the fewest places where opening the ground would settle the open verdicts."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from app.geo.covering import greedy_places
from app.schema import layer_named

# One pit opens a few metres of street: verdicts closer together share it.
PIT_REACH_M = 3.0


def trial_pits(conflicts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """De-duplicated pits per owner from unverified rows and possible ones within the accuracy.

    Each owner's open rows are grouped greedily: the place that settles most comes first, ties by
    the row's id, until none is left. A row between two owners counts for both, each opens its own.
    Where a kerb is, a look at the street tells: no pit is dug for it.
    """
    buried = (conflicts["verdict"] == "unverified") & (conflicts["missing"] != "road.width_m")
    needs = buried | ((conflicts["verdict"] == "possible") & (conflicts["reason"] == "accuracy"))
    open_rows = conflicts[needs].sort_values("conflict_id", ignore_index=True)
    rows = []
    for owner, own in _by_owner(open_rows).items():
        xy = own[["x", "y"]].to_numpy(float)
        ids = own["conflict_id"].to_numpy(dtype=object)
        places, turn = greedy_places(xy, PIT_REACH_M)
        by_turn = np.argsort(turn, kind="stable")
        settled = np.split(ids[by_turn], np.searchsorted(turn[by_turn], np.arange(1, len(places))))
        rows += [
            {
                "trial_pit_id": f"T-{owner or 'unknown'}-{k:04d}",
                "owner_id": owner,
                "settles": len(names),
                "conflict_ids": sorted(names.tolist()),
                "x": float(xy[place, 0]),
                "y": float(xy[place, 1]),
            }
            for k, (place, names) in enumerate(zip(places, settled, strict=True), start=1)
        ]
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
