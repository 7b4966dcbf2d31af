"""What is loaded comes back, whole batches only."""

from __future__ import annotations

import sqlite3

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from app.errors import CrsError, InvalidDataError, SchemaError
from app.schema import PLAN_LAYERS, Layer
from app.store import ImportBatch, PlanStore
from tests.store.conftest import CRS, PLANNER, buildings, pipes

SAMPLES = {
    "text": ["幸福小区", None],
    "int": [45_520_000_00, None],
    "float": [0.1, None],
    "bool": [True, None],
    "date": ["2024-05-01", None],
    "datetime": ["2024-05-01T08:00:00.250Z", None],
    "json": [["1号楼", "甲楼"], None],
}
GEOMETRIES = {
    "Point": shapely.Point(500_000.25, 4_200_000.5),
    "LineString": shapely.LineString([(0, 0), (50, 1)]),
    "Polygon": shapely.box(0, 0, 30, 12),
    "MultiPoint": shapely.MultiPoint([(0, 0), (1, 1)]),
    "MultiLineString": shapely.MultiLineString([[(0, 0), (1, 1)], [(2, 2), (3, 3)]]),
    "MultiPolygon": shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 2, 3, 3)]),
}


def sample(layer: Layer) -> pd.DataFrame:
    """One full and one empty row for each geometry that the layer may hold."""
    kinds = layer.geometry or (None,)
    content = {
        column.name: SAMPLES[column.kind] * len(kinds)
        for column in layer.columns
        if column.name not in (layer.id_column, "updated_at", "updated_by", "version")
    }
    content[layer.id_column] = [f"{layer.name}-{i}" for i in range(2 * len(kinds))]
    if not layer.is_spatial:
        return pd.DataFrame(content)
    geometries = [g for kind in layer.geometry for g in (GEOMETRIES[kind], None)]
    if layer.has_z:
        geometries[0] = shapely.force_3d(geometries[0], 1100.5)
    return gpd.GeoDataFrame(content, geometry=geometries, crs=CRS)


@pytest.mark.parametrize("layer", PLAN_LAYERS, ids=lambda layer: layer.name)
def test_every_layer_comes_back_as_it_went_in(plan: PlanStore, layer: Layer) -> None:
    given = sample(layer)

    plan.load({layer.name: given}, batch=ImportBatch(), actor=PLANNER)

    found = plan.read(layer.name)
    if layer.name == "import_batch":
        found = found.iloc[: len(given)]
    found = found.set_index(layer.id_column).loc[given[layer.id_column]].reset_index()
    assert set(found.columns) - {"geometry"} == set(layer.column_names)
    for column in layer.columns:
        if column.name in (layer.id_column, "updated_at", "updated_by", "version"):
            continue
        full, empty = found[column.name].iloc[0], found[column.name].iloc[1]
        wanted = SAMPLES[column.kind][0]
        if column.kind in ("date", "datetime"):
            wanted = pd.Timestamp(wanted)
        assert full == wanted, column.name
        assert empty is None or pd.isna(empty), column.name
    if layer.is_spatial:
        assert found.crs == CRS
        for there, here in zip(given.geometry, found.geometry, strict=True):
            assert (there is None) == (here is None)
            assert there is None or shapely.equals_identical(there, here)


def test_an_empty_layer_has_its_columns_and_its_crs(plan: PlanStore) -> None:
    nothing = plan.read("building")

    assert len(nothing) == 0
    assert nothing.crs == CRS
    assert str(nothing["floors"].dtype) == "Int64"


def test_pipes_of_each_owner_lie_in_a_file_of_their_own(town: PlanStore) -> None:
    files = sorted(path.name for path in (town.folder / "owners").glob("*.gpkg"))

    assert len(files) == 3
    assert not any("water" in name or "gas" in name for name in files)
    assert set(town.read("pipe")["pipe_id"]) == {"P1", "P2", "P3"}
    assert town.row("pipe", "P2")["geometry"].has_z
    assert town.counts()["pipe"] == 3


def test_rows_are_found_by_id_by_value_and_by_place(town: PlanStore) -> None:
    assert list(town.read("building", ids=["B3", "B1"])["building_id"]) == ["B1", "B3"]
    assert list(town.read("building", where={"floors": [5, 6]})["building_id"]) == ["B1", "B2"]
    assert list(town.read("building", where={"floors": None})["building_id"]) == ["B3"]
    assert list(town.read("building", where={"floors": []})["building_id"]) == []
    west = (499_990.0, 4_199_990.0, 500_035.0, 4_200_020.0)
    assert list(town.read("building", bbox=west)["building_id"]) == ["B1"]
    ids = town.read("building", columns=["floors"])
    assert list(ids.columns) == ["building_id", "floors"]


