"""Nearby services as the map asks for them."""

from __future__ import annotations

import contextlib
import re
import shutil

import openpyxl
import pyogrio
import pytest
from shapely.geometry import shape

from app.services.access import LOCAL_ACTOR
from app.services.exports import ExportRequest, write_export
from app.services.nearby import overview
from app.services.plans import OpenPlan, Shelf, open_plan
from app.settings import Settings
from app.store import Edit
from app.web.factory import create_app
from tests.demo.towns import demo_town


@pytest.fixture(scope="module")
def demo(demo_small_plan, tmp_path_factory):
    folder = tmp_path_factory.mktemp("nearby") / "plan"
    shutil.copytree(demo_small_plan, folder)
    app = create_app(Settings(config_dir=folder.parent / "config"), Shelf([folder]))
    with app.test_client() as client:
        plan = next(iter(app.config["SHELF"].plans()))
        page = client.get(f"/p/{plan}/").text
        token = re.search(r'data-csrf="([^"]+)"', page).group(1)
        yield client, f"/p/{plan}/api", {"X-CSRFToken": token}
    app.config["SHELF"].close()


def planted(kind):
    return [fact for fact in demo_town(small=True).facts if fact.kind == kind]


def kind_of(told, code):
    return next(kind for kind in told["kinds"] if kind["code"] == code)


def test_every_planted_lack_is_told_of_its_community(demo):
    client, api, _ = demo
    told = client.get(f"{api}/nearby").json
    of = {one["id"]: one for one in told["communities"]}
    facts = planted("service_missing")
    assert len(facts) == 5
    for fact in facts:
        kind = kind_of(told, fact.expected.split()[1])
        lacking = {one["rule_id"]: one["households"] for one in of[fact.row_id]["lacking"]}
        assert lacking[kind["rule_id"]] == of[fact.row_id]["households"]
        assert kind["clause"].startswith("GB 50180-2018")


def test_a_way_shows_path_both_distances_and_the_clause(demo):
    client, api, _ = demo
    told = client.get(f"{api}/nearby").json
    rule = kind_of(told, "kindergarten")["rule_id"]
    rows = client.get(f"{api}/nearby/homes?kind={rule}").json["rows"]
    row = next(row for row in rows if row["walk_m"] and row["walk_m"] > 400)
    asked = f"kind={rule}&building={row['building_id']}&door={row['door']}"
    way = client.get(f"{api}/nearby/way?{asked}").json
    assert way["walk_m"] == row["walk_m"] >= way["straight_m"] > 0
    assert way["parts"]["path"]["type"] == "LineString"
    assert "B.0.2" in way["kind"]["clause"]


def test_opening_the_planted_gate_is_advised_and_brings_households(demo):
    client, api, headers = demo
    [fact] = planted("gate_worth_opening")
    advice = client.get(f"{api}/nearby/gates").json["advice"]
    [own] = [one for one in advice if one["id"] == fact.row_id]
    asked = {"changes": [{"do": "gate", "id": fact.row_id, "state": "open"}]}
    told = client.post(f"{api}/nearby/what-if", json=asked, headers=headers).json
    assert told["gained"] == own["households_gained"] > 0
    assert told["lost"] == 0
    assert {door["fewer"] for door in told["doors"]} == {0}


def test_a_path_is_a_rerun_and_what_was_tried_is_kept_as_a_scenario(demo):
    client, api, headers = demo
    [fact] = planted("gate_worth_opening")
    rows = client.get(f"{api}/nearby/homes?kind=F34").json["rows"]
    ends = [[rows[0]["lon"], rows[0]["lat"]], [rows[-1]["lon"], rows[-1]["lat"]]]
    changes = [{"do": "gate", "id": fact.row_id, "state": "open"}, {"do": "path", "line": ends},
               {"do": "place", "kind": "nursery", "at": ends[0]}]  # fmt: skip
    tried = client.post(f"{api}/nearby/what-if", json={"changes": changes}, headers=headers).json
    assert tried["gained"] > 0
    kept = client.post(
        f"{api}/nearby/keep", json={"name": "开门加路", "changes": changes}, headers=headers
    )
    assert (kept.status_code, kept.json["changes"]) == (201, 3)
    before = client.get(f"{api}/nearby").json
    then = client.get(f"{api}/nearby?scenario={kept.json['id']}").json
    for name in ("nursery", "culture_station"):
        gained = [one["gained"] for one in tried["kinds"]
                  if one["rule_id"] == kind_of(then, name)["rule_id"]]  # fmt: skip
        within = [kind_of(told, name)["households"]["within"] for told in (before, then)]
        assert within[1] - within[0] == sum(gained)


