"""What we write opens elsewhere, and nothing else touches a live file in our process."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from app.schema import LAYERS
from app.schema.styles import LAYER_STYLES
from app.store import PlanStore
from tests.store.conftest import PLANNER

READER = """
import json, sys, warnings
path, engine = sys.argv[1:]
import geopandas as gpd
if engine == "fiona":
    import fiona
    listed = fiona.listlayers(path)
    with fiona.open(path, layer="building") as source:
        epsg = source.crs.to_epsg()
        rows = [(f["properties"]["building_id"], f["properties"]["floors"],
                 f["properties"]["number"]) for f in source.filter()]
        near = [f["properties"]["building_id"]
                for f in source.filter(bbox=(499990, 4199990, 500035, 4200020))]
    with fiona.open(path, layer="building", driver="GPKG") as source:
        box = source.bounds
else:
    import pyogrio
    listed = [name for name, _ in pyogrio.list_layers(path)]
    frame = pyogrio.read_dataframe(path, layer="building")
    epsg = frame.crs.to_epsg()
    rows = [(r.building_id, None if r.floors != r.floors else int(r.floors),
             None if r.number != r.number else r.number) for r in frame.itertuples()]
    near = list(pyogrio.read_dataframe(
        path, layer="building", bbox=(499990, 4199990, 500035, 4200020))["building_id"])
    info = pyogrio.read_info(path, layer="building")
    assert info["capabilities"]["fast_spatial_filter"], info
    box = info["total_bounds"]
    frame = pyogrio.read_dataframe(path, layer="pipe") if "pipe" in listed else None
    assert frame is None or frame.geometry.has_z.all()
print(json.dumps({"listed": sorted(listed), "epsg": epsg, "rows": rows, "near": near,
                  "box": list(box)}))
"""


def seen_by(engine: str, path: Path) -> dict[str, object]:
    """What another library reads, in a process of its own."""
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", READER, str(path), engine],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)


@pytest.mark.parametrize("engine", ["pyogrio", "fiona"])
@pytest.mark.parametrize("kind", ["live", "exported"])
def test_gdal_reads_the_same_rows(town: PlanStore, tmp_path: Path, engine: str, kind: str) -> None:
    if kind == "live":
        [path] = town.folder.glob("planning-*.gpkg")
    else:
        path = tmp_path / "out.gpkg"
        town.export_gpkg(path, PLANNER, protected=True)

    seen = seen_by(engine, path)

    ours = town.read("building", columns=["building_id", "floors", "number"])
    wanted = [
        [row_id, None if pd.isna(floors) else int(floors), None if pd.isna(number) else number]
        for row_id, floors, number in ours.itertuples(index=False)
    ]
    assert seen["rows"] == wanted
    assert seen["epsg"] == 4544
    assert seen["near"] == ["B1"]
    assert seen["box"] == pytest.approx([500_000, 4_200_000, 500_110, 4_200_012])
    listed = set(seen["listed"])  # type: ignore[call-overload]
    assert "building" in listed
    hidden = {"change", "layer_revision", "scenario_change", "import_part", "file_fact"}
    assert not listed & hidden


def test_gdal_can_write_where_we_wrote_and_the_r_tree_follows(
    town: PlanStore, tmp_path: Path
) -> None:
    path = tmp_path / "out.gpkg"
    town.export_gpkg(path, PLANNER)
    script = (
        "import sys, fiona\n"
        "from shapely.geometry import MultiPolygon, box, mapping\n"
        "with fiona.open(sys.argv[1], 'a', layer='building') as out:\n"
        "    row = {k: None for k in out.schema['properties']}\n"
        "    row.update(building_id='Q1', version=1)\n"
        "    out.write({'geometry': mapping(MultiPolygon([box(600000, 4200000, 600010, 4200010)])),"
        " 'properties': row})\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", script, str(path)], check=True)

    with PlanStore.open(path) as handed:
        place = (599_990, 4_199_990, 600_020, 4_200_020)
        assert list(handed.read("building", bbox=place)["building_id"]) == ["Q1"]


def test_qgis_finds_a_chinese_style_for_each_layer_of_the_map(
    town: PlanStore, tmp_path: Path
) -> None:
    path = tmp_path / "out.gpkg"
    town.export_gpkg(path, PLANNER, protected=True)
    with sqlite3.connect(path) as connection:
        found = {
            table: (name, ElementTree.fromstring(text.partition("\n")[2]), is_default)
            for table, name, text, is_default in connection.execute(
                "SELECT f_table_name, styleName, styleQML, useAsDefault FROM layer_styles"
            )
        }

    assert set(found) == set(LAYER_STYLES) & set(LAYERS)
    name, style, is_default = found["pipe"]
    assert (name, is_default) == ("管线", 1)
    labels = {c.get("value"): c.get("label") for c in style.iter("category")}
    assert labels["JS"] == LAYERS["pipe"].column("pipe_class").domain.label_of("JS")
    assert labels[""] == "未知"
    colors = {o.get("value") for o in style.iter("Option") if o.get("name") == "line_color"}
    assert "0,255,255,255" in colors
    aliases = {a.get("field"): a.get("name") for a in found["building"][1].iter("alias")}
    assert aliases["floor_area_m2"] == "建筑面积（m²）"


LIVE_STORE = (
    "attachments", "backup", "blob", "cells", "changes", "copying", "disk", "edits", "extent",
    "files", "frames", "gpkg", "handover", "hashes", "imports", "jobs", "keeping", "livefile",
    "load", "manifest", "migrations", "plan", "qgis_styles", "rasters", "rows", "rtree", "runs",
    "scenarios", "sqlite", "verify", "writer",
)  # fmt: skip


def test_no_second_sqlite_library_comes_near_a_live_file() -> None:
    store = Path(__file__).parents[2] / "app" / "store"
    for name in LIVE_STORE:
        text = (store / f"{name}.py").read_text(encoding="utf-8")
        assert not re.search(r"^\s*(import|from) (pyogrio|fiona|osgeo)", text, re.M), name
        assert not re.search(r"\b(read_file|to_file)\(", text), name