@pytest.mark.parametrize("column", ["no_such", "floors = 1 OR 1", 'x" OR "1', "fid"])
def test_an_unknown_filter_reads_nothing(town: PlanStore, column: str) -> None:
    with pytest.raises(SchemaError):
        town.read("building", where={column: 1})
    with pytest.raises(SchemaError):
        town.read("building", columns=[column])


def content(plan: PlanStore) -> list[str]:
    """The plan's files, without the two that SQLite adds while a file is open."""
    names = (str(path.relative_to(plan.folder)) for path in plan.folder.rglob("*"))
    return sorted(name for name in names if not name.endswith(("-wal", "-shm")))


def test_a_load_that_fails_leaves_no_trace(town: PlanStore) -> None:
    before = content(town)
    with pytest.raises(InvalidDataError):
        town.load({"building": buildings("B9", floors=["six"])}, batch=ImportBatch(), actor=PLANNER)

    assert town.counts()["building"] == 3
    assert content(town) == before


def test_ids_that_exist_or_repeat_are_refused_with_their_list(town: PlanStore) -> None:
    with pytest.raises(InvalidDataError) as exists:
        town.load({"building": buildings("B2", "B9")}, batch=ImportBatch(), actor=PLANNER)
    assert [finding.row for finding in exists.value.findings] == ["B2"]
    with pytest.raises(InvalidDataError) as repeats:
        town.load({"building": buildings("B7", "B7")}, batch=ImportBatch(), actor=PLANNER)
    assert [finding.row for finding in repeats.value.findings] == ["B7"]
    with pytest.raises(InvalidDataError):
        town.load({"pipe": pipes(("P1", "gas"))}, batch=ImportBatch(), actor=PLANNER)


def test_geometry_that_cannot_be_trusted_is_refused(plan: PlanStore) -> None:
    broken = pipes(("P1", None), ("P2", None))
    with np.errstate(invalid="ignore"):
        broken.loc[1, "geometry"] = shapely.LineString([(0, 0, 0), (1, np.nan, 0)])
    with pytest.raises(InvalidDataError) as not_finite:
        plan.load({"pipe": broken}, batch=ImportBatch(), actor=PLANNER)
    assert [finding.row for finding in not_finite.value.findings] == ["P2"]

    line = buildings("B1")
    line.loc[0, "geometry"] = shapely.LineString([(0, 0), (1, 1)])
    with pytest.raises(InvalidDataError):
        plan.load({"building": line}, batch=ImportBatch(), actor=PLANNER)
    with pytest.raises(CrsError):
        plan.load({"building": buildings("B1").to_crs(4326)}, batch=ImportBatch(), actor=PLANNER)


def test_an_upsert_changes_only_the_columns_that_it_brings(town: PlanStore) -> None:
    survey = pd.DataFrame({"building_id": ["B2", "B9"], "households": [24, 30]})

    town.load({"building": survey}, batch=ImportBatch(mode="upsert"), actor=PLANNER)

    second = town.row("building", "B2")
    assert (second["floors"], second["households"], second["version"]) == (5, 24, 2)
    assert second["geometry"] is not None
    assert town.row("building", "B9")["geometry"] is None


def test_a_packed_r_tree_is_sound_and_complete(plan: PlanStore) -> None:
    count = 7_000
    many = buildings(*[f"B{i}" for i in range(count)])

    plan.load({"building": many}, batch=ImportBatch(), actor=PLANNER)
    plan.load({"building": buildings("X1", "X2")}, batch=ImportBatch(), actor=PLANNER)

    with sqlite3.connect(plan.folder / "planning-3.gpkg") as connection:
        assert connection.execute("SELECT rtreecheck('rtree_building_geom')").fetchone() == ("ok",)
        [(rows,)] = connection.execute("SELECT count(*) FROM rtree_building_geom")
    assert rows == count + 2
    place = (500_000.0 + 40 * 6_000, 4_200_000.0, 500_010.0 + 40 * 6_000, 4_200_010.0)
    assert list(plan.read("building", bbox=place)["building_id"]) == ["B6000"]
