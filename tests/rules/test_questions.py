"""What the other tables answer: rain, consent, headers, tags, facilities."""

from fractions import Fraction

import numpy as np
import pytest

from app.store.rule_files import load_all_rules

BOOK = load_all_rules()


def test_the_rain_formula_gives_the_values_worked_out_apart():
    formula = BOOK.table("rainstorm")["R1"]
    for row in BOOK.table("rainstorm_test_values"):
        t = np.array([row.duration_min])
        q = formula.intensity_l_per_s_ha(row.return_period_a, t)[0]
        assert q == pytest.approx(row.q_L_s_ha, abs=0.005), row.rule_id
        depth = formula.depth_mm(row.return_period_a, t)[0]
        assert depth == pytest.approx(row.depth_mm, abs=0.001), row.rule_id


def test_a_return_period_outside_the_formula_is_told():
    formula = BOOK.table("rainstorm")["R1"]
    assert formula.covers(10)
    assert not formula.covers(20)
    assert [row.rule_id for row in BOOK.table("rainstorm").usable] == ["R1"]


def test_two_of_three_households_are_the_two_thirds_of_the_law():
    consent = BOOK.table("consent_thresholds")
    assert consent.share("C04", "participation_headcount_share") == Fraction(2, 3)
    assert consent.share("C04", "agree_area_share_of_participants") == Fraction(3, 4)
    assert consent.share("C06", "participation_area_share") is None
    assert consent["C01"].agree_more_than
    assert not consent["C04"].agree_more_than


@pytest.mark.parametrize(
    ("layer", "header", "column", "unit"),
    [
        ("pipe", "管径", "nominal_mm", ""),
        ("pipe", "DN", "nominal_mm", ""),
        ("pipe", "埋深（cm）", "start_depth_m", "cm"),
        ("pipe", "权属单位", "owner_id", ""),
        ("building", " 楼号 ", "number", ""),
        ("building", "小区名称", "community_id", ""),
        ("building", "建成年代", "year_built", ""),
        ("community", "建筑面积（㎡）", "floor_area_m2", ""),
        ("community", "户数*", "households", ""),
    ],
)
def test_a_header_of_a_delivery_finds_its_column(layer, header, column, unit):
    row = BOOK.table("column_synonyms").match(layer, header)
    assert (row.column, row.unit) == (column, unit)


def test_a_header_that_means_nothing_finds_no_column():
    assert BOOK.table("column_synonyms").match("pipe", "备注") is None


def test_the_most_specific_tag_decides_what_an_osm_object_is():
    tags = BOOK.table("osm_tags")
    assert (
        tags.code("service", "kind", {"amenity": "school", "isced:level": "2"}) == "junior_middle"
    )
    assert tags.code("service", "kind", {"amenity": "school"}) is None  # of which level?
    assert tags.code("walkway", "kind", {"highway": "footway", "footway": "crossing"}) == "crossing"
    assert tags.code("building", "use", {"building": "yes"}) is None
    assert tags.code("gate", "state", {"opening_hours": "06:00-22:00"}) == "timed"
    assert "landcover" in tags.layers({"landuse": "grass"})


def test_survey_codes_and_names_of_burial_give_the_laying():
    laying = BOOK.table("burial_method").laying
    assert (laying["ZM"], laying["管沟"], laying["JK"]) == ("direct", "trench", "overhead")
    assert laying["JN"] is None


def test_the_five_minute_circle_is_300_m_and_the_kindergarten_is_judged_by_walking():
    assert BOOK.table("life_circle").walk_limit_m("5min") == 300
    facilities = BOOK.table("facilities")
    assert facilities.by_code["kindergarten"] in facilities.judged_by("walk")
    assert facilities.by_code["kindergarten"].service_radius_m == 300


def test_rates_and_unit_costs_are_marked_as_no_figure_of_a_document():
    rates = BOOK.table("cost_rates")
    assert rates.rate("contingency") == 0.05
    assert {row.confidence for row in rates} == {"uncertain"}
    assert BOOK.table("item_unit_cost").fen["B01"] == 62_500