def test_the_workbook_tells_gaps_sizes_and_gates(demo_small_plan, tmp_path):
    folder = shutil.copytree(demo_small_plan, tmp_path / "plan")
    with contextlib.closing(open_plan(folder).store) as store:
        made = write_export(
            OpenPlan(store), ExportRequest("services", LOCAL_ACTOR), tmp_path / "services.xlsx"
        )
    book = openpyxl.load_workbook(made.path)
    assert book.sheetnames == [
        "各小区", "各类设施", "服务缺口", "完整社区指标", "规模", "开门建议", "步行网问题",
    ]  # fmt: skip
    cells = {str(cell) for row in book["服务缺口"].iter_rows(values_only=True) for cell in row}
    assert any("GB 50180-2018" in cell for cell in cells)
    sizes = {row[5] for row in book["规模"].iter_rows(values_only=True)}
    assert {"达标", "不足", "未知"} <= sizes


def test_bands_are_nested_and_hold_more_households_the_longer_one_walks(demo):
    client, api, _ = demo
    community = client.get(f"{api}/nearby").json["communities"][0]["id"]
    bands = client.get(f"{api}/nearby/bands?community={community}").json["bands"]
    assert [band["minutes"] for band in bands] == [5, 10, 15]
    assert 0 < bands[0]["households"] <= bands[1]["households"] <= bands[2]["households"]
    five, ten, fifteen = (shape(band["geometry"]) for band in bands)
    assert five.difference(ten).area < 1e-6 * five.area
    assert ten.difference(fifteen).area < 1e-6 * ten.area


def test_sites_serve_those_who_lack_the_kind_and_become_proposed_items_once(demo):
    client, api, headers = demo
    wish = {"kind": "elderly_day_care", "sites": 2}
    found = client.post(f"{api}/nearby/site", json=wish, headers=headers).json
    assert found["status"] == "optimal"
    assert found["gap"] == 0
    assert len(found["sites"]) == 2
    assert found["households"] == sum(one["households"] for one in found["sites"]) > 0
    changes = [{"do": "place", "kind": "elderly_day_care", "at": [one["lon"], one["lat"]]}
               for one in found["sites"]]  # fmt: skip
    tried = client.post(f"{api}/nearby/what-if", json={"changes": changes}, headers=headers).json
    assert tried["gained"] == found["households"]
    first = client.post(f"{api}/nearby/propose", json=wish, headers=headers).json
    again = client.post(f"{api}/nearby/propose", json=wish, headers=headers).json
    assert (first["proposed"], again["proposed"], again["already"]) == (2, 0, 2)


@pytest.mark.parametrize(
    "changes",
    [[{"do": "burn"}], [{"do": "gate", "id": "none"}], [{"do": "place", "kind": "shops"}]],
)
def test_a_change_that_cannot_be_is_refused_with_its_reason(demo, changes):
    client, api, headers = demo
    told = client.post(f"{api}/nearby/what-if", json={"changes": changes}, headers=headers)
    assert told.status_code in (400, 404)
    assert told.json["message"]
    assert client.get(f"{api}/nearby/bands?at=0,0").status_code == 400


