"""A delivered file is checked by itself, before there is a plan to bring it into."""

from __future__ import annotations

import json
from pathlib import Path

from app.services.imports import check_file

SQUARE = [[106.2, 37.98], [106.2005, 37.98], [106.2005, 37.9803], [106.2, 37.9803], [106.2, 37.98]]
BOWTIE = [[106.2, 37.98], [106.2005, 37.9803], [106.2005, 37.98], [106.2, 37.9803], [106.2, 37.98]]


def building(ring: list[list[float]], **values: object) -> dict[str, object]:
    return {
        "type": "Feature",
        "properties": values,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def test_every_fault_of_a_file_is_listed_at_once_and_a_name_that_only_a_plan_knows_is_none(
    tmp_path: Path,
):
    file = tmp_path / "building.geojson"
    rows = [
        building(SQUARE, building_id="B1", 小区名称="甲小区", 层数=6),
        building(BOWTIE, building_id="B1", 小区名称="甲小区", 层数=-6),
    ]
    file.write_text(json.dumps({"type": "FeatureCollection", "features": rows}), "utf-8")

    found = {(finding.code, finding.row) for finding in check_file(file)}

    assert found == {("self_crossing", "2"), ("out_of_range", "2"), ("duplicate_id", "2")}
