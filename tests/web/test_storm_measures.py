"""Measures drawn in a scenario, both sides run, what they change told; money and risk apart."""

import shutil

import numpy as np
import pytest
import shapely
from pyproj import Transformer
from shapely.geometry import mapping

from app.services.job_kinds import HANDLERS
from app.services.jobs import Worker
from app.services.plans import Shelf
from app.settings import Settings
from app.store import PlanStore
from app.web.factory import create_app
from tests.demo.towns import demo_town
from tests.web.test_storm_api import picture

SETTINGS = {"mode": "slider", "rain_mm": 60, "cell_m": 4}


@pytest.fixture(scope="module")
def asks(demo_small_plan, tmp_path_factory):
    """``get``, ``post`` and ``work`` on one copy of the small demonstration, with a scenario in it."""
    folder = shutil.copytree(demo_small_plan, tmp_path_factory.mktemp("measures") / "plan")
    shelf = Shelf([folder])
    client = create_app(Settings(config_dir=folder.parent / "config"), shelf).test_client()
    root = client.get("/", follow_redirects=True).request.path.rstrip("/")
    token = client.get("/api/actor").get_json()["csrf"]

    def get(path, scenario=""):
        return client.get(f"{root}/api/{path}{'&' if '?' in path else '?'}scenario={scenario}")

    def post(path, body, scenario=""):
        return client.post(f"{root}/api/{path}", json=body, headers={"X-CSRFToken": token}, query_string={"scenario": scenario})  # fmt: skip

    def work():
        with PlanStore.open(folder) as store:
            worker = Worker(store, HANDLERS)
            while worker.run_one():
                pass

    scenario = post("scenarios", {"name": "海绵"}).get_json()["id"]
    yield get, post, work, scenario
    shelf.close()


@pytest.fixture(scope="module")
def ponds():
    """The planted ponds, each as degrees and as a square of so many metres about it."""
    turn = Transformer.from_crs("EPSG:4544", "EPSG:4326", always_xy=True)
    facts = [fact for fact in demo_town(small=True).facts if fact.kind == "pond"]

    def about(half_m):
        squares = [shapely.box(f.x - half_m, f.y - half_m, f.x + half_m, f.y + half_m) for f in facts]  # fmt: skip
        return [mapping(shapely.transform(s, lambda xy: np.column_stack(turn.transform(*xy.T)))) for s in squares]  # fmt: skip

    points = [{"type": "Point", "coordinates": list(turn.transform(f.x, f.y))} for f in facts]
    return points, about


def test_nothing_can_be_drawn_or_compared_without_a_scenario(asks, ponds):
    get, post, _, _ = asks
    points, _ = ponds
    tank = {"kind": "tank", "geometry": points[0], "volume_m3": 50}
    assert post("storm/measures", tank).status_code == 400
    assert post("storm/both", {"settings": SETTINGS}).status_code == 400
    told = get("storm/measures").get_json()
    assert told["compare"]["why"] == "no_scenario"
    assert told["money"] is None
    assert {one["kind"]: one["draw"] for one in told["kinds"]}["permeable"] == "Polygon"
    assert get("storm/difference").status_code >= 400


@pytest.mark.parametrize(
    "wish",
    [
        {"kind": "dam"}, {"kind": "tank", "volume_m3": 50}, {"kind": "tank", "geometry": {"type": "Point"}, "volume_m3": 5},
        {"kind": "permeable", "geometry": {"type": "Point", "coordinates": [106.2, 38.0]}},
        {"kind": "tank", "geometry": {"type": "Point", "coordinates": [106.2, 38.0]}, "volume_m3": -1},
    ],
)  # fmt: skip
def test_an_incomplete_measure_is_refused_with_what_is_missing(asks, wish):
    _, post, _, scenario = asks
    answer = post("storm/measures", wish, scenario)
    assert answer.status_code == 400
    assert set(answer.get_json()) >= {"code", "message", "where", "fix"}


