"""What the clearance tables ask of pairs of pipes, with the numbers of the printed tables."""

import itertools

import numpy as np
import pytest

from app.rules import COMMUNITY, NATIONAL, Override, PairFacts
from app.store.rule_files import load_all_rules

BOOK = load_all_rules()
RULES = BOOK.clearance
PIPE_KINDS = sorted({row.kind_horizontal for row in RULES.kinds} - {"", "excluded"})


def facts(*, nominal=(np.nan, np.nan), voltage=(np.nan, np.nan)):
    return PairFacts(*(np.array([value]) for value in (*nominal, *voltage)))


def kinds_of(*pipes):
    """Pipes as (class, subclass, laying, material, nominal mm, pressure MPa)."""
    columns = list(zip(*pipes, strict=True))
    return RULES.kinds.kinds(
        columns[0], columns[1], columns[2], materials=columns[3],
        diameter_mm=np.array(columns[4], float), pressure_mpa=np.array(columns[5], float),
    )  # fmt: skip


def test_sewer_beside_small_and_large_water_main():
    asked = RULES.horizontal.required_m(
        ["sewage_storm", "sewage_storm"], ["water_d_le200", "water_d_gt200"]
    )
    assert asked.tolist() == [1.0, 1.5]


@pytest.mark.parametrize("standard", [NATIONAL, COMMUNITY])
def test_the_order_of_the_two_sides_changes_nothing(standard):
    pairs = list(itertools.product(PIPE_KINDS, repeat=2))
    a, b = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    one = RULES.horizontal.required(a, b, standard=standard)
    other = RULES.horizontal.required(b, a, standard=standard)
    for name in ("min_m", "max_m", "rule", "none", "missing"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    np.testing.assert_array_equal(
        RULES.vertical.required(a, b, standard=standard)[2],
        RULES.vertical.required(b, a, standard=standard)[2],
    )


def test_no_pair_stands_twice_in_a_table_under_the_same_condition():
    pairs = [(row.standard, row.pair, row.condition) for row in RULES.horizontal]
    assert len(pairs) == len(set(pairs))
    crossings = [(row.standard, row.pair) for row in RULES.vertical if "riverbed" not in row.pair]
    assert len(crossings) == len(set(crossings))


@pytest.mark.parametrize("row", RULES.horizontal.rows, ids=lambda row: row.rule_id)
def test_each_horizontal_row_is_found_by_its_own_pair(row):
    if row.is_strip:
        return
    asked = RULES.horizontal.required([row.kind_a], [row.kind_b], standard=row.standard)
    assert asked.min_m[0] <= row.min_m
    assert asked.max_m[0] >= row.upper_m
    if not row.condition:
        assert (asked.min_m[0], asked.max_m[0]) == (row.min_m, row.upper_m)
        assert RULES.horizontal.rows[asked.rule[0]] is row


@pytest.mark.parametrize("row", RULES.vertical.rows, ids=lambda row: row.rule_id)
def test_each_vertical_row_is_found_by_its_own_pair(row):
    asked, less, rule = RULES.vertical.required([row.kind_b], [row.kind_a], standard=row.standard)
    found = RULES.vertical.rows[rule[0]]
    assert found.pair == row.pair
    assert asked[0] >= row.min_m
    if "riverbed" not in row.pair:
        assert (asked[0], less[0]) == (row.min_m, row.min_with_separator_m or row.min_m)


def test_a_dash_in_the_table_is_no_requirement_and_an_uncovered_pair_is_unverified():
    asked = RULES.horizontal.required(
        ["water_d_le200", "trench", "", "building"],
        ["water_d_gt200", "trench", "trench", "building"],
    )
    assert asked.none.tolist() == [True, True, False, False]
    assert np.isnan(asked.max_m).all()
    assert asked.rule.tolist() == [-1, -1, -1, -1]


def test_inside_a_community_the_wider_kind_and_the_range_of_gb_50015_apply():
    asked = RULES.horizontal.required(["water_d_le200"], ["sewage_storm"], standard=COMMUNITY)
    assert (asked.min_m[0], asked.max_m[0]) == (0.8, 1.5)
    assert RULES.horizontal.rows[asked.rule[0]].rule_id == "H249"


def test_two_gas_pipes_need_more_when_one_is_larger_than_dn300():
    def gas(*nominal):
        asked = RULES.horizontal.required(
            ["gas_low"], ["gas_medium_a"], facts=facts(nominal=nominal)
        )
        return asked.min_m[0], asked.max_m[0], asked.missing[0]

    assert gas(200, 300) == (0.4, 0.4, "")
    assert gas(200, 315) == (0.5, 0.5, "")
    assert gas(315, np.nan) == (0.5, 0.5, "")
    assert gas(200, np.nan) == (0.4, 0.5, "nominal_mm")


def test_a_power_cable_of_unknown_voltage_leaves_the_figure_open_between_both_rows():
    def beside_telecom(kv):
        asked = RULES.horizontal.required(
            ["telecom_duct"], ["power_direct"], facts=facts(voltage=(np.nan, kv))
        )
        return asked.min_m[0], asked.max_m[0], asked.missing[0]

    assert beside_telecom(10) == (0.5, 0.5, "")
    assert beside_telecom(35) == (2.0, 2.0, "")
    assert beside_telecom(np.nan) == (0.5, 2.0, "voltage_kv")


def test_a_gas_pipe_is_a_kind_by_its_pressure_with_the_upper_bound_inside():
    found = kinds_of(
        ("RQ", "TR", "direct", "PE", 110, 0.01),
        ("RQ", "TR", "direct", "PE", 110, 0.2),
        ("RQ", "TR", "direct", "PE", 110, 0.3),
        ("RQ", "TR", "direct", "PE", 110, np.nan),
    )
    assert found.horizontal.tolist() == ["gas_low", "gas_medium_b", "gas_medium_a", ""]
    assert found.missing.tolist() == ["", "", "", "pressure_mpa"]


def test_water_is_split_at_200_mm_and_reclaimed_water_is_its_own_kind():
    found = kinds_of(
        ("JS", "JP", "direct", "QM", 200, np.nan),
        ("JS", "JP", "direct", "QM", 201, np.nan),
        ("JS", "ZS", "direct", "QM", np.nan, np.nan),
        ("JS", "JP", "direct", "QM", np.nan, np.nan),
    )
    assert found.horizontal.tolist() == ["water_d_le200", "water_d_gt200", "reclaimed", ""]
    assert found.missing.tolist() == ["", "", "", "nominal_mm"]


def test_laying_decides_for_cables_and_an_overhead_line_takes_no_part():
    found = kinds_of(
        ("DL", "GD", "duct", "", np.nan, np.nan),
        ("TX", "XX", "duct", "G", np.nan, np.nan),
        ("RL", "RS", "trench", "G", 150, np.nan),
        ("DL", "GD", "overhead", "VL", np.nan, np.nan),
        ("DL", "GD", "", "", np.nan, np.nan),
        ("QT", "BM", "direct", "", np.nan, np.nan),
    )
    assert found.horizontal.tolist() == [
        "power_conduit", "telecom_duct", "trench", "excluded", "", "",
    ]  # fmt: skip
    assert found.cover[1] == "telecom_steel_conduit"
    assert found.missing.tolist() == ["", "", "", "", "laying", ""]


def test_cover_depends_on_the_surface_above():
    asked, rule = RULES.cover.required_m(
        ["gas", "gas", "drainage", "heat_direct", "trench_or_gallery_shallow", ""],
        ["carriageway", "footway_or_non_motor_lane", "carriageway", "carriageway", "carriageway", "carriageway"],
    )  # fmt: skip
    assert asked[:4].tolist() == [0.9, 0.6, 0.7, 1.0]
    assert np.isnan(asked[4:]).all()
    assert [RULES.cover.rows[i].rule_id if i >= 0 else "" for i in rule] == [
        "C18", "C17", "C04", "C16", "C19", "",
    ]  # fmt: skip


def test_the_error_of_a_hidden_point_grows_with_depth_and_carries_the_surveys_own():
    depth = np.array([0.5, 2.0])
    plan = RULES.accuracy.error_m(["hidden_point", "hidden_point"], "plan", depth)
    assert plan.tolist() == pytest.approx([0.10 + 2 * 0.05, 0.20 + 2 * 0.05])
    assert RULES.accuracy.error_m(["hidden_point"], "depth", np.array([2.0]))[0] == pytest.approx(
        0.3
    )
    high = RULES.accuracy.error_m(["exposed_point"], "elevation", np.array([2.0]))
    assert high[0] == pytest.approx(0.05 + 2 * 0.03)


def test_a_design_has_no_error_and_an_unknown_quality_has_no_figure():
    for quantity in ("plan", "depth", "elevation"):
        error = RULES.accuracy.error_m(["design", "unknown"], quantity, np.array([1.0, 1.0]))
        assert error[0] == 0
        assert np.isnan(error[1])


def test_pressure_pipes_yield_to_gravity_pipes_before_anything_else():
    ladder = [row.yields_or_item for row in RULES.yielding.ladder]
    assert ladder[:3] == ["pressure_pipe", "flexible_pipe", "branch"]
    assert RULES.yielding.order("courtyard_order")[:3] == ("power", "telecom", "sewage")
    assert RULES.yielding.order("vertical_order")[-1] == "sewage"


def test_a_plans_own_figure_answers_in_place_of_the_printed_one():
    change = Override(
        "clearance_horizontal", "H016", "min_m", "1.2", "审图意见", "李工", "2024-04-02"
    )
    mine = BOOK.with_overrides([change]).clearance
    assert mine.horizontal.required_m(["sewage_storm"], ["water_d_le200"])[0] == 1.2
    assert mine.horizontal.required(["trench"], ["trench"]).none[0]


def test_no_pair_at_all_gives_empty_answers():
    assert RULES.horizontal.required([], []).max_m.size == 0
    assert RULES.vertical.required_m([], []).size == 0


def test_the_reach_is_the_largest_figure_in_force():
    assert RULES.reach_m == 13.5
