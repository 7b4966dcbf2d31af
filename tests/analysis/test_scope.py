"""Every rule of the catalogue on a drawn community: a yes, a no and an unknown each."""

from __future__ import annotations

import copy

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from app.analysis.scope import PREDICATES, propose_scope
from app.errors import CrsError
from app.schema import LAYERS
from app.store.rule_files import load_rules

CRS = "EPSG:4544"
RULES = load_rules("scope_rules")
YEAR = 2024
X, Y = 500_000, 4_200_000


def at(x, y):  # type: ignore[no-untyped-def]
    return shapely.Point(X + x, Y + y)


def line(x0, y0, x1, y1):  # type: ignore[no-untyped-def]
    return shapely.LineString([(X + x0, Y + y0), (X + x1, Y + y1)])


def box(x0, y0, x1, y1):  # type: ignore[no-untyped-def]
    return shapely.box(X + x0, Y + y0, X + x1, Y + y1)


def pipe(name, kind, **values):  # type: ignore[no-untyped-def]
    return {"pipe_id": name, "pipe_class": kind, "status": "existing", "laying": "direct",
            "year_built": 2015, "geometry": line(10, 50, 90, 50), **values}  # fmt: skip


def asset(kind, **values):  # type: ignore[no-untyped-def]
    return {"asset_id": f"A-{kind}", "kind": kind, "state": "existing", "community_id": "C1",
            "geometry": at(30, 31), **values}  # fmt: skip


SOUND = {
    "community": [{"community_id": "C1", "name": "甲小区", "green_share": 0.4, "parking_spaces": 20,
                   "residents_over_60_share": 0.1, "geometry": box(0, 0, 100, 100)}],
    "building": [{"building_id": "B1", "community_id": "C1", "use": "residential", "households": 24,
                  "floor_area_m2": 2000, "floors": 3, "has_elevator": False, "height_m": 9.0,
                  "year_built": 1995, "has_insulation": True, "roof_repaired_year": 2020,
                  "geometry": box(20, 20, 50, 30)}],
    "stair_unit": [{"stair_unit_id": "U1", "building_id": "B1", "floors": 3, "has_elevator": False,
                    "households": 24, "geometry": box(20, 20, 50, 30)}],
    "unit_door": [{"unit_door_id": "D1", "building_id": "B1", "stair_unit_id": "U1", "steps": 0,
                   "has_ramp": False, "geometry": at(30, 20)}],
    "gate": [{"gate_id": "G1", "community_id": "C1", "geometry": at(30, 40)}],
    "plot_room": [{"plot_room_id": "P1", "kind": "property_room", "area_m2": 60, "community_id": "C1",
                   "geometry": at(50, 50)}],
    "walkway": [{"walkway_id": "W1", "steps": False, "barrier": "none", "geometry": line(10, 35, 60, 35)}],
    "road": [{"road_id": "R1", "road_class": "internal", "width_m": 5, "fire_lane": True,
              "last_paved": pd.Timestamp("2020-06-01"), "geometry": box(25, 33, 40, 38)}],
    "pipe": [pipe(f"P-{kind}", kind) for kind in ("JS", "PS", "DL", "TX", "RQ", "RL")],
    "asset": [asset(kind) for kind in (
        "hydrant", "camera", "bin", "lamp", "bike_charger", "car_charger", "locker", "mailbox", "seat",
    )] + [asset("car_charger", asset_id="A-car-2")],
    "reach_gap": [
        {"reach_gap_id": f"{rule}-C1", "place_layer": "community", "place_id": "C1", "rule_id": rule,
         "kind": rule, "households": 24, "households_within": 24, "households_unknown": 0, "verdict": "within"}
        for rule in ("F29", "F37", "F34", "F36", "F35", "F30", "F16", "F49", "F31", "F33")
    ],
    "storm_zone": [{"storm_zone_id": "Z1", "hazard_class": "1", "depth_max_m": 0.05,
                    "geometry": box(25, 30, 35, 34)}],
}  # fmt: skip


def frames(world):  # type: ignore[no-untyped-def]
    held = {}
    for name, rows in world.items():
        spec = LAYERS[name]
        columns = {c: pd.Series([r.get(c) for r in rows], dtype=object) for c in spec.column_names}
        frame = pd.DataFrame(columns)
        if spec.is_spatial:
            shapes = [r.get("geometry") for r in rows]
            frame = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, crs=CRS))
        held[name] = frame
    return held