def test_measures_take_households_out_of_risk_and_say_for_how_much(asks, ponds):
    get, post, work, scenario = asks
    points, about = ponds
    for point in points:
        assert post("storm/measures", {"kind": "tank", "geometry": point, "volume_m3": 400}, scenario).status_code == 201  # fmt: skip
    paving = {"kind": "permeable", "geometry": about(10.0)[0], "cost_yuan": 90_000}
    assert post("storm/measures", paving, scenario).status_code == 201
    drawn = get("storm/measures", scenario).get_json()
    costs = {one["kind"]: one["cost_fen"] for one in drawn["measures"]}
    assert costs == {"tank": 400 * 250_000, "permeable": 9_000_000}
    assert drawn["compare"]["why"] == "no_before"
    assert all(one["mine"] for one in drawn["measures"])

    job = post("storm/both", {"settings": SETTINGS}, scenario)
    assert job.status_code == 202
    work()
    told = get("storm/measures", scenario).get_json()
    compare = told["compare"]
    assert compare["ready"]
    assert compare["stale"] == []
    assert compare["cost_fen"] == len(points) * 100_000_000 + 9_000_000
    before, after = compare["before"], compare["after"]
    assert before["households"] - compare["out"]["households"] + compare["into"]["households"] == after["households"]  # fmt: skip
    assert after["zone_m2"] < before["zone_m2"]
    net = compare["out"]["households"] - compare["into"]["households"]
    assert compare["per_10k"] == pytest.approx(net / (compare["cost_fen"] / 1e6), abs=0.01)

    change = picture(get("storm/difference", scenario).get_json())
    shallower, deeper = ((change >= 5).sum(), ((change > 0) & (change < 5)).sum())
    assert shallower > 50
    assert deeper < shallower


def test_sills_at_the_houses_that_are_left_take_their_households_out(asks):
    get, post, work, scenario = asks
    doors = get("features/unit_door?limit=5000").get_json()["features"]
    risk = get("features/storm_exposure?limit=5000", scenario).get_json()["features"]
    homes = {f["properties"]["target_id"] for f in risk if f["properties"]["target_layer"] == "building"}  # fmt: skip
    for door in doors:
        if door["properties"]["building_id"] in homes:
            wish = {"kind": "door_sill", "geometry": door["geometry"], "sill_m": 2.0}
            assert post("storm/measures", wish, scenario).status_code == 201
    assert "after" in get("storm/measures", scenario).get_json()["compare"]["stale"]
    assert post("storm/both", {"settings": SETTINGS}, scenario).status_code == 202
    work()
    compare = get("storm/measures", scenario).get_json()["compare"]
    assert homes
    assert compare["out"]["households"] == compare["before"]["households"] > 0
    assert compare["after"]["households"] == 0
    assert {one["id"] for one in compare["out"]["buildings"]} == homes
    assert sum(one["households"] for one in compare["out"]["buildings"]) == compare["out"]["households"]  # fmt: skip


def test_money_outside_every_zone_and_risk_without_an_item_are_both_listed(asks):
    get, _, _, _ = asks
    money = get("storm/measures").get_json()["money"]
    assert money["items"] > 0
    assert money["outside_fen"] == sum(one["cost_fen"] or 0 for one in money["outside"])
    assert money["outside_fen"] <= money["cost_fen"]
    assert money["uncovered_households"] == sum(one["households"] for one in money["uncovered"])
    listed = [one["households"] for one in money["uncovered"]]
    assert listed == sorted(listed, reverse=True)


def test_a_wider_pipe_changes_the_pipe_of_the_scenario_alone(asks):
    get, post, _, scenario = asks
    pipes = get("features/pipe?limit=5000").get_json()["features"]
    pipe = next(f["id"] for f in pipes if f["properties"].get("subclass") == "YS")
    wish = {"kind": "bigger_pipe", "pipe": pipe, "nominal_mm": 1200}
    assert post("storm/measures", wish, scenario).status_code == 201
    shown = {one["column"]: one["value"] for one in get(f"row/pipe/{pipe}", scenario).get_json()["values"]}  # fmt: skip
    assert shown["nominal_mm"] == 1200
    of_plan = {one["column"]: one["value"] for one in get(f"row/pipe/{pipe}").get_json()["values"]}
    assert of_plan["nominal_mm"] != 1200
    assert post("storm/measures", {**wish, "pipe": "none"}, scenario).status_code == 404


def test_the_map_is_told_what_was_changed_in_the_terrain(asks):
    get, _, _, scenario = asks
    told = get("storm/ground").get_json()
    assert {one["label"] for one in told["reasons"]} >= {"挡水的围墙"}
    assert any("围墙挡水" in line for line in told["report"])
    assert (picture(told) > 0).any()
    with_measures = get("storm/ground", scenario).get_json()
    assert "排水措施" in {one["label"] for one in with_measures["reasons"]}


def test_a_wider_pipe_among_the_measures_has_both_sides_run_with_the_drains(asks):
    get, post, _, scenario = asks
    pipes = get("features/pipe?limit=5000").get_json()["features"]
    pipe = next(f["id"] for f in pipes if f["properties"].get("subclass") == "YS")
    post("storm/measures", {"kind": "bigger_pipe", "pipe": pipe, "nominal_mm": 1500}, scenario)
    job = post("storm/both", {"settings": SETTINGS}, scenario).get_json()
    assert job["payload"]["settings"] == SETTINGS | {"drains": "coupled", "mode": "record"}
