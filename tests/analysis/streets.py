"""Small streets drawn by hand for the clearance tests."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry import LineString

from app.rules.book import Clearance
from app.schema import layer_named
from app.schema.analysis import Inputs
from app.store.rule_files import load_all_rules

CRS = "EPSG:4544"
RULES: Clearance = load_all_rules().clearance

# What an engineer's survey states of a pipe, unless a case says otherwise.
SURVEYED = {
    "owner_id": "O1", "status": "existing", "laying": "direct", "depth_ref": "crown",
    "start_depth_m": 1.5, "end_depth_m": 1.5, "quality": "design", "outside_mm": 100.0,
    "nominal_mm": 100, "pressure_mpa": 0.1, "voltage_kv": 10.0,
}  # fmt: skip


def pipe(pipe_id, pipe_class, points, **stated):
    """One row of layer pipe."""
    row = {**SURVEYED, "pipe_id": pipe_id, "pipe_class": pipe_class, **stated}
    return {**row, "geometry": LineString(points)}


def layer(name, rows):
    """A frame of the layer; without rows it has the schema's columns."""
    columns = [*layer_named(name).column_names]
    if layer_named(name).is_spatial:
        data = [{key: value for key, value in row.items() if key != "geometry"} for row in rows]
        shapes = [row["geometry"] for row in rows]
        frame = pd.DataFrame(data, columns=None if rows else columns)
        return gpd.GeoDataFrame(frame, geometry=shapes, crs=CRS)
    return pd.DataFrame(rows, columns=None if rows else columns)


def street(*pipes, **others):
    """Inputs of the clearance analysis: pipes and whatever else the case has."""
    names = ("pipe_node", "building", "tree", "pole", "road", "work", "community", "dataset")
    frames = {name: layer(name, others.get(name, [])) for name in names}
    frames["pipe"] = layer("pipe", pipes)
    return Inputs(frames, {"clearance": RULES})


def square(x, y, size):
    return shapely.box(x, y, x + size, y + size)
