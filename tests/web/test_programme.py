"""The desk of the programme as its page asks it: proposals, decisions, money, checks, the document."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.schema.actor import Actor
from app.services.plans import Shelf
from app.services.runs import run_analysis
from app.settings import Settings
from app.web.factory import create_app

PLANNER = Actor("测试", "区住建和交通局", "planner")
ROOT = "/p/demo/api/programme"


@pytest.fixture(scope="module")
def shelf(demo_small_plan: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """A small demonstration plan with its programme judged."""
    folder = Path(shutil.copytree(demo_small_plan, tmp_path_factory.mktemp("programme") / "plan"))
    shelf = Shelf([folder])
    for name in ("scope", "consent", "checks"):
        run_analysis(shelf.get("demo").store, name, {}, PLANNER)
    yield shelf
    shelf.close()


@pytest.fixture
def desk(shelf: Shelf, tmp_path: Path) -> FlaskClient:
    return create_app(Settings(config_dir=tmp_path / "config"), shelf).test_client()


def decided(desk: FlaskClient, **wish: object) -> Any:
    token = desk.get("/api/actor").get_json()["csrf"]
    return desk.post(f"{ROOT}/decide", json=wish, headers={"X-CSRFToken": token})


def asked(desk: FlaskClient, path: str = "", **query: str) -> Any:
    found = desk.get(ROOT + path, query_string=query)
    assert found.status_code == 200, found.get_json()
    return found.get_json()


def test_money_adds_up_over_rows_and_columns(desk: FlaskClient) -> None:
    told = asked(desk)["money"]

    by_source = sum(source["amount_fen"] for source in told["sources"])
    whole = sum(row["cost_fen"] for row in told["rows"])
    assert whole == 4_552_000_000
    assert by_source + sum(row["unallocated_fen"] for row in told["rows"]) == whole
    for row in told["rows"]:
        assert sum(row["by_source"].values()) + row["unallocated_fen"] == row["cost_fen"]


def test_a_place_narrows_everything(desk: FlaskClient) -> None:
    one = asked(desk)["communities"][0]["id"]
    told = asked(desk, "/schedule", community=one)

    assert [row["community"]["id"] for row in told["rows"]] == [one]
    assert {
        row["community"]["id"]
        for row in asked(desk, "/proposals", community=one, item="B02")["rows"]
    } == {one}


def test_every_item_is_counted_once_for_each_community(desk: FlaskClient) -> None:
    told = asked(desk)
    counts = {item["code"]: item["yes"] + item["no"] + item["unknown"] for item in told["scope"]}

    assert len(counts) == 45
    assert counts["B01"] == len(told["communities"]) == 19


def test_a_proposal_is_confirmed_with_its_cost_and_rejected_with_a_reason(
    desk: FlaskClient, shelf: Shelf
) -> None:
    item = next(i["code"] for i in asked(desk)["scope"] if i["code"] == "W03")
    row = next(
        r
        for r in asked(desk, "/proposals", item=item)["rows"]
        if r["verdict"] == "yes" and not r["decision"]
    )
    made = decided(desk, proposal=row["id"], decision="confirmed")
    assert made.status_code == 201, made.get_json()
    kept = shelf.get("demo").row("community_item", made.get_json()["community_item_id"])

    assert kept is not None
    works = kept["quantity"] * kept["unit_cost_fen"]
    assert kept["other_fees_fen"] == round(works * 0.08)
    assert kept["contingency_fen"] == round(works * 1.08 * 0.05)
    assert kept["decided_by"]

    bare = decided(desk, proposal=row["id"], decision="rejected")
    assert bare.status_code == 400
    assert "reason" in bare.get_json()["where"]
    said = decided(desk, proposal=row["id"], decision="rejected", reason="已有照明")
    assert said.status_code == 201
    assert said.get_json()["community_item_id"] == kept["community_item_id"]
    shown = next(r for r in asked(desk, "/proposals", item=item)["rows"] if r["id"] == row["id"])
    assert shown["decision"] == "rejected"


def test_a_proposal_that_is_not_there_is_named(desk: FlaskClient) -> None:
    answer = decided(desk, proposal="R-X/none", decision="confirmed")

    assert answer.status_code == 404
    assert answer.get_json()["where"] == "R-X/none"


def test_a_double_subsidy_is_listed_with_its_payments(desk: FlaskClient) -> None:
    check = next(c for c in asked(desk)["checks"] if c["rule_id"] == "M05")
    rows = asked(desk, "/findings", rule="M05")["rows"]

    assert check["fail"] == len(rows) > 0
    assert {fact["layer"] for fact in rows[0]["evidence"]} == {"funding"}


def test_votes_name_what_is_short(desk: FlaskClient) -> None:
    rows = asked(desk, "/votes")["rows"]

    assert rows
    assert all(row["clause"] for row in rows)


def test_the_document_and_the_layers_agree_and_its_gaps_are_told(desk: FlaskClient) -> None:
    told = asked(desk, "/reconcile")

    assert {row["name"]: row["stated"] for row in told["rows"]} == {
        "communities": 19, "buildings": 60, "floor_area_m2": 169_600.0, "households": 2004,
        "cost_fen": 4_552_000_000,
    }  # fmt: skip
    assert [row["difference"] for row in told["rows"][:4]] == [0, 0, 0, 0]
    said = "；".join(told["open"])
    for word in ("上桥镇", "管线单位", "分乡镇", "分来源", "同意比例", "无障碍设施"):
        assert word in said


def recorded(desk: FlaskClient, kind: str, **wish: object) -> Any:
    token = desk.get("/api/actor").get_json()["csrf"]
    return desk.post(f"{ROOT}/{kind}", json=wish, headers={"X-CSRFToken": token})


def test_the_survey_says_what_each_township_still_lacks_in_the_readers_language(
    desk: FlaskClient,
) -> None:
    told = asked(desk, "/survey", lang="en")
    lacks = [row for row in told["communities"] if row["missing"]]

    assert sum(row["communities"] for row in told["townships"]) == 19
    assert [row["missing"] for row in lacks] == [["year_built"]]  # the planted community
    assert {row["name"] for row in told["townships"]} >= {"Jinxing Town"}
    assert asked(desk, "/survey", everywhere="1")["communities"]
    assert desk.get(f"{ROOT}/survey.xlsx").mimetype.endswith("sheet")


def test_a_score_is_the_weighted_mean_of_its_terms(desk: FlaskClient) -> None:
    told = asked(desk, "/selection")
    weights = [row["weight"] for row in told["criteria"]]
    for row in told["rows"]:
        terms = [term["value"] for term in row["terms"]]
        mean = sum(w * v for w, v in zip(weights, terms, strict=True)) / sum(weights)
        assert row["score"] == pytest.approx(mean, abs=0.06)


def test_a_step_that_waits_for_something_lists_it_and_a_date_out_of_order_is_refused(
    desk: FlaskClient,
) -> None:
    outside = next(
        row for row in asked(desk, "/selection", everywhere="1")["rows"] if not row["state"]
    )
    answer = recorded(desk, "step", community=outside["id"], step="applied", on="2023-11-10")
    assert answer.status_code == 422
    assert {one["code"] for one in answer.get_json()["findings"]} >= {"not_run"}
    inside = next(row for row in asked(desk, "/selection")["rows"] if row["dates"]["decided"])
    late = recorded(desk, "step", community=inside["id"], step="applied", on="2023-12-24")
    assert late.status_code == 400
    assert recorded(desk, "criteria", community=inside["id"], scores=[1]).status_code == 400
    silent = recorded(
        desk, "opinion", community=inside["id"], organisation="ORG-GAS", opinion="agree"
    )
    assert silent.status_code == 400
