"""Nested bands around each origin; every place in one is within its time by a way on foot."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from app.analysis.isochrones.params import IsochroneParams
from app.analysis.nearby.standing import Standing, standing_of
from app.errors import Text
from app.geo.isolines import Ribbons, merged
from app.schema.analysis import Inputs, Outcome, Progress, no_progress
from app.schema.result_layers import ISOCHRONE

Shapes = npt.NDArray[np.object_]


def draw_bands(
    inputs: Inputs, params: IsochroneParams, progress: Progress = no_progress
) -> Outcome:
    """Layer ``isochrone``: one polygon an origin and time, the shorter times inside the longer ones.

    Homes are never judged by these polygons, but by the way of each door.
    """
    standing = standing_of(inputs, params, progress)
    crs = inputs.frames["building"].crs
    rows: list[dict[str, object]] = []
    shapes: list[BaseGeometry] = []
    if standing.walk is not None:
        layer = "service" if params.kind else "community"
        names, places, group = origins_of(standing, inputs, params.kind)
        town = standing.walk.town
        joined = town.graph.snap(places, limit_m=params.snap_limit_m)
        ribbons = Ribbons(town.walker, params.half_width_m)
        inner: dict[int, BaseGeometry] = {}
        for step in range(1, params.steps + 1):
            minutes = params.minutes * step / params.steps
            progress(0.5 + 0.5 * step / params.steps, Text("绘制等时圈", "drawing the bands"))
            limit = minutes * town.metres_per_minute
            drawn = ribbons.around(joined, group, limit)
            nested = merged([[inner[k], drawn[k]] if k in inner else [drawn[k]] for k in drawn])
            for k, shape in zip(drawn, nested, strict=True):
                inner[k] = shape
                shapes.append(shape)
                rows.append(
                    {"isochrone_id": f"{layer}-{names[k]}-{minutes:g}", "origin_layer": layer,
                     "origin_id": names[k], "profile": params.profile, "minutes": minutes,
                     "limit_m": round(limit / town.per_metre, 3)}
                )  # fmt: skip
    table = pd.DataFrame(rows, columns=list(ISOCHRONE.column_names))
    layer_ = gpd.GeoDataFrame(table, geometry=shapes, crs=crs)
    layer_ = layer_.sort_values("isochrone_id", ignore_index=True)
    return Outcome({"isochrone": layer_}, {"isochrones": len(layer_)})


def origins_of(
    standing: Standing, inputs: Inputs, kind: str
) -> tuple[list[str], Shapes, npt.NDArray[np.int64]]:
    """Names, places and the index of the name of each place, in that order."""
    services = standing.services
    if kind:
        at = services.of(kind)
        return services.ids[at].tolist(), services.shape[at], np.arange(len(at))
    gates = inputs.frames["gate"]
    open_ = gates[~gates["state"].eq("closed").fillna(False).to_numpy(dtype=bool)]
    names: list[str] = []
    places: list[BaseGeometry] = []
    group: list[int] = []
    for name in sorted(inputs.frames["community"]["community_id"]):
        own = list(open_.geometry[(open_["community_id"] == name).to_numpy(dtype=bool)])
        own = own or list(standing.starts.places.shapes[standing.starts.community == name])
        places += own
        group += [len(names)] * len(own)
        names.append(str(name))
    shapes = np.empty(len(places), dtype=object)
    shapes[:] = places
    return (
        names,
        np.asarray(shapely.force_2d(shapes), dtype=object),
        np.array(group, dtype=np.int64),
    )
