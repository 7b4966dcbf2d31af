"""The answers that the map is drawn from."""

from __future__ import annotations

import gzip
import json
import struct

import pytest
from flask.testing import FlaskClient

from tests.town import COST_FEN


def test_meta_names_layers_domains_and_where_the_plan_lies(browser: FlaskClient) -> None:
    meta = browser.get("/p/town/api/meta?lang=en").get_json()
    layers = {layer["name"]: layer for layer in meta["layers"]}
    assert meta["lang"] == "en"
    assert meta["plan"]["title"] == "小镇"
    west, south, east, north = meta["plan"]["bounds"]
    assert 105 < west < east < 107
    assert 37 < south < north < 39
    assert layers["building"]["rows"] == 6
    assert layers["building"]["label"] == {"zh": "楼栋", "en": "building"}
    assert [code["code"] for code in meta["categories"]] == ["basic", "improved", "upgraded"]
    assert [item["year"] for item in meta["programmes"]] == [2024]
    assert meta["actor"]["authenticated"] is False
    assert meta["domains"]["owner_kind"]["codes"][0]["label"]["zh"] == "居民私有"


def test_the_summary_adds_up_by_hand(browser: FlaskClient) -> None:
    summary = browser.get("/p/town/api/summary").get_json()
    assert summary["totals"] == {
        "communities": 2, "buildings": 3, "floor_area_m2": 4500.5, "households": 60,
        "cost_fen": sum(COST_FEN.values()),
        "unknown": {"floor_area_m2": 0, "households": 1, "year_built": 1, "cost_fen": 1},
    }  # fmt: skip
    assert summary["categories"] == COST_FEN
    assert summary["sources"] == {"special_central": 1_607_550, "housing": 500_000}
    assert summary["filtered"] is False
    first, second = summary["townships"]
    assert (first["name"], first["totals"]["buildings"]) == ("金星镇", 3)
    assert (second["name"], second["totals"]["buildings"]) == ("胜利镇", 0)
    assert [c["in_programme"] for c in second["communities"]] == [False]


@pytest.mark.parametrize(
    ("filters", "buildings", "cost_fen"),
    [
        ("township=T2", 0, 0),
        ("owner_kind=state_enterprise", 2, 2_107_550),
        ("owner_kind=unknown", 1, 8),
        ("stage=works", 2, 2_107_550),
        ("stage=works,selection", 3, 2_107_558),
        ("year_from=1990&year_to=2000&unknown_year=0", 1, 2_107_550),
        ("year_to=1990", 2, 107_558),
        ("category=upgraded", 1, 8),
        ("source=housing", 2, 500_000),
    ],
)
def test_filters_choose_communities_buildings_and_money(
    browser: FlaskClient, filters: str, buildings: int, cost_fen: int
) -> None:
    summary = browser.get(f"/p/town/api/summary?{filters}").get_json()
    assert summary["filtered"] is True
    assert (summary["totals"]["buildings"], summary["totals"]["cost_fen"]) == (buildings, cost_fen)


def test_what_needs_attention_links_to_exactly_its_rows(browser: FlaskClient) -> None:
    lines = browser.get("/p/town/api/summary").get_json()["attention"]
    assert {line["code"]: line["count"] for line in lines} == {
        "unknown_year": 1, "unknown_households": 1, "unknown_cost": 1, "undecided_items": 2,
    }  # fmt: skip
    for line in lines:
        layer, filters = line["link"]["layer"], json.dumps(line["link"]["filter"])
        page = browser.get(f"/p/town/api/table/{layer}", query_string={"filter": filters})
        assert page.get_json()["total"] == line["count"], line["code"]


def test_an_unchanged_answer_is_not_sent_twice(browser: FlaskClient) -> None:
    first = browser.get("/p/town/api/summary")
    again = browser.get("/p/town/api/summary", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("朝阳", "C1"), ("zhaoyang", "C1"), ("chaoyang", "C1"), ("zy", "C1"), ("一号院", "C1"),
        ("jinxing", "T1"), ("640302002", "T2"), ("利通", "R1"), ("laonian", "S1"), ("B4", "B4"),
        ("朝阳 2号", "B2"), ("cyxq2hl", "B2"), ("estate", "C1"),
    ],
)  # fmt: skip
def test_things_are_found_as_people_type_them(browser: FlaskClient, query: str, found: str) -> None:
    hits = browser.get("/p/town/api/search", query_string={"q": query}).get_json()
    assert hits[0]["id"] == found
    west, south, east, north = hits[0]["bounds"]
    assert west <= hits[0]["center"][0] <= east
    assert south <= hits[0]["center"][1] <= north