def changed(layer, drop=(), add=(), **values):  # type: ignore[no-untyped-def]
    """A change of the sound world: values of the first row, rows dropped by id, rows added."""

    def change(world):  # type: ignore[no-untyped-def]
        rows = [r for r in world[layer] if not any(d in str(r[f"{layer}_id"]) for d in drop)]
        if values:
            rows[0] = {**rows[0], **values}
        world[layer] = [*rows, *add]

    return change


def asked_for(words):  # type: ignore[no-untyped-def]
    return changed("community", works_wanted=f"需要{words}改造")


def worse(kind, **values):  # type: ignore[no-untyped-def]
    return changed("pipe", drop=[f"P-{kind}"], add=[pipe(f"P-{kind}", kind, **values)])


def gap(rule, verdict, within):  # type: ignore[no-untyped-def]
    row = {"reach_gap_id": f"{rule}-C1", "place_layer": "community", "place_id": "C1", "rule_id": rule,
           "households": 24, "households_within": within, "households_unknown": 24 if verdict == "unknown" else 0, "verdict": verdict}  # fmt: skip
    return changed("reach_gap", drop=[f"{rule}-"], add=[row])


def nothing_surveyed(world):  # type: ignore[no-untyped-def]
    world["asset"] = []


SAME = changed("community")


def without_zones(world):  # type: ignore[no-untyped-def]
    world.pop("storm_zone")


GAPS = {"W11": "F31", "W12": "F33", "T01": "F29", "T02": "F37", "T03": "F34", "T05": "F36", "T06": "F35", "T07": "F30", "T09": "F16", "T10": "F49"}  # fmt: skip
# Evidence that no layer holds: the survey's own words are the yes, nothing can be a no.
SURVEYED = {"B08": "手机信号", "B17": "外墙", "B18": "楼道", "B19": "安全鉴定", "T04": "周界", "T08": "家政", "T11": "智慧"}  # fmt: skip
CASES = {  # item: (yes, quantity of the yes, unknown)
    "B01": (worse("JS", material="ZT"), 80, changed("pipe", drop=["P-JS"])),
    "B02": (worse("PS", subclass="HS"), 80, worse("PS", year_built=None)),
    "B03": (changed("storm_zone", depth_max_m=0.2), 40, without_zones),
    "B04": (worse("DL", laying="overhead"), 80, worse("DL", laying=None)),
    "B05": (worse("TX", laying="overhead"), 80, changed("pipe", drop=["P-TX"])),
    "B06": (worse("DL", laying="overhead"), 80, changed("pipe", drop=["P-TX"])),
    "B07": (worse("TX", geometry=line(99, 90, 99, 99)), 24, worse("TX", geometry=line(300, 0, 300, 9))),
    "B09": (changed("road", last_paved=pd.Timestamp("2001-05-01")), 75, changed("road", last_paved=None)),
    "B10": (worse("RQ", year_built=1999), 80, worse("RQ", year_built=None)),
    "B11": (worse("RL", year_built=1999), 80, worse("RL", year_built=None)),
    "B12": (changed("road", width_m=3), 25, changed("road", width_m=None)),
    "B13": (changed("gate", geometry=at(99, 99)), 1, changed("gate", drop=["G1"])),
    "B14": (changed("asset", drop=["bin"]), 1, nothing_surveyed),
    "B15": (changed("unit_door", steps=3), 1, changed("unit_door", steps=None)),
    "B16": (lambda w: (changed("building", roof_repaired_year=None)(w), asked_for("屋面防水")(w)), 300, changed("building", roof_repaired_year=None)),
    "W01": (changed("asset", add=[asset("illegal_structure", area_m2=12.0)]), 12, SAME),
    "W02": (changed("community", green_share=0.15), 1000, changed("community", green_share=None)),
    "W03": (changed("asset", drop=["lamp"]), 1, nothing_surveyed),
    "W04": (lambda w: (changed("community", residents_over_60_share=0.3)(w), changed("asset", drop=["seat"])(w)), 1, changed("community", residents_over_60_share=None)),
    "W05": (changed("walkway", steps=True), 50, changed("walkway", steps=None)),
    "W06": (changed("community", parking_spaces=7), 5, changed("community", parking_spaces=None)),
    "W07": (changed("asset", drop=["bike"]), 1, nothing_surveyed),
    "W08": (changed("asset", drop=["car_charger", "car-2"]), 2, changed("community", parking_spaces=None)),
    "W09": (changed("asset", drop=["locker"]), 1, nothing_surveyed),
    "W10": (changed("asset", drop=["mailbox"]), 1, nothing_surveyed),
    "W13": (changed("plot_room", area_m2=35), 15, changed("plot_room", area_m2=None)),
    "W14": (changed("building", has_insulation=False), 720, changed("building", has_insulation=None)),
    "W15": (changed("stair_unit", floors=5), 1, lambda w: (changed("stair_unit", floors=None)(w), changed("building", floors=None)(w))),
}  # fmt: skip
CASES |= {
    item: (gap(rule, "beyond", 20), 1, gap(rule, "unknown", 0)) for item, rule in GAPS.items()
}


