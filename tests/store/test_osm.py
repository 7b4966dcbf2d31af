"""Reading OpenStreetMap extracts: what is whole, what the edge cuts, what is no extract at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import InputFileError
from app.store.readers.osm import read_osm
from tests.osm_drawn import Drawing

KEYS = ("building", "highway", "boundary", "amenity", "landuse")


def test_a_multipolygon_keeps_its_courtyard(tmp_path: Path) -> None:
    drawing = Drawing()
    outer, inner = drawing.box(1, 100, 100, 40), drawing.box(2, 110, 110, 20)
    members = [("w", outer, "outer"), ("w", inner, "inner")]
    drawing.relation(7, members, {"type": "multipolygon", "building": "yes"})

    [area] = read_osm(drawing.write(tmp_path / "a.osm.pbf"), KEYS).areas

    assert area.key == "r7"
    assert [len(part.interiors) for part in area.geometry.geoms] == [1]


def test_a_house_cut_by_the_edge_is_listed_and_not_drawn(tmp_path: Path) -> None:
    drawing = Drawing()
    whole = drawing.box(1, 100, 100, 20, {"building": "yes"})
    corners = [drawing.node(90 + i, 300 + 10 * i, 300) for i in range(3)]
    drawing.way(2, [*corners, 999, corners[0]], {"building": "yes"})  # node 999 is not in the file

    extract = read_osm(drawing.write(tmp_path / "a.osm.pbf"), KEYS)

    assert [area.osm_id for area in extract.areas] == [whole]
    assert [cut.key for cut in extract.cut] == ["w2"]


def test_a_street_that_leaves_the_extract_is_taken_as_far_as_it_is_known(tmp_path: Path) -> None:
    drawing = Drawing()
    nodes = [drawing.node(i, 100 * i, 50) for i in (1, 2, 3)]
    drawing.way(5, [*nodes, 999, 998], {"highway": "residential"})

    extract = read_osm(drawing.write(tmp_path / "a.osm.pbf"), KEYS)

    assert [way.nodes for way in extract.ways] == [(1, 2, 3)]
    assert [cut.key for cut in extract.cut] == ["w5"]


def test_a_multipolygon_with_a_missing_way_is_listed(tmp_path: Path) -> None:
    drawing = Drawing()
    half = drawing.way(1, [drawing.node(1, 10, 10), drawing.node(2, 20, 10)])
    drawing.relation(7, [("w", half, "outer"), ("w", 999, "outer")], {"type": "multipolygon", "building": "yes"})  # fmt: skip
    drawing.box(8, 50, 50, 5, {"building": "yes"})

    extract = read_osm(drawing.write(tmp_path / "a.osm.pbf"), KEYS)

    assert [cut.key for cut in extract.cut] == ["r7"]
    assert [area.key for area in extract.areas] == ["w8"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not an OSM PBF"),
        (b"<?xml version='1.0'?><osm/>", "not an OSM PBF"),
        (b"PK\x03\x04" + b"\0" * 60, "not an OSM PBF"),
    ],
)
def test_another_file_under_the_name_of_an_extract_is_refused(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "town.osm.pbf"
    path.write_bytes(content)

    with pytest.raises(InputFileError) as caught:
        read_osm(path, KEYS)

    assert said in caught.value.message.en
    assert caught.value.fix.zh


def test_a_truncated_extract_is_refused_with_its_name(tmp_path: Path, helsinki_pbf: Path) -> None:
    path = tmp_path / "half.osm.pbf"
    path.write_bytes(helsinki_pbf.read_bytes()[:300_000])

    with pytest.raises(InputFileError) as caught:
        read_osm(path, KEYS)

    assert caught.value.where == "half.osm.pbf"


def test_an_extract_of_open_sea_says_that_it_is_empty(tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.node(1, 5, 5, {"seamark:type": "buoy"})

    with pytest.raises(InputFileError) as caught:
        read_osm(drawing.write(tmp_path / "sea.osm.pbf"), KEYS)

    assert "no element" in caught.value.message.en


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputFileError) as caught:
        read_osm(tmp_path / "none.osm.pbf", KEYS)

    assert caught.value.where == "none.osm.pbf"
