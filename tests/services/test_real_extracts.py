"""The whole job on real extracts: counts, footprints and lengths against a second count, and the
proof that no attribute was made up.

© OpenStreetMap contributors, ODbL 1.0.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import shapely

from app.schema import LAYERS
from app.schema.validate import validate_frames
from app.services.osm_plan import OsmPlan, keys_to_read, plan_from_extract
from app.store.readers.osm import read_osm
from app.store.rule_files import STANDARDS, load_rules
from tests.oracles.osm_raw import RawOsm, read_raw

Tags = dict[str, str]
Row = dict[str, object]
OPENED = {"yes", "designated", "permissive"}
WALKED = {"footway", "path", "pedestrian", "track", "bridleway", "steps", "corridor", "living_street",
          "residential", "service", "unclassified", "tertiary", "secondary", "primary",
          "secondary_link", "tertiary_link", "primary_link", "road"}  # fmt: skip


@dataclass(frozen=True)
class Real:
    """One extract, as the plan has it and as the slow count has it."""

    plan: OsmPlan
    raw: RawOsm


def whole_job(path: Path) -> Real:
    tags = load_rules("osm_tags")
    extract = read_osm(path, keys_to_read(tags))
    plan = plan_from_extract(extract, tags, load_rules("facilities"), sha256="0" * 64)
    return Real(plan, read_raw(path))


@pytest.fixture(scope="module")
def helsinki(helsinki_pbf: Path) -> Real:
    return whole_job(helsinki_pbf)


@pytest.fixture(scope="module")
def liechtenstein(liechtenstein_pbf: Path) -> Real:
    return whole_job(liechtenstein_pbf)


@pytest.fixture(scope="module", params=["helsinki", "liechtenstein"])
def real(request: pytest.FixtureRequest) -> Real:
    found: Real = request.getfixturevalue(request.param)
    return found


def test_every_house_that_the_file_holds_whole_is_there_with_its_footprint(real: Real) -> None:
    expected = real.raw.building_areas_m2()
    buildings = real.plan.frames["building"]

    assert set(buildings["building_id"]) == set(expected)
    for house in buildings.itertuples():
        # The grid shortens lengths by up to 4 in 10,000; half a square metre is for tiny outlines.
        assert house.geometry.area == pytest.approx(expected[house.building_id], rel=2e-3, abs=0.5)


def test_houses_cut_by_the_edge_are_counted_apart(real: Real) -> None:
    tagged = {
        key for key, tags in real.raw.tags.items()
        if key[0] != "n" and tags.get("building", "no") != "no"
        and (key[0] == "w" or tags.get("type") == "multipolygon")
    }  # fmt: skip
    closed = {k for k in tagged if k[0] == "r" or real.raw.ways[int(k[1:])][0] == real.raw.ways[int(k[1:])][-1]}  # fmt: skip
    left_out = sum(
        int(f.message.en.split()[0]) for f in real.plan.findings if f.code == "osm_cut_building"
    )

    assert len(real.plan.frames["building"]) + left_out == len(closed)


def is_walked(tags: Tags) -> bool:
    highway, foot = tags.get("highway"), tags.get("foot")
    if foot in ("no", "private"):
        return False
    if highway == "cycleway":
        return foot in OPENED
    return highway in WALKED and (tags.get("access") not in ("no", "private") or foot in OPENED)


def test_the_walking_network_is_as_long_as_the_ways_that_may_be_walked(real: Real) -> None:
    ways = [w for w in real.raw.ways if is_walked(real.raw.tags.get(f"w{w}", {}))]
    whole = [w for w in ways if all(n in real.raw.places for n in real.raw.ways[w])]
    walkways = real.plan.frames["walkway"]
    parts = walkways.assign(way=walkways["walkway_id"].str.split(".").str[0])
    lengths = parts.geometry.length.groupby(parts["way"]).sum()

    for way in whole:
        if real.raw.length_m(way) > 1e-3:
            assert lengths[f"w{way}"] == pytest.approx(real.raw.length_m(way), rel=2e-3, abs=0.01)
    assert set(lengths.index) <= {f"w{way}" for way in ways}


def test_walkways_meet_exactly_where_ways_share_nodes(real: Real) -> None:
    uses = Counter(
        n
        for w in real.raw.ways
        if is_walked(real.raw.tags.get(f"w{w}", {}))
        for n in real.raw.held_nodes(w)
    )
    shared = sum(1 for count in uses.values() if count > 1)
    lines = real.plan.frames["walkway"].geometry
    ends = Counter()
    for line in lines:
        ends[line.coords[0]] += 1
        ends[line.coords[-1]] += 1
    meeting = sum(1 for count in ends.values() if count > 1)

    # A ring way meets itself at its first node, and two nodes may stand on one spot.
    assert meeting == pytest.approx(shared, rel=0.01)


@pytest.mark.parametrize(
    ("layer", "key", "values"),
    [("tree", "natural", {"tree"}), ("service", "highway", {"bus_stop"}),
     ("service", "amenity", {"restaurant", "cafe", "fast_food"}), ("pole", "highway", {"street_lamp"})],
)  # fmt: skip
def test_things_drawn_as_points_are_all_there(
    real: Real, layer: str, key: str, values: set[str]
) -> None:
    expected = {k for k, tags in real.raw.tags.items() if k[0] == "n" and tags.get(key) in values}

    assert expected <= set(
        real.plan.frames[layer][f"{layer}_id"] if layer in real.plan.frames else []
    )


def test_the_plan_has_no_fault_by_the_schema(real: Real) -> None:
    assert validate_frames(real.plan.frames) == []


def test_no_house_lies_outside_the_townships(real: Real) -> None:
    frames = real.plan.frames
    covered = shapely.union_all(frames["township"].geometry.to_numpy())
    shapely.prepare(covered)
    centres = shapely.point_on_surface(frames["building"].geometry.to_numpy())

    assert shapely.contains(covered, centres).mean() > 0.999


# --- nothing is made up ----------------------------------------------------------------------------

Explain = Callable[[object, Tags, Real], bool]
NUMBER = re.compile(r"\d+(?:[.,]\d+)?")


def tag(*keys: str) -> Explain:
    """The value is one of these tags, word for word."""
    return lambda value, tags, _: any(tags.get(key) == value for key in keys)


def figure_in(*keys: str, scale: float = 1.0) -> Explain:
    """The value is a figure that stands in one of these tags, in metres or centimetres."""

    def holds(value: object, tags: Tags, _: Real) -> bool:
        figures = [
            float(text.replace(",", ".")) * scale
            for key in keys
            for text in NUMBER.findall(tags.get(key, ""))
        ]
        return any(abs(float(value) - f / d) < 1e-9 for f in figures for d in (1, 100))  # type: ignore[arg-type]

    return holds


def code_of(layer: str, column: str) -> Explain:
    """``osm_tags.csv`` gives this code to a tag that the element has."""
    with (STANDARDS / "osm_tags.csv").open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if (r["layer"], r["column"]) == (layer, column)]

    def has(tags: Tags, also: str) -> bool:
        key, _, wanted = also.partition("=")
        return not also or (tags.get(key) == wanted if wanted else key in tags)

    return lambda value, tags, _: any(
        r["code"] == value and r["value"] in (tags.get(r["key"]), "*" if r["key"] in tags else None) and has(tags, r["also"])
        for r in rows
    )  # fmt: skip


def flag(key: str, words: Iterable[str]) -> Explain:
    return lambda value, tags, _: bool(value) == (tags.get(key) in set(words)) and key in tags


def always(_: object, __: Tags, ___: Real) -> bool:
    return True


def one_of(*values: object) -> Explain:
    return lambda value, _, __: value in values


PLACE = always  # proved by geometry in test_every_named_place_holds_what_names_it
EXPLAINED: dict[str, dict[str, Explain]] = {
    "building": {
        "number": tag("addr:housenumber"), "name": tag("name"), "use": code_of("building", "use"),
        "floors": figure_in("building:levels"), "height_m": figure_in("height", "building:height"),
        "year_built": figure_in("start_date"), "has_elevator": flag("elevator", ["yes"]),
        "community_id": PLACE,
    },
    "unit_door": {"building_id": PLACE, "steps": figure_in("step_count"), "has_ramp": flag("ramp", ["yes"])},
    "walkway": {
        "kind": code_of("walkway", "kind"), "name": tag("name"), "width_m": figure_in("width"),
        "steps": flag("highway", ["steps"]), "barrier": code_of("walkway", "barrier"),
        "slope": lambda v, t, r: figure_in("incline", scale=1)(abs(float(v)) , t, r),  # type: ignore[arg-type]
    },
    "road": {
        "name": tag("name"), "road_class": code_of("road", "road_class"), "width_m": figure_in("width"),
        "surface": code_of("road", "surface"), "place": code_of("road", "place"),
        "underpass": lambda v, t, _: bool(v) and t.get("tunnel", "no") != "no",
    },
    "wall": {"kind": code_of("wall", "kind"), "height_m": figure_in("height"), "community_id": PLACE},
    "gate": {
        "name": tag("name"), "kind": code_of("gate", "kind"), "state": code_of("gate", "state"),
        "hours": tag("opening_hours"), "width_m": figure_in("width", "maxwidth"),
        "height_m": figure_in("maxheight"), "community_id": PLACE,
    },
    "service": {
        "kind": lambda v, t, r: code_of("service", "kind")(v, t, r) or t.get("leisure") == "pitch",
        "name": tag("name"), "operator": tag("operator"), "hours": tag("opening_hours"),
        "state": one_of("existing"), "land_area_m2": PLACE, "community_id": PLACE,
    },
    "landcover": {"cover": code_of("landcover", "cover"), "name": tag("name")},
    "tree": {
        "kind": code_of("tree", "kind"), "species": tag("species", "taxon", "genus"),
        "trunk_m": figure_in("circumference", scale=1 / 3.141592653589793),
        "crown_m": figure_in("diameter_crown"),
    },
    "pole": {"kind": code_of("pole", "kind"), "height_m": figure_in("height")},
    "asset": {
        "kind": code_of("asset", "kind"), "name": tag("name"), "operator": tag("operator"),
        "community_id": PLACE,
    },
}  # fmt: skip
BOOKKEEPING = {"dataset_id", "geometry"}


@pytest.mark.parametrize("layer", sorted(EXPLAINED))
def test_every_value_stands_in_a_tag_or_in_the_geometry(real: Real, layer: str) -> None:
    if layer not in real.plan.frames:
        return
    frame = real.plan.frames[layer]
    id_column = LAYERS[layer].id_column
    for column in frame.columns.difference([*BOOKKEEPING, id_column]):
        present = frame[frame[column].notna()]
        explain = EXPLAINED[layer].get(str(column))
        assert explain is not None or present.empty, (
            f"{layer}.{column} has values that nobody explains"
        )
        for key, value in zip(present[id_column], present[column], strict=True):
            tags = real.raw.tags[key.split(".")[0]]
            assert explain is not None
            assert explain(value, tags, real), f"{key}: {column} = {value!r} is not in {tags}"


def test_all_layers_of_the_plan_are_explained(real: Real) -> None:
    assert set(real.plan.frames) - set(EXPLAINED) == {"township", "community", "dataset"}


def test_every_named_place_holds_what_names_it(real: Real) -> None:
    frames = real.plan.frames
    shapes = frames["community"].set_index("community_id").geometry
    for layer in ("building", "wall", "gate", "service", "asset"):
        if layer not in frames:
            continue
        named = frames[layer].dropna(subset=["community_id"])
        places = shapes.loc[named["community_id"]].to_numpy()
        assert shapely.intersects(places, named.geometry.to_numpy()).all(), layer
    doors = frames["unit_door"]
    houses = (
        frames["building"].set_index("building_id").geometry.loc[doors["building_id"]].to_numpy()
    )
    assert (shapely.distance(shapely.boundary(houses), doors.geometry.to_numpy()) < 0.06).all()


def test_names_of_communities_and_townships_come_from_names_in_the_file(real: Real) -> None:
    names = {tags["name"] for tags in real.raw.tags.values() if "name" in tags}
    for row in real.plan.frames["community"].itertuples():
        if row.schematic:
            words = re.sub(r" \([wr]\d+\)$", "", row.name).removeprefix("街坊 ")
            assert words == "未命名" or set(words.split(" / ")) <= names
        else:
            assert row.name in names or row.name == f"未命名居住用地 {row.community_id}"
    for row in real.plan.frames["township"].itertuples():
        assert row.name in names or row.township_id == "rest"


@pytest.mark.parametrize("unknown", ["households", "floor_area_m2", "owner_kind", "year_proof"])
def test_what_the_map_does_not_say_is_unknown(real: Real, unknown: str) -> None:
    for layer in ("building", "community"):
        assert real.plan.frames[layer][unknown].isna().all()


def test_communities_have_no_year(real: Real) -> None:
    assert real.plan.frames["community"]["year_built"].isna().all()


def test_helsinki_is_divided_into_the_districts_whose_boundary_it_holds_in_part(
    helsinki: Real,
) -> None:
    townships = helsinki.plan.frames["township"]
    places = {
        tags["name"]: helsinki.raw.places[int(key[1:])]
        for key, tags in helsinki.raw.tags.items()
        if key[0] == "n" and tags.get("place") == "suburb"
    }
    by_name = townships.set_index("name").geometry.to_crs("EPSG:4326")

    assert set(by_name.index) == {
        "Kallio",
        "Kamppi",
        "Kaartinkaupunki",
        "Kluuvi",
        "Kruununhaka",
        "Punavuori",
    }
    # The map also has a node with the name of a district, drawn by other hands.
    for name in ("Kluuvi", "Kaartinkaupunki"):
        assert by_name[name].contains(shapely.Point(places[name])), name
    assert townships["schematic"].all()


def test_liechtenstein_has_its_eleven_municipalities(liechtenstein: Real) -> None:
    townships = liechtenstein.plan.frames["township"]
    whole = townships[~townships["schematic"].astype(bool)]

    assert set(whole["name"]) == {"Balzers", "Eschen", "Gamprin", "Mauren", "Planken", "Ruggell", "Schaan",
                                  "Schellenberg", "Triesen", "Triesenberg", "Vaduz"}  # fmt: skip
    # 160.5 km² by the country's statistics.
    assert whole.geometry.area.sum() / 1e6 == pytest.approx(160.5, rel=0.01)


def test_counts_of_helsinki(helsinki: Real) -> None:
    frames = helsinki.plan.frames

    assert len(frames["building"]) == 446
    assert len(frames["tree"]) == 649
    assert frames["building"].geometry.area.sum() == pytest.approx(513_941, rel=1e-3)
    assert isinstance(frames["dataset"], pd.DataFrame)
