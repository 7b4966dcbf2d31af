"""Every row of the clearance tables, a centimetre inside its limit and a centimetre outside."""

import numpy as np
import pytest
import shapely

from app.analysis.conflicts import ConflictParams
from app.analysis.conflicts.find import find_conflicts
from app.rules import COMMUNITY, NATIONAL
from tests.analysis.streets import RULES, pipe, street

CM = 0.01
# What the plan has no layer for: the tables speak of it, no analysis can ask.
WITHOUT_LAYER = {
    "railway", "tram_rail", "railway_rail_bottom", "tram_rail_bottom", "culvert_base", "riverbed",
}  # fmt: skip
THINGS = {
    "building": ("building", {}), "road_curb": ("road", {"place": "carriageway", "width_m": 4.0}),
    "tree_arbor": ("tree", {"kind": "arbor"}), "tree_shrub": ("tree", {"kind": "shrub"}),
    "pole_lt10kv": ("pole", {"kind": "power", "voltage_kv": 6.0}),
    "tower_le35kv": ("pole", {"kind": "power", "voltage_kv": 35.0}),
    "tower_gt35kv": ("pole", {"kind": "power", "voltage_kv": 110.0}),
}  # fmt: skip
CONDITIONS = {
    "": {}, "both DN<=300": {"nominal_mm": 300}, "DN>300": {"nominal_mm": 400},
    "power <35 kV": {"voltage_kv": 10.0}, "power >=35 kV": {"voltage_kv": 35.0},
    "<=330 kV": {"voltage_kv": 330.0}, ">330 kV": {"voltage_kv": 500.0},
}  # fmt: skip
STEP_M = 400.0


def attributes_of(kind, column):
    """Attributes of a pipe that the mapping turns into the kind, or into one that it is wider than."""
    rows = list(RULES.kinds)
    fit = [row for row in rows if getattr(row, column) == kind]
    fit = fit or [row for row in rows if kind in row.parents or kind == "pipe_any"]
    if not fit:
        return None
    row = fit[0]
    stated = {"pipe_class": row.class_code, "laying": row.laying or "direct"}
    if row.subclass_code:
        stated["subclass"] = row.subclass_code
    if row.material:
        stated["material"] = row.material
    low, high = row.diameter_min_excl_mm, row.diameter_max_mm
    stated["nominal_mm"] = int(high or (low or 99) + 1)
    low, high = row.pressure_min_excl_mpa, row.pressure_max_mpa
    stated["pressure_mpa"] = high or (low + 0.1 if low is not None else 0.1)
    return stated