def judged(item, change):  # type: ignore[no-untyped-def]
    world = copy.deepcopy(SOUND)
    change(world)
    rows = propose_scope(frames(world), RULES, year=YEAR)
    found = rows[rows["work_item_id"] == item]
    assert len(found) == 1
    return found.iloc[0]


def test_every_item_of_the_catalogue_has_a_rule_and_a_case() -> None:
    items = {row.code for row in load_rules("scope_items")}

    assert {rule.item_code for rule in RULES} == items == set(CASES) | set(SURVEYED)
    assert {rule.predicate for rule in RULES} == set(PREDICATES)


@pytest.mark.parametrize("item", sorted(CASES))
def test_a_yes_has_its_quantity_reason_and_rows(item: str) -> None:
    change, quantity, _ = CASES[item]
    row = judged(item, change)

    assert row["verdict"] == "yes"
    assert row["quantity"] == pytest.approx(quantity)
    assert row["reason"]
    assert row["reason_en"]
    assert pd.isna(row["missing"])


@pytest.mark.parametrize("item", sorted(set(CASES) - {"W01"}))
def test_a_sound_community_needs_none_of_it(item: str) -> None:
    assert judged(item, SAME)["verdict"] == "no"


@pytest.mark.parametrize("item", sorted(CASES))
def test_an_unknown_names_what_is_missing(item: str) -> None:
    row = judged(item, CASES[item][2])

    assert row["verdict"] == "unknown"
    assert row["missing"]


@pytest.mark.parametrize("item", sorted(SURVEYED))
def test_what_no_layer_holds_is_unknown_until_the_survey_asks_for_it(item: str) -> None:
    assert judged(item, SAME)["verdict"] == "unknown"
    row = judged(item, asked_for(SURVEYED[item]))

    assert row["verdict"] == "yes"
    assert row["evidence"][0]["column"] == "works_wanted"


def test_age_alone_never_asks_for_a_facade() -> None:
    row = judged("B17", changed("building", year_built=1960))

    assert row["verdict"] == "unknown"


def test_a_wish_of_the_survey_does_not_overrule_a_measured_no() -> None:
    assert judged("B02", asked_for("排水"))["verdict"] == "no"


def test_communities_in_degrees_are_refused() -> None:
    world = frames(SOUND)
    world["community"] = world["community"].to_crs("EPSG:4326")

    with pytest.raises(CrsError):
        propose_scope(world, RULES, year=YEAR)


def test_clusters_of_far_homes_are_those_that_joined_buffers_show() -> None:
    from app.analysis.scope.things import _groups

    random = np.random.default_rng(3)
    for _ in range(30):
        n = 40
        x, y = random.uniform(0, 400, n), random.uniform(0, 400, n)
        shapes = np.asarray(shapely.box(x, y, x + random.uniform(5, 60, n), y + 10), dtype=object)
        at, far = random.integers(-1, 3, n), random.random(n) < 0.8
        expected = [
            shapely.get_num_geometries(shapely.union_all(shapely.buffer(shapes[far & (at == p)], 30.0, quad_segs=64)))
            if (far & (at == p)).any() else 0
            for p in range(3)
        ]  # fmt: skip
        assert _groups(shapes, at, far, 30.0, 3).tolist() == expected
