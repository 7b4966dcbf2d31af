"""The demonstration plan reproduces the plan's totals, by plain SQL over its own file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from scripts.demo.build import build_town
from scripts.demo.write import write_plan
from tests.demo.towns import demo_town

MEMBERS = """
  SELECT count(*), sum(b.floor_area_m2), sum(b.households) FROM programme_member m
  JOIN building b ON b.building_id = m.target_id
  WHERE m.target_layer = 'building' AND m.state <> 'withdrawn'
"""
COMMUNITIES = """
  SELECT count(*), count(DISTINCT c.township_id) FROM programme_member m
  JOIN community c ON c.community_id = m.target_id
  WHERE m.target_layer = 'community' AND m.state <> 'withdrawn'
"""
ITEMS = """
  SELECT quantity, unit_cost_fen, other_fees_fen, contingency_fen FROM community_item
  WHERE decision <> 'rejected'
"""


@contextmanager
def planning_file(plan: Path) -> Iterator[sqlite3.Connection]:
    number = json.loads((plan / "plan.json").read_text("utf-8"))["planning"]
    file = plan / f"planning-{number}.gpkg"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        yield connection


def cost_fen(connection: sqlite3.Connection) -> int:
    total = 0
    for quantity, unit_cost, fees, contingency in connection.execute(ITEMS):
        works = (Decimal(str(quantity)) * unit_cost).quantize(Decimal(1), rounding=ROUND_HALF_UP)
        total += int(works) + fees + contingency
    return total


def assert_totals_of_the_plan(plan: Path) -> None:
    with planning_file(plan) as connection:
        assert connection.execute(MEMBERS).fetchone() == (60, 169_600.0, 2004)
        assert connection.execute(COMMUNITIES).fetchone() == (19, 4)
        assert cost_fen(connection) == 4_552_000_000
        funded = connection.execute("SELECT sum(amount_fen) FROM funding").fetchone()[0]
        assert funded == 4_552_000_000


def test_the_demonstration_has_19_communities_60_buildings_and_45_52_million_yuan(demo_plan):
    assert_totals_of_the_plan(demo_plan)


def test_the_small_town_has_the_same_totals(demo_small_plan):
    assert_totals_of_the_plan(demo_small_plan)


def test_another_seed_is_another_town_with_the_same_totals(demo_small_plan, tmp_path):
    other = tmp_path / "plan"
    write_plan(demo_town(7, small=True), other)
    assert_totals_of_the_plan(other)
    with planning_file(other) as a, planning_file(demo_small_plan) as b:
        names = "SELECT name FROM community ORDER BY community_id"
        assert a.execute(names).fetchall() != b.execute(names).fetchall()


def test_every_item_is_paid_exactly_once_over_the_seven_sources(demo_plan):
    with planning_file(demo_plan) as connection:
        items = connection.execute(
            "SELECT community_item_id, quantity, unit_cost_fen, other_fees_fen, contingency_fen"
            " FROM community_item"
        ).fetchall()
        paid = dict(
            connection.execute(
                "SELECT community_item_id, sum(amount_fen) FROM funding GROUP BY 1"
            ).fetchall()
        )
        sources = {row[0] for row in connection.execute("SELECT DISTINCT source FROM funding")}
    for item_id, quantity, unit_cost, fees, contingency in items:
        works = (Decimal(str(quantity)) * unit_cost).quantize(Decimal(1), rounding=ROUND_HALF_UP)
        assert paid[item_id] == int(works) + fees + contingency
    assert len(sources) == 9  # the first and the fifth of the seven are split in two


def test_floor_area_is_the_footprint_times_the_floors(demo_plan):
    from app.store import PlanStore

    with PlanStore.open(demo_plan) as plan:
        buildings = plan.read("building").set_index("building_id")
        members = plan.read("programme_member", where={"target_layer": "building"})
    ours = buildings.loc[members["target_id"]]
    geometric = ours.geometry.area * ours["floors"]
    assert (geometric - ours["floor_area_m2"]).abs().max() < 0.5


def test_town_has_true_size(demo_plan):
    with planning_file(demo_plan) as connection:
        buildings = connection.execute("SELECT count(*) FROM building").fetchone()[0]
        townships = connection.execute("SELECT name FROM township ORDER BY code").fetchall()
        marked = connection.execute("SELECT count(*) FROM township WHERE schematic").fetchone()[0]
    assert 2700 <= buildings <= 3400
    assert [name for (name,) in townships] == ["上桥镇", "古城镇", "金星镇", "胜利镇"]
    assert marked == 4


def test_everything_says_that_it_is_a_demonstration(demo_plan):
    assert json.loads((demo_plan / "plan.json").read_text("utf-8"))["plan"]["is_demo"] is True
    with planning_file(demo_plan) as connection:
        titles = connection.execute("SELECT title, is_demo FROM dataset").fetchall()
    assert titles
    assert all(title.startswith("演示数据") and is_demo for title, is_demo in titles)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_seed_builds_the_same_rows(seed):
    assert build_town(seed, small=True).rows == build_town(seed, small=True).rows