def test_two_scenarios_are_compared_by_kind_minutes_community_and_door(demo):
    client, api, headers = demo
    [fact] = planted("gate_worth_opening")
    changes = [{"do": "gate", "id": fact.row_id, "state": "open"}]
    tried = client.post(f"{api}/nearby/what-if", json={"changes": changes}, headers=headers).json
    asked = {"name": "比较用", "changes": changes}
    kept = client.post(f"{api}/nearby/keep", json=asked, headers=headers).json["id"]
    told = client.get(f"{api}/nearby/compare?left=&right={kept}").json
    assert (told["gained"], told["lost"]) == (tried["gained"], 0)
    assert [one["layer"] for one in told["changes"]] == ["gate"]
    by_rule = {one["rule_id"]: one for one in told["kinds"]}
    for kind in tried["kinds"]:
        own = by_rule[kind["rule_id"]]
        assert own["right"]["within"] - own["left"]["within"] == own["gained"] == kind["gained"]
        assert all(
            b >= a for a, b in zip(own["left"]["minutes"], own["right"]["minutes"], strict=True)
        )
    assert {(d["lon"], d["lat"]) for d in told["doors"]} == {
        (d["lon"], d["lat"]) for d in tried["doors"]
    }
    back = client.get(f"{api}/nearby/compare?left={kept}&right=").json
    assert (back["gained"], back["lost"]) == (0, told["gained"])


def test_indicators_of_a_place_carry_clause_confidence_and_what_is_missing(demo):
    client, api, _ = demo
    community = client.get(f"{api}/nearby").json["communities"][0]["id"]
    told = client.get(f"{api}/nearby/indicators?layer=community&place={community}").json
    assert sum(told["counts"].values()) == len(told["rows"]) > 20
    assert all(row["clause"] and row["confidence"] for row in told["rows"] + told["sizes"])
    assert all(row["missing"] for row in told["rows"] if row["verdict"] == "unknown")
    assert client.get(f"{api}/nearby/indicators?layer=pipe&place=1").status_code == 400


def test_a_gate_made_in_a_wall_by_mouse_is_answered_and_one_far_from_ways_refused(demo):
    client, api, headers = demo
    advice = client.get(f"{api}/nearby/gates").json["advice"]
    best = next(one for one in advice if one["do"] == "opening")
    changes = [{"do": "opening", "at": [best["lon"], best["lat"]]}]
    told = client.post(f"{api}/nearby/what-if", json={"changes": changes}, headers=headers).json
    assert told["gained"] >= 0.9 * best["households_gained"] > 0
    assert best["name"]


def test_faults_of_the_network_are_told_with_their_places(demo):
    client, api, _ = demo
    told = client.get(f"{api}/nearby/network").json
    assert {"faults", "pieces", "notes"} <= set(told)


def test_the_geopackage_holds_doors_gaps_indicators_advice_and_faults(demo_small_plan, tmp_path):
    folder = shutil.copytree(demo_small_plan, tmp_path / "plan")
    options = {"format": "gpkg", "profile": "older"}
    with contextlib.closing(open_plan(folder).store) as store:
        asked = ExportRequest("services", LOCAL_ACTOR, options=options)
        made = write_export(OpenPlan(store), asked, tmp_path / "services.gpkg")
    layers = {str(name) for name, _ in pyogrio.list_layers(made.path)}
    wanted = {"reach", "reach_gap", "community_indicator", "gate_advice", "network_fault"}
    assert wanted <= layers
    assert len(pyogrio.read_dataframe(made.path, layer="reach")) == made.rows["reach"] > 100


def test_where_no_households_are_known_homes_are_counted_and_nothing_is_called_served(
    demo_small_plan, tmp_path
):
    folder = shutil.copytree(demo_small_plan, tmp_path / "plan")
    for layer in ("building", "stair_unit"):
        forget_households(folder, layer)
    with contextlib.closing(open_plan(folder).store) as store:
        told = overview(OpenPlan(store), "adult", "zh")
    assert told["unit"] == "homes"
    assert told["total"]["households"] == told["total"]["homes_uncounted"] > 100
    of = {one["id"]: one for one in told["communities"]}
    for fact in planted("service_missing"):
        kind = kind_of(told, fact.expected.split()[1])
        assert kind["rule_id"] in {one["rule_id"] for one in of[fact.row_id]["lacking"]}


def forget_households(folder, layer):
    """As in a plan made from a map: nobody has counted who lives where."""
    with contextlib.closing(open_plan(folder).store) as store:
        rows = store.read(layer)
        known = rows[rows["households"].notna()]
        edits = [
            Edit(layer, "update", row[f"{layer}_id"], {"households": None}, row["version"])
            for row in known.to_dict("records")
        ]
        store.apply(edits, LOCAL_ACTOR)