def test_an_empty_search_finds_nothing(browser: FlaskClient) -> None:
    assert browser.get("/p/town/api/search?q=%20").get_json() == []


def test_a_row_tells_labels_units_unknown_links_and_origin(browser: FlaskClient) -> None:
    row = browser.get("/p/town/api/row/building/B4?lang=zh").get_json()
    values = {value["column"]: value for value in row["values"]}
    assert values["households"]["unknown"] is True
    assert values["households"]["shown"] == "未知"
    assert (values["floor_area_m2"]["shown"], values["floor_area_m2"]["unit"]) == ("1,500", "m²")
    assert values["community_id"]["shown"] == "金星花园"
    links = {(link["relation"], link["layer"]): link["count"] for link in row["links"]}
    assert links == {("to", "community"): 1, ("from", "programme_member"): 1}
    assert row["dataset"]["title"] == "测绘图"
    assert row["dataset"]["secrecy_label"] == "公开"
    assert row["geometry"]["type"] == "Polygon"


def test_a_row_that_is_not_there_is_not_found(browser: FlaskClient) -> None:
    assert browser.get("/p/town/api/row/building/B99").status_code == 404


def test_features_inside_a_box_come_as_geojson_in_degrees(browser: FlaskClient) -> None:
    everything = browser.get("/p/town/api/features/building").get_json()
    assert everything["matched"] == 6
    ring = everything["features"][0]["geometry"]["coordinates"][0]
    west, south = min(x for x, _ in ring), min(y for _, y in ring)
    box = f"{west - 1e-5},{south - 1e-5},{west + 1e-5},{south + 1e-5}"
    near = browser.get(f"/p/town/api/features/building?bbox={box}").get_json()
    assert [feature["id"] for feature in near["features"]] == ["B1"]
    assert near["features"][0]["properties"]["year_built"] == 1985
    assert near["features"][0]["properties"]["height_m"] is None
    chosen = browser.get("/p/town/api/features/building?ids=B2,B3&limit=1").get_json()
    assert (len(chosen["features"]), chosen["matched"]) == (1, 2)


def test_a_pack_holds_ids_programme_and_township_for_the_tile_worker(browser: FlaskClient) -> None:
    answer = browser.get("/p/town/api/pack/building", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    data = gzip.decompress(answer.data)
    [length] = struct.unpack_from("<I", data)
    header = json.loads(data[4 : 4 + length])
    assert header["ids"] == ["B1", "B2", "B3", "B4", "B5", "B6"]
    assert header["columns"]["programme"]["codes"] == ["P2024"]
    assert header["columns"]["township_id"]["codes"] == ["T1", "T2"]
    bare = browser.get("/p/town/api/pack/building", headers={"Accept-Encoding": ""})
    assert bare.data == data


def test_a_table_has_no_pack(browser: FlaskClient) -> None:
    assert browser.get("/p/town/api/pack/programme").status_code == 400


def test_table_pages_are_filtered_sorted_and_summed_over_all_filtered_rows(
    browser: FlaskClient,
) -> None:
    filters = json.dumps({"year_built": {"max": 2000, "unknown": True}})
    page = browser.get(
        "/p/town/api/table/building",
        query_string={"filter": filters, "sort": "floor_area_m2", "desc": "1", "limit": "2"},
    ).get_json()
    assert [row["building_id"] for row in page["rows"]] == ["B2", "B4"]
    assert page["total"] == 5
    assert page["sums"]["floor_area_m2"] == {"sum": 5400.5, "unknown": 1}
    assert page["sums"]["households"] == {"sum": 78, "unknown": 2}


@pytest.mark.parametrize(
    "query",
    [
        {"filter": '{"nothing": {"unknown": true}}'},
        {"filter": '{"floors": {"contains": 5}}'},
        {"filter": '{"number": {"min": 3}}'},
        {"filter": "[]"},
        {"filter": "{"},
        {"sort": "nothing"},
        {"offset": "-1"},
        {"limit": "many"},
        {"desc": "yes"},
    ],
)
def test_a_wrong_page_is_refused_with_what_would_be_right(
    browser: FlaskClient, query: dict[str, str]
) -> None:
    answer = browser.get("/p/town/api/table/building", query_string=query)
    assert answer.status_code == 400
    assert answer.get_json()["fix"]


def test_a_plan_that_is_not_served_is_not_found(browser: FlaskClient) -> None:
    assert browser.get("/p/other/api/meta").status_code == 404
