"""Drains drawn by hand, for the tests."""

import geopandas as gpd
from shapely.geometry import LineString, Point

from app.analysis.sewers.clauses import clauses_of
from app.schema import layer_named
from app.store.rule_files import load_all_rules


def layer(name, rows=()):
    columns = [*layer_named(name).column_names, "geometry"]
    return gpd.GeoDataFrame(list(rows), columns=columns, geometry="geometry", crs="EPSG:4544")


def pipe(pipe_id, start, end, first_m, last_m, ends=((0, 0), (50, 0)), **more):
    return {
        "pipe_id": pipe_id, "start_node": start, "end_node": end, "start_invert_m": first_m,
        "end_invert_m": last_m, "pipe_class": "PS", "subclass": "YS", "status": "existing",
        "nominal_mm": 400, "roughness_n": 0.013, "flow_direction": "forward",
        "geometry": LineString(ends), **more,
    }  # fmt: skip


def node(node_id, invert_m, kind="manhole", ground_m=12.0, at=(0, 0)):
    return {"pipe_node_id": node_id, "invert_m": invert_m, "ground_m": ground_m, "kind": kind, "geometry": Point(at)}  # fmt: skip


def terms():
    return load_all_rules().table("storm_terms")


def clauses(pipes=(), nodes=()):
    design = load_all_rules().table("stormwater_design")
    return clauses_of(design, layer("pipe", pipes), layer("pipe_node", nodes))
