"""A way out for a planned pipe: the cheapest that the rules let pass, or the word that there is none."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely

from app.analysis.conflicts.params import ConflictParams
from app.analysis.design_help import Limits, Start, Way, bends_of, cheapest, cost_of, drawn
from app.cli.group import run
from app.errors import UsageError
from app.schema import layer_named
from app.services.design_help import (
    as_rows,
    case_of,
    design_help,
    ends_too_near,
    judged,
    searched,
    start_of,
)
from app.services.live_check import Resident, check_draft
from app.services.plans import open_plan
from tests.analysis.streets import RULES, layer, pipe, street

PARAMS = ConflictParams()
LENGTH = 24.0
SMALL = Limits(sideways_m=2.5, deeper_m=1.5, shallower_m=0.5)


def case(draft, others=(), limits=SMALL, **more):
    """The draft in a street of others, with its rows as drawn."""
    frames = street(*others, **more).frames
    if not len(frames["pipe"]):
        frames["pipe"] = layer("pipe", [draft]).iloc[:0]
    row = layer("pipe", [{**draft, "status": "planned"}])
    for column in layer_named("pipe").columns:
        for frame in (frames["pipe"], row):
            if column.name not in frame:
                frame[column.name] = np.nan if column.kind in ("float", "int") else None
    for frame in frames.values():
        if hasattr(frame, "sindex"):
            frame.sindex  # noqa: B018
    resident = Resident(frames, RULES, 0.5)
    made = case_of(resident, row, PARAMS, limits)
    rows, _ = check_draft(resident, row, PARAMS)
    return made, rows


def answer_of(draft, others=(), limits=SMALL, **more):
    made, rows = case(draft, others, limits, **more)
    start, _ = start_of(made)
    return made, start, searched(made, start, rows, limits)


def water(points=((0, 0), (LENGTH, 0)), **stated):
    return pipe("D", "JS", points, **stated)


def test_a_pipe_beside_a_gas_main_moves_away_by_what_is_short():
    """Water and a gas main of 0.1 MPa ask 0.5 m; the walls are 0.05 m each, the axes 0.4 m apart."""
    gas = pipe("G", "RQ", [(6, 0.4), (14, 0.4)])
    made, start, answer = answer_of(water(), [gas])
    line = drawn(start, answer.best)
    assert -0.25 <= answer.best.sideways_m <= -0.2  # 0.2 m is what is short
    assert line.distance(gas["geometry"]) >= 0.6 - 1e-6
    assert line.coords[0] == (0, 0)
    assert line.coords[-1] == (LENGTH, 0)
    assert bends_of(line).max() <= 45.001
    assert answer.cost_m == pytest.approx(cost_of(start, answer.best, line))
    after, _ = check_draft(made.resident, as_rows(made.draft, [(answer.best, line)]), PARAMS)
    assert not after["verdict"].isin(["conflict", "possible"]).any()


def test_a_crossing_too_close_in_height_is_passed_deeper():
    """Both crowns at 1.5 m: half a metre has to come between them."""
    other = pipe("T", "TX", [(12, -9), (12, 9)])
    _, _, answer = answer_of(water(), [other])
    assert answer.best.sideways_m == 0
    assert answer.best.deeper_m == pytest.approx(0.6)  # 0.5 m and both walls
    assert answer.cost_m == pytest.approx(abs(answer.best.deeper_m))


def test_a_way_never_goes_through_a_building():
    gas = pipe("G", "RQ", [(2, 0.3), (22, 0.3)])
    house = {"building_id": "B", "geometry": shapely.box(8, -2.4, 16, -0.9)}
    _, start, answer = answer_of(water(), [gas], building=[house])
    assert answer.best is None or not drawn(start, answer.best).intersects(house["geometry"])


def test_a_joined_sewer_keeps_its_levels():
    sewer = pipe("D", "PS", [(0, 0), (LENGTH, 0)], depth_ref="invert")
    next_one = pipe("S", "PS", [(LENGTH, 0), (40, 0)], depth_ref="invert")
    other = pipe("T", "TX", [(12, -9), (12, 9)])
    made, rows = case(sewer, [next_one, other])
    start, notes = start_of(made)
    assert not start.may_sink
    assert any("重力" in note.zh for note in notes)
    answer = searched(made, start, rows, SMALL)
    assert answer.best is None  # wherever it crosses, it crosses at one height
    assert answer.nearest is not None


def test_a_sewer_may_not_get_so_long_that_it_stops_to_fall():
    start = Start(shapely.LineString([(0, 0), (20, 0)]), fall_m=0.0601, least_slope=0.003)
    assert start.longest_m == pytest.approx(20.033, abs=1e-3)
    none = cheapest(start, lambda some: [_short() for _ in some], [], np.array([10.0]), SMALL)
    assert all(drawn(start, way).length <= start.longest_m for way in [none.nearest])


def _short():
    from app.analysis.design_help import Verdict

    return Verdict(1.0, 0, in_plan=True)


def test_an_end_that_is_too_near_itself_is_named():
    gas = pipe("G", "RQ", [(-1, 0.3), (14, 0.3)])
    made, rows = case(water(), [gas])
    [note] = ends_too_near(made, rows)
    assert note.zh == "端点本身距 G 过近，先移动端点再试"


def test_a_clear_pipe_stays_where_it_is():
    _, _, answer = answer_of(water(), [pipe("G", "RQ", [(0, 5), (LENGTH, 5)])])
    assert answer.best == Way()
    assert answer.cost_m == 0


# --- against brute force --------------------------------------------------------------------
def random_case(seed):
    """A straight draft and one to three things that it may be too near to."""
    rng = np.random.default_rng(seed)
    draft = pipe("D", str(rng.choice(["JS", "RQ", "DL", "TX"])), [(0, 0), (LENGTH, 0)])
    others, trees = [], []
    for k in range(int(rng.integers(1, 4))):
        what = rng.choice(["beside", "across", "tree"], p=[0.45, 0.35, 0.2])
        if what == "beside":
            west, y = rng.uniform(3, 10), rng.choice([-1, 1]) * rng.uniform(0.15, 1.4)
            points = [(west, y), (west + rng.uniform(3, 10), y + rng.uniform(-0.2, 0.2))]
        elif what == "across":
            x, lean = rng.uniform(6, 18), rng.uniform(-4, 4)
            points = [(x - lean, -12), (x + lean, 12)]
        else:
            trees.append({"tree_id": f"T{k}", "kind": "arbor",
                          "geometry": shapely.Point(rng.uniform(7, 17), rng.uniform(-1.6, 1.6))})  # fmt: skip
            continue
        code = str(rng.choice(["JS", "RQ", "TX", "DL"]))
        depth = float(rng.uniform(0.8, 2.2))
        others.append(pipe(f"P{k}", code, points, start_depth_m=depth, end_depth_m=depth, owner_id=f"O{k + 2}"))  # fmt: skip
    return draft, others, trees


def brute_force(made, start):
    """The least cost over a grid of its own: two vertices at one distance, any ramps, any depth.

    Costs are worked out here from the drawn line: added length and the area between the lines.
    """
    lines, costs = [shapely.LineString([(0, 0), (LENGTH, 0)])], [0.0]
    for x1 in np.arange(1.5, LENGTH - 1, 3.0):
        for x2 in np.arange(x1, LENGTH, 3.0):
            for y in np.arange(-2.5, 2.51, 0.25):
                if abs(y) < 0.1 or min(x1, LENGTH - x2) < abs(y):  # sharper than 45 degrees
                    continue
                ring = [(0, 0), (x1, y), (x2, y), (LENGTH, 0)]
                line = shapely.LineString(list(dict.fromkeys(ring)))
                lines.append(line)
                costs.append(line.length - LENGTH + shapely.Polygon(ring).area / LENGTH)
    best = np.inf
    flat = verdicts_of(made, [(Way(), line) for line in lines])
    deep = []
    for line, cost, verdict in zip(lines, costs, flat, strict=True):
        if verdict.clear:
            best = min(best, cost)
        elif not verdict.in_plan:
            deep += [(cost + abs(dz), Way(deeper_m=dz), line) for dz in np.arange(-0.5, 1.51, 0.1) if abs(dz) > 0.01]  # fmt: skip
    deep = sorted((item for item in deep if item[0] < best), key=lambda item: item[0])
    for at in range(0, len(deep), 256):
        some = deep[at : at + 256]
        found = verdicts_of(made, [(way, line) for _, way, line in some])
        clear = [cost for (cost, _, _), verdict in zip(some, found, strict=True) if verdict.clear]
        if clear:
            return min(best, clear[0])
    return best


def verdicts_of(made, some):
    return [v for at in range(0, len(some), 256) for v in judged(made, some[at : at + 256])]


@pytest.mark.parametrize("seed", range(50))
def test_no_grid_search_finds_a_way_that_is_five_per_cent_cheaper(seed):
    draft, others, trees = random_case(seed)
    made, start, answer = answer_of(draft, others, tree=trees)
    best = brute_force(made, start)
    if answer.best is None:
        assert best == np.inf
    else:
        assert answer.cost_m <= 1.05 * best + 1e-9


@pytest.mark.parametrize("seed", [1, 7, 20])
def test_many_ways_judged_at_once_have_the_verdicts_of_each_alone(seed):
    draft, others, trees = random_case(seed)
    made, _ = case(draft, others, tree=trees)
    start, _ = start_of(made)
    some = [Way(), Way(0, LENGTH, 1.0), Way(2, 20, -0.75, 2, 1), Way(deeper_m=0.3)]
    tried = [(way, drawn(start, way)) for way in some]
    for (way, line), verdict in zip(tried, judged(made, tried), strict=True):
        alone, _ = check_draft(made.resident, as_rows(made.draft, [(way, line)]), PARAMS)
        bad = alone[alone["verdict"].isin(["conflict", "possible"])]
        short = bad.loc[bad["verdict"] == "conflict", "deficit_m"].sum()
        assert verdict.short_m == pytest.approx(short, abs=1e-5)
        assert verdict.possible == (bad["verdict"] == "possible").sum()
        assert verdict.in_plan == (bad["check"] == "horizontal").any()


# --- the service ----------------------------------------------------------------------------
@pytest.fixture(scope="module")
def plan(demo_small_plan):
    opened = open_plan(demo_small_plan)
    yield opened
    opened.store.close()


def test_a_pipe_of_the_plan_gets_a_draft_and_the_plan_stays_as_it_is(plan):
    before = plan.store.content_hash("pipe")
    pipes = plan.frame("pipe")
    planned = pipes[pipes["status"] == "planned"]["pipe_id"].iloc[0]
    told = design_help(plan, {"replaces": planned})
    assert told["pipe_id"] == planned
    assert set(told["before"]) == {"conflict", "possible", "unverified"}
    assert told["geometry"]["type"] == "LineString"
    assert plan.store.content_hash("pipe") == before


def test_the_command_writes_a_draft(plan, tmp_path, capsys):
    pipes = plan.frame("pipe")
    planned = pipes[pipes["status"] == "planned"]["pipe_id"].iloc[0]
    out = tmp_path / "草案.geojson"
    with pytest.raises(SystemExit) as end:
        run(["design", planned, "--plan", str(plan.store.folder), "--out", str(out), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert end.value.code == (0 if told["found"] else 1)
    [feature] = json.loads(out.read_text("utf-8"))["features"]
    assert feature["geometry"] == told["geometry"]


def test_a_limit_out_of_range_is_refused(plan):
    with pytest.raises(UsageError, match="sideways_m"):
        design_help(plan, {"replaces": "x", "limits": {"sideways_m": 500}})
