"""The packed arrays hold what the map paints: every vertex, every id, unknown kept apart."""

from __future__ import annotations

import json
import struct

import geopandas as gpd
import numpy as np
import pytest
from shapely import Point, Polygon, box
from shapely.geometry import LineString, MultiPolygon

from app.report.pack import pack_layer

TYPES = {"f32": "<f4", "u32": "<u4", "u16": "<u2", "u8": "<u1"}


def unpacked(data: bytes) -> tuple[dict, dict[str, np.ndarray]]:
    (length,) = struct.unpack_from("<I", data)
    header = json.loads(data[4 : 4 + length])
    arrays = {
        a["name"]: np.frombuffer(data, TYPES[a["type"]], a["length"], 4 + length + a["offset"])
        for a in header["arrays"]
    }
    return header, arrays


def frame(layer: str, shapes: list, **columns: list) -> gpd.GeoDataFrame:
    ids = [f"{layer}-{i}" for i in range(len(shapes))]
    return gpd.GeoDataFrame({f"{layer}_id": ids, **columns}, geometry=shapes, crs="EPSG:3857")


def test_a_building_with_a_courtyard_is_two_parts_of_one_feature():
    court = Polygon(box(100, 200, 130, 220).exterior, [box(110, 205, 115, 210).exterior])
    header, arrays = unpacked(pack_layer(frame("building", [court]), layer="building"))
    assert (header["kind"], header["n"], header["origin"]) == (
        "polygon",
        1,
        [100.0, 200.0],
    )
    assert arrays["part_start"].tolist() == [0, 5, 10]
    assert arrays["feature_start"].tolist() == [0, 2]
    assert arrays["xy"].reshape(-1, 2).max(axis=0).tolist() == [30.0, 20.0]


def test_single_and_multi_polygons_travel_together():
    rows = frame("green", [box(0, 0, 1, 1), MultiPolygon([box(5, 5, 6, 6), box(8, 8, 9, 9)])])
    _, arrays = unpacked(pack_layer(rows, layer="green"))
    assert arrays["feature_start"].tolist() == [0, 1, 3]


def test_lines_keep_their_order_and_codes():
    rows = frame(
        "pipe",
        [LineString([(0, 0), (5, 0), (5, 5)]), LineString([(1, 1), (2, 2)])],
        pipe_class=["PS", None],
        nominal_mm=[300.0, np.nan],
    )
    columns = ("pipe_class", "nominal_mm")
    header, arrays = unpacked(pack_layer(rows, layer="pipe", columns=columns))
    assert header["ids"] == ["pipe-0", "pipe-1"]
    assert header["columns"]["pipe_class"]["codes"] == ["PS"]
    assert arrays["column:pipe_class"].tolist() == [1, 0]
    assert arrays["column:nominal_mm"][0] == 300
    assert np.isnan(arrays["column:nominal_mm"][1])
    assert arrays["part_start"].tolist() == [0, 3, 5]


def test_points_and_areas_of_one_layer_are_drawn_as_points():
    rows = frame("service", [Point(3, 4), box(10, 10, 20, 20)])
    header, arrays = unpacked(pack_layer(rows, layer="service"))
    assert header["kind"] == "point"
    assert arrays["xy"].tolist() == [0.0, 0.0, 12.0, 11.0]


def test_rows_without_geometry_are_not_drawn():
    header, _ = unpacked(pack_layer(frame("building", [box(0, 0, 1, 1), None]), layer="building"))
    assert header["ids"] == ["building-0"]


def test_an_empty_layer_is_a_header_with_nothing_behind_it():
    header, arrays = unpacked(pack_layer(frame("tree", []), layer="tree"))
    assert (header["n"], arrays["xy"].size) == (0, 0)


def test_vertices_keep_a_millimetre_in_a_town_of_ten_kilometres():
    far = frame("building", [box(11_800_000, 4_560_000, 11_810_000, 4_570_000.125)])
    header, arrays = unpacked(pack_layer(far, layer="building"))
    north = arrays["xy"].reshape(-1, 2)[:, 1].max() + header["origin"][1]
    assert north == pytest.approx(4_570_000.125, abs=0.001)
