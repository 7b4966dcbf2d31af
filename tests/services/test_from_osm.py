"""A plan out of OpenStreetMap: drawn cases that a reader can check by hand."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from app.errors import InputFileError
from app.services.osm_plan import OsmPlan, keys_to_read, plan_from_extract
from app.services.osm_values import metres, whole_number, year
from app.store.readers.osm import read_osm
from app.store.rule_files import load_rules
from tests.osm_drawn import LAT0, LON0, Drawing

TAGS = load_rules("osm_tags")
FACILITIES = load_rules("facilities")
RESIDENTIAL = {"landuse": "residential", "name": "Kallio"}


def planned(drawing: Drawing, tmp_path: Path, **options: object) -> OsmPlan:
    path = drawing.write(tmp_path / "town.osm.pbf")
    extract = read_osm(path, keys_to_read(TAGS))
    return plan_from_extract(extract, TAGS, FACILITIES, sha256="0" * 64, **options)  # type: ignore[arg-type]


def only(frame: pd.DataFrame) -> dict[str, object]:
    assert len(frame) == 1
    row = {str(k): v for k, v in frame.iloc[0].items()}
    return {k: v for k, v in row.items() if v is not None and not (k != "geometry" and pd.isna(v))}


def test_a_house_without_tags_has_a_footprint_and_nothing_else(tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.box(1, 100, 100, 20, {"building": "yes"})

    house = only(planned(drawing, tmp_path).frames["building"])

    shape = house.pop("geometry")
    assert house == {"building_id": "w1", "dataset_id": "osm"}
    assert shape.area == pytest.approx(400, rel=0.005)  # 20 m by 20 m


def test_what_is_tagged_of_a_house_is_kept(tmp_path: Path) -> None:
    drawing = Drawing()
    tags = {"building": "apartments", "building:levels": "6", "height": "19,5 m",
            "addr:housenumber": "12 B", "start_date": "1978-04", "name": "Itäinen"}  # fmt: skip
    drawing.box(1, 100, 100, 20, tags)

    house = only(planned(drawing, tmp_path).frames["building"])

    assert (house["use"], house["floors"], house["height_m"]) == ("residential", 6, 19.5)
    assert (house["number"], house["year_built"], house["name"]) == ("12 B", 1978, "Itäinen")


@pytest.mark.parametrize("about", ["~1900", "C19", "1890s", "before 1950", "1950..1960", ""])
def test_a_year_that_is_only_about_stays_unknown(about: str) -> None:
    assert year(about) is None


@pytest.mark.parametrize(
    ("text", "length_m"), [("3.5", 3.5), ("3,5 m", 3.5), ("350 cm", 3.5), ("12'6\"", None),
                           ("2-3", None), ("wide", None), ("-1", None), (None, None)]
)  # fmt: skip
def test_a_length_is_read_in_metres_or_not_at_all(text: str | None, length_m: float | None) -> None:
    assert metres(text) == length_m


@pytest.mark.parametrize(("text", "count"), [("5", 5), ("5.5", None), ("4;5", None), (None, None)])
def test_floors_are_whole_or_unknown(text: str | None, count: int | None) -> None:
    assert whole_number(text) == count


def test_two_streets_join_only_where_they_share_a_node(tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.box(1, 900, 900, 5, {"building": "yes"})
    a, middle, b = (drawing.node(i, 100 * i, 300) for i in (1, 2, 3))
    south, north = drawing.node(4, 200, 100), drawing.node(5, 200, 500)
    drawing.way(7, [a, middle, b], {"highway": "residential"})
    drawing.way(8, [middle, north], {"highway": "footway"})  # meets the street at the middle
    drawing.way(9, [south, drawing.node(6, 200, 600)], {"highway": "footway", "bridge": "yes"})

    walkways = planned(drawing, tmp_path).frames["walkway"]

    assert list(walkways["walkway_id"]) == ["w7.0", "w7.1", "w8.0", "w9.0"]
    assert dict(zip(walkways["walkway_id"], walkways["kind"], strict=True))["w9.0"] == "overpass"


@pytest.mark.parametrize(
    ("tags", "walked"),
    [
        ({"highway": "footway"}, True),
        ({"highway": "service", "access": "private"}, False),
        ({"highway": "service", "access": "private", "foot": "yes"}, True),
        ({"highway": "residential", "foot": "no"}, False),
        ({"highway": "motorway"}, False),
        ({"highway": "cycleway"}, False),
        ({"highway": "cycleway", "foot": "designated"}, True),
        ({"highway": "proposed"}, False),
    ],
)
def test_only_ways_that_may_be_walked_are_walkways(
    tmp_path: Path, tags: dict[str, str], walked: bool
) -> None:
    drawing = Drawing()
    drawing.box(1, 900, 900, 5, {"building": "yes"})
    drawing.way(7, [drawing.node(1, 10, 10), drawing.node(2, 90, 10)], tags)

    assert ("walkway" in planned(drawing, tmp_path).frames) is walked


def test_a_street_without_a_width_is_drawn_and_its_width_is_unknown(tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.box(1, 900, 900, 5, {"building": "yes"})
    drawing.way(7, [drawing.node(1, 100, 10), drawing.node(2, 200, 10)], {"highway": "residential"})
    drawing.way(8, [drawing.node(3, 100, 90), drawing.node(4, 200, 90)], {"highway": "residential", "width": "10"})  # fmt: skip

    plan = planned(drawing, tmp_path)

    drawn, measured = plan.frames["road"].itertuples()
    assert pd.isna(drawn.width_m)
    assert drawn.geometry.area == pytest.approx(
        700, rel=0.01
    )  # 100 m, 7 m for a residential street
    assert measured.width_m == 10
    assert measured.geometry.area == pytest.approx(1000, rel=0.01)
    assert "1 roads have no tagged width" in " ".join(f.message.en for f in plan.findings)


def test_houses_in_a_residential_area_belong_to_it(tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.box(1, 100, 100, 200, RESIDENTIAL)
    drawing.box(2, 150, 150, 20, {"building": "yes"})
    drawing.box(3, 500, 500, 20, {"building": "garage"})

    frames = planned(drawing, tmp_path).frames

    community = only(frames["community"])
    assert (community["community_id"], community["name"], community["schematic"]) == (
        "w1",
        "Kallio",
        False,
    )
    held = frames["building"].set_index("building_id")["community_id"]
    assert held["w2"] == "w1"
    assert pd.isna(held["w3"])


def street_square(drawing: Drawing, number: int, x: float, y: float, size: float) -> None:
    """Four named streets round a square."""
    corners = [(x, y), (x + size, y), (x + size, y + size), (x, y + size)]
    nodes = [drawing.node(number * 10 + i, *corner) for i, corner in enumerate(corners)]
    for i, name in enumerate(("South", "East", "North", "West")):
        ends = [nodes[i], nodes[(i + 1) % 4]]
        drawing.way(number * 10 + i, ends, {"highway": "residential", "name": name})


def test_where_no_residential_area_is_drawn_the_block_between_streets_is_the_community(
    tmp_path: Path,
) -> None:
    drawing = Drawing()
    street_square(drawing, 50, 100, 100, 150)
    drawing.box(2, 150, 150, 20, {"building": "apartments"})

    frames = planned(drawing, tmp_path).frames

    block = only(frames["community"])
    assert block["community_id"] == "block-w2"
    assert block["schematic"] is True or block["schematic"] == True  # noqa: E712
    assert set(str(block["name"]).removeprefix("街坊 ").split(" / ")) <= {
        "South",
        "East",
        "North",
        "West",
    }
    assert block["geometry"].area == pytest.approx(22_500, rel=0.005)  # type: ignore[attr-defined]
    assert only(frames["building"])["community_id"] == "block-w2"


def test_a_block_of_offices_alone_is_no_community(tmp_path: Path) -> None:
    drawing = Drawing()
    street_square(drawing, 50, 100, 100, 150)
    drawing.box(2, 150, 150, 20, {"building": "office"})

    assert "community" not in planned(drawing, tmp_path).frames


def test_a_face_of_open_country_is_no_block(tmp_path: Path) -> None:
    drawing = Drawing()
    street_square(drawing, 50, 100, 100, 500)  # 25 ha; a block is at most 16 ha
    drawing.box(2, 150, 150, 20, {"building": "house"})

    assert "community" not in planned(drawing, tmp_path).frames


def quarter(drawing: Drawing, number: int, x: float, name: str) -> None:
    ring = drawing.box(number, x, 0, 500)
    tags = {"type": "boundary", "boundary": "administrative", "admin_level": "8", "name": name}
    drawing.relation(number, [("w", ring, "outer")], tags)


def test_whole_boundaries_of_the_first_level_with_two_places_are_the_townships(
    tmp_path: Path,
) -> None:
    drawing = Drawing()
    quarter(drawing, 71, 0, "West")
    quarter(drawing, 72, 500, "East")
    drawing.box(1, 100, 100, 20, {"building": "yes"})
    drawing.box(2, 600, 100, 20, {"building": "yes"})

    townships = planned(drawing, tmp_path).frames["township"]

    assert list(townships["name"]) == ["West", "East"]
    assert not townships["schematic"].any()


def test_houses_outside_all_boundaries_lie_in_a_place_that_says_so(tmp_path: Path) -> None:
    drawing = Drawing()
    quarter(drawing, 71, 0, "West")
    quarter(drawing, 72, 500, "East")
    for number, (x, y) in enumerate([(100, 100), (150, 100), (600, 100), (600, 700)], start=1):
        drawing.box(number, x, y, 20, {"building": "yes"})

    rest = planned(drawing, tmp_path).frames["township"].iloc[-1]

    assert (rest["township_id"], rest["name"]) == ("rest", "未划分（非行政区）")
    assert bool(rest["schematic"])


def test_without_boundaries_the_extract_is_one_place_that_is_called_no_township(
    tmp_path: Path,
) -> None:
    drawing = Drawing()
    drawing.box(1, 100, 100, 20, {"building": "yes"})

    township = only(planned(drawing, tmp_path).frames["township"])

    assert township["name_en"] == "not divided (no administrative area)"


def test_a_boundary_cut_by_the_edge_still_tells_which_side_is_whose(tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.box(1, 100, 400, 20, {"building": "yes"})
    drawing.box(2, 600, 400, 20, {"building": "yes"})
    drawing.box(3, 600, 800, 20, {"building": "yes"})
    # West | East part along x = 500; East | North along y = 600 east of it. The rest of each
    # outline (ways 990 to 992) is not in the file.
    foot, fork = drawing.node(11, 500, 200), drawing.node(12, 500, 600)
    head, side = drawing.node(13, 500, 900), drawing.node(14, 900, 600)
    border = {"boundary": "administrative", "admin_level": "10"}
    drawing.way(81, [998, foot, fork], border)
    drawing.way(82, [fork, head, 997], border)
    drawing.way(83, [fork, side, 996], border)
    for number, name, ways in ((91, "West", (81, 82, 990)), (92, "East", (81, 83, 991)),
                               (93, "North", (82, 83, 992))):  # fmt: skip
        members = [("w", way, "outer") for way in ways]
        drawing.relation(number, members, {**border, "type": "boundary", "name": name})

    townships = planned(drawing, tmp_path).frames["township"].set_index("name")

    assert set(townships.index) == {"West", "East", "North"}
    assert townships["schematic"].all()
    for name, x, y in (("West", 110, 410), ("East", 610, 410), ("North", 610, 810)):
        [spot] = gpd.GeoSeries([drawing.place(x, y)], crs="EPSG:4326").to_crs(townships.crs)
        assert townships.loc[name].geometry.contains(spot), name


def test_given_polygons_are_the_townships(tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.box(1, 100, 100, 20, {"building": "yes"})
    given = gpd.GeoDataFrame(
        {"name": ["金星镇"]},
        geometry=[shapely.box(LON0, LAT0, LON0 + 0.02, LAT0 + 0.01)],
        crs="EPSG:4326",
    )

    township = only(planned(drawing, tmp_path, townships=given).frames["township"])

    assert (township["township_id"], township["name"]) == ("given-1", "金星镇")


def test_given_polygons_without_names_are_refused(tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.box(1, 100, 100, 20, {"building": "yes"})
    given = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326")

    with pytest.raises(InputFileError) as caught:
        planned(drawing, tmp_path, townships=given)

    assert "name" in caught.value.fix.en


def test_an_extract_without_houses_is_refused(tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.node(1, 10, 10, {"natural": "tree"})

    with pytest.raises(InputFileError) as caught:
        planned(drawing, tmp_path)

    assert "no buildings" in caught.value.message.en


def test_doors_gates_walls_and_services_find_their_community(tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.box(1, 100, 100, 200, RESIDENTIAL)
    house = drawing.box(2, 150, 150, 20, {"building": "apartments"})
    drawing.node(house * 10, 150, 150, {"entrance": "staircase"})
    drawing.way(3, [drawing.node(31, 110, 110), drawing.node(32, 190, 110)], {"barrier": "wall", "height": "2.5"})  # fmt: skip
    drawing.node(41, 200, 110, {"barrier": "lift_gate", "access": "private"})
    drawing.node(42, 160, 190, {"amenity": "kindergarten", "name": "Päiväkoti"})
    drawing.node(43, 160, 195, {"amenity": "school"})  # primary or secondary: the tag does not say

    frames = planned(drawing, tmp_path).frames

    assert only(frames["unit_door"])["building_id"] == "w2"
    wall, gate, service = (only(frames[layer]) for layer in ("wall", "gate", "service"))
    assert (wall["kind"], wall["height_m"], wall["community_id"]) == ("wall", 2.5, "w1")
    assert (gate["kind"], gate["state"], gate["community_id"]) == ("vehicle", "residents", "w1")
    assert (service["kind"], service["name"], service["community_id"]) == (
        "kindergarten",
        "Päiväkoti",
        "w1",
    )


def test_the_dataset_carries_the_attribution_and_the_licence(tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.box(1, 100, 100, 20, {"building": "yes"})

    dataset = only(planned(drawing, tmp_path).frames["dataset"])

    assert dataset["attribution"] == "© OpenStreetMap contributors"
    assert dataset["licence"] == "ODbL 1.0"
    assert dataset["file_sha256"] == "0" * 64


def test_the_same_extract_gives_the_same_rows(tmp_path: Path) -> None:
    drawing = Drawing()
    street_square(drawing, 50, 100, 100, 150)
    drawing.box(2, 150, 150, 20, {"building": "apartments"})

    first, second = (planned(drawing, tmp_path).frames for _ in range(2))

    for layer in first:
        pd.testing.assert_frame_equal(first[layer], second[layer])
