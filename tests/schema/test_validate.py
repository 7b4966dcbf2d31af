"""Validation lists every fault at once and names its row, column and cure."""

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import LineString, Point, Polygon, box

from app.schema import LAYERS, layer_named
from app.schema.validate import LISTED_ROWS, validate_frames, validate_layer

BUILDING = layer_named("building")


def buildings(**columns: list[object]) -> gpd.GeoDataFrame:
    n = len(next(iter(columns.values())))
    shapes = columns.pop("geometry", [box(i * 20, 0, i * 20 + 10, 10) for i in range(n)])
    data = {"building_id": [f"B{i}" for i in range(n)], **columns}
    return gpd.GeoDataFrame(data, geometry=shapes, crs="EPSG:4544")


def found(findings):
    return {(f.code, f.row, f.column) for f in findings}


def test_sound_buildings_have_no_findings():
    frame = buildings(floors=[6, 5], year_built=[1998, None], use=["residential", None])
    assert validate_layer(BUILDING, frame) == []


def test_every_fault_is_listed_with_row_and_column():
    frame = buildings(
        floors=[6, -1, 5, 4],
        year_built=[1998, 19985, "九八年", 2000],
        use=["residential", "house", "residential", "office"],
    )
    frame.loc[3, "building_id"] = "B0"
    assert found(validate_layer(BUILDING, frame)) == {
        ("duplicate_id", "B0", "building_id"),
        ("out_of_range", "B1", "floors"),
        ("out_of_range", "B1", "year_built"),
        ("wrong_type", "B2", "year_built"),
        ("not_in_domain", "B1", "use"),
    }


def test_each_finding_says_what_to_do_in_both_languages():
    for finding in validate_layer(BUILDING, buildings(floors=[-1])):
        assert all((finding.fix.zh, finding.fix.en, finding.message.zh, finding.message.en))


def test_geometry_faults_are_told_apart():
    bowtie = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    shapes = [box(0, 0, 1, 1), bowtie, None, Point(1, 1), Point(0, np.inf)]
    frame = buildings(floors=[1] * 5, geometry=shapes)
    assert found(validate_layer(BUILDING, frame)) == {
        ("invalid_geometry", "B1", "geometry"),
        ("missing_geometry", "B2", "geometry"),
        ("wrong_geometry", "B3", "geometry"),
        ("not_finite", "B4", "geometry"),
    }


def test_line_without_length_is_a_fault():
    pipes = gpd.GeoDataFrame(
        {"pipe_id": ["P1"]}, geometry=[LineString([(1, 1), (1, 1)])], crs="EPSG:4544"
    )
    assert found(validate_layer(layer_named("pipe"), pipes)) == {("zero_length", "P1", "geometry")}


def test_reference_to_a_missing_community_is_a_fault_only_when_communities_are_known():
    frame = buildings(community_id=["C1", "C9"])
    assert validate_frames({"building": frame}) == []
    findings = validate_frames({"building": frame}, known_ids={"community": {"C1"}})
    assert found(findings) == {("dangling_reference", "B1", "community_id")}


def test_a_row_without_id_is_named_by_its_number():
    frame = buildings(floors=[1, 2])
    frame.loc[1, "building_id"] = None
    assert found(validate_layer(BUILDING, frame)) == {("missing_id", "#2", "building_id")}


def test_a_fault_in_every_row_is_counted_not_repeated_for_ever():
    frame = buildings(floors=[-1] * (LISTED_ROWS + 7))
    findings = validate_layer(BUILDING, frame)
    assert len(findings) == LISTED_ROWS + 1
    assert "7" in findings[-1].message.en
    assert len(findings[-1].details["rows"]) == 7


def test_unknown_columns_and_layers_are_named():
    frame = buildings(floors=[1])
    frame["colour"] = "red"
    assert found(validate_layer(BUILDING, frame)) == {("unknown_column", "", "colour")}
    assert [f.code for f in validate_frames({"moon": pd.DataFrame()})] == ["unknown_layer"]


def test_every_layer_is_named_by_its_own_id_and_references_existing_layers():
    for layer in LAYERS.values():
        assert layer.columns[0].name == layer.id_column
        assert len(set(layer.column_names)) == len(layer.columns)
        for column in layer.columns:
            assert all((column.label.zh, column.label.en))
            assert not column.references or column.references in LAYERS
            if layer.group != "result":
                assert {"version", "updated_by"} <= set(layer.column_names)