def case_of(row, number, gap, *, swapped):
    """The two sides of a row drawn ``gap`` apart, far from every other case; None without layer."""
    kinds = [row.kind_a, row.kind_b]
    things = [kind for kind in kinds if kind in THINGS]
    pipes = [attributes_of(kind, "kind_horizontal") for kind in kinds if kind not in THINGS]
    if any(kind in WITHOUT_LAYER for kind in kinds) or None in pipes or not pipes:
        return None
    stated = CONDITIONS[row.condition]
    x, y = (number % 50) * STEP_M, (number // 50) * STEP_M
    names = [f"P{number:05d}{'BA'[k] if swapped else 'AB'[k]}" for k in range(2)]
    own = [
        {**attributes, **(stated if attributes["pipe_class"] in ("RQ", "DL") else {})}
        for attributes in pipes
    ]
    drawn = [pipe(names[0], own[0].pop("pipe_class"), [(x, y), (x + 20, y)], **own[0])]
    if things:
        layer, values = THINGS[things[0]]
        thing = {**values, f"{layer}_id": f"T{number:05d}"}
        if things[0].startswith("tower"):
            thing |= stated
        thing["geometry"] = shape_of(layer, x, y + 0.05 + gap)
        return drawn, layer, thing
    offset = y + gap + 0.1
    drawn.append(
        pipe(names[1], own[1].pop("pipe_class"), [(x, offset), (x + 20, offset)], owner_id="O2",
             **own[1])
    )  # fmt: skip
    return drawn, None, None


def shape_of(layer, x, edge):
    if layer in ("tree", "pole"):
        return shapely.Point(x + 10, edge)
    return shapely.box(x - 30, edge, x + 60, edge + 8)


def run_of(cases, standard):
    """Rows of one run over all cases, by case number."""
    pipes, others = [], {name: [] for name in ("building", "road", "tree", "pole", "community")}
    for drawn, layer, thing in cases.values():
        pipes += drawn
        if layer:
            others[layer].append(thing)
    binding = "gb50289"
    if standard == COMMUNITY:
        binding = "gb50015"
        others["community"].append(
            {"community_id": "C1", "township_id": "T1",
             "geometry": shapely.box(-1e4, -1e4, 1e5, 1e5)}
        )  # fmt: skip
    outcome = find_conflicts(street(*pipes, **others), ConflictParams(binding=binding))
    layer = outcome.layers["conflict"]
    layer = layer[layer["check"] == "horizontal"]
    return {int(row.a_id[1:6]): row for row in layer.itertuples()}


@pytest.mark.parametrize("standard", [NATIONAL, COMMUNITY])
@pytest.mark.parametrize("swapped", [False, True])
def test_each_row_of_the_plan_table_at_its_limits(standard, swapped):
    asked, cases = {}, {}
    rows = [row for row in RULES.horizontal if row.standard == standard and not row.is_strip]
    for row in rows:
        for limit in sorted({row.min_m, row.upper_m}):
            for gap in (limit - CM, limit, limit + CM):
                number = len(asked)
                case = case_of(row, number, gap, swapped=swapped)
                if case is not None:
                    cases[number], asked[number] = case, (row, gap)
    found = run_of(cases, standard)
    for number, (row, gap) in asked.items():
        told, context = found.get(number), (row.rule_id, gap)
        if gap < row.min_m - 1e-9:
            assert (told.verdict, told.rule_id) == ("conflict", row.rule_id), context
        elif gap < row.upper_m - 1e-9:
            assert (told.verdict, told.reason) == ("possible", "range"), context
        else:
            assert told is None, (context, told)
            continue
        assert told.required_m == row.upper_m, context
        assert told.gap_m == pytest.approx(gap, abs=1e-6), context
        assert told.deficit_m == pytest.approx(row.upper_m - gap, abs=1e-6), context
    reached = {row.rule_id for row, _ in asked.values()}
    left = {
        row.rule_id for row in rows
        if not WITHOUT_LAYER & set(row.pair) and not set(row.pair) <= set(THINGS)
    }  # fmt: skip
    assert reached == left
    assert len(reached) > 10


def crossing_of(row, number, gap, *, swapped):
    kinds = [attributes_of(kind, "kind_vertical") for kind in (row.kind_a, row.kind_b)]
    if None in kinds:
        return None
    x, y = (number % 50) * STEP_M, (number // 50) * STEP_M
    names = [f"P{number:05d}{'BA'[k] if swapped else 'AB'[k]}" for k in range(2)]
    upper, lower = 3.0, 3.0 + 0.1 + gap
    return [
        pipe(names[0], kinds[0].pop("pipe_class"), [(x - 20, y), (x + 20, y)],
             start_depth_m=upper, end_depth_m=upper, **kinds[0]),
        pipe(names[1], kinds[1].pop("pipe_class"), [(x, y - 20), (x, y + 20)], owner_id="O2",
             start_depth_m=lower, end_depth_m=lower, **kinds[1]),
    ]  # fmt: skip


@pytest.mark.parametrize("standard", [NATIONAL, COMMUNITY])
@pytest.mark.parametrize("swapped", [False, True])
def test_each_row_of_the_crossing_table_at_its_limit(standard, swapped):
    asked, pipes = {}, []
    rows = [row for row in RULES.vertical if row.standard == standard]
    for row in rows:
        for gap in (row.min_m - CM, row.min_m, row.min_m + CM):
            case = crossing_of(row, len(asked), gap, swapped=swapped)
            if case is not None:
                pipes += case
                asked[len(asked)] = (row, gap)
    inside = {"community_id": "C1", "township_id": "T1",
              "geometry": shapely.box(-1e4, -1e4, 1e5, 1e5)}  # fmt: skip
    street_only = standard == NATIONAL
    outcome = find_conflicts(
        street(*pipes, community=[] if street_only else [inside]),
        ConflictParams(binding="gb50289" if street_only else "gb50015"),
    )
    layer = outcome.layers["conflict"]
    layer = layer[layer["check"] == "vertical"]
    found = {int(row.a_id[1:6]): row for row in layer.itertuples()}
    for number, (row, gap) in asked.items():
        told, context = found.get(number), (row.rule_id, gap)
        if gap < row.min_m - 1e-9:
            assert (told.verdict, told.rule_id) == ("conflict", row.rule_id), context
            assert told.required_m == row.min_m, context
            assert told.deficit_m == pytest.approx(CM, abs=1e-6), context
        else:
            assert told is None, (context, told)
    reached = {row.rule_id for row, _ in asked.values()}
    assert reached == {row.rule_id for row in rows if not WITHOUT_LAYER & set(row.pair)}
    assert reached


def test_each_row_of_the_cover_table_at_its_limit():
    surfaces = {
        "carriageway": ("carriageway",), "footway_or_non_motor_lane": ("",),
        "any": ("carriageway", ""),
    }  # fmt: skip
    rows = [
        row for row in RULES.cover
        if row.standard == NATIONAL and row.surface in surfaces and row.min_cover_m is not None
    ]  # fmt: skip
    asked, pipes, roads = {}, [], []
    for row in rows:
        for surface in surfaces[row.surface]:
            for cover in (row.min_cover_m - CM, row.min_cover_m, row.min_cover_m + CM):
                number = len(asked)
                stated = attributes_of(row.kind, "kind_cover")
                x, y = (number % 50) * STEP_M, (number // 50) * STEP_M
                pipes.append(
                    pipe(f"P{number:05d}", stated.pop("pipe_class"), [(x, y), (x + 20, y)],
                         start_depth_m=cover, end_depth_m=cover, **stated)
                )  # fmt: skip
                if surface:
                    shape = shapely.box(x - 30, y - 30, x + 60, y + 30)
                    road = {"road_id": f"R{number}", "place": surface, "geometry": shape}
                    roads.append(road)
                asked[number] = (row, cover)
    layer = find_conflicts(street(*pipes, road=roads), ConflictParams()).layers["conflict"]
    layer = layer[layer["check"] == "cover"]
    found = {int(row.a_id[1:6]): row for row in layer.itertuples()}
    for number, (row, cover) in asked.items():
        told, context = found.get(number), (row.rule_id, cover)
        if cover < row.min_cover_m - 1e-9:
            assert (told.verdict, told.rule_id) == ("conflict", row.rule_id), context
            assert told.deficit_m == pytest.approx(CM, abs=1e-6), context
        else:
            assert told is None, (context, told)
    assert len(rows) >= 18


QUALITIES = sorted({row.quality for row in RULES.accuracy} - {"any_measured_point", "unknown"})


@pytest.mark.parametrize("quality", QUALITIES)
def test_a_gap_within_the_error_of_each_quality_is_possible_and_beyond_it_clear(quality):
    """Sewer of that quality beside a designed main: 1.0 m is asked."""
    [error_m] = RULES.accuracy.error_m([quality], "plan", np.array([1.5]))
    told = {}
    for part in (-CM, CM, error_m / 2, error_m - CM, error_m + CM):
        gap = 1.0 + part
        layer = find_conflicts(street(
            pipe("S1", "PS", [(0, 0), (50, 0)], quality=quality),
            pipe("W1", "JS", [(0, gap + 0.1), (50, gap + 0.1)]),
        ), ConflictParams()).layers["conflict"]  # fmt: skip
        rows = layer[layer["check"] == "horizontal"]
        told[part] = [(row.verdict, row.reason) for row in rows.itertuples()]
    assert told[-CM] == [("conflict", "")]
    assert told[error_m + CM] == []
    if error_m > 2 * CM:
        assert told[error_m / 2] == told[error_m - CM] == [("possible", "accuracy")]
    else:
        assert (quality, error_m) == ("design", 0.0)
